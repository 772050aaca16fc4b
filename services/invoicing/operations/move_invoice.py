"""The one way an invoice changes its state: compare-and-set, sealed log, fact to the portal."""

from datetime import datetime
from typing import Any, Final

from services.invoicing.models import Debit, Invoice
from services.invoicing.operations.draw_grants import give_back
from services.invoicing.operations.log_step import log_step
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.invoice_terms import invoice_terms
from shared.contracts import invoicing as contracts
from shared.contracts.contract import Contract
from shared.contracts.superseded.invoice_words import written_cause
from shared.faults import Fault
from shared.messaging.producer.emit import emit
from shared.vocabulary.corrections import DebitState
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State

_FACTS: Final[dict[State, Contract[contracts.InvoiceFact]]] = {
    State.DRAFT: contracts.INVOICE_DRAFTED,
    State.PARKED: contracts.INVOICE_PARKED,
    State.IN_REVIEW: contracts.INVOICE_REVIEWED,
    State.APPROVED: contracts.INVOICE_APPROVED,
    State.ISSUING: contracts.INVOICE_ISSUING_STARTED,
    State.ISSUED: contracts.INVOICE_ISSUED,
    State.PAID: contracts.INVOICE_PAID,
    State.OVERDUE: contracts.INVOICE_OVERDUE,
    State.UNCOLLECTIBLE: contracts.INVOICE_WRITTEN_OFF,
    State.VOID: contracts.INVOICE_VOIDED,
}

# From here on the document says the same for ever, whatever becomes of contract and customer.
_FREEZING: Final = frozenset({State.ISSUING, State.ISSUED})


class InvoiceChanged(Fault):
    """Somebody else changed the invoice first; nothing was done."""


def move_invoice(
    invoice: Invoice, to: State, *, actor: str, cause: contracts.Cause, now: datetime, **fields: Any
) -> Invoice:
    """Move to a state and set `fields` with it; raises InvoiceChanged if it is not as read."""
    before = State(invoice.state)
    if to in _FREEZING and invoice.frozen is None:
        fields["frozen"] = invoice_terms(invoice).to_freeze()
    changed = Invoice.objects.filter(
        invoice_id=invoice.invoice_id, customer_id=invoice.customer_id, version=invoice.version
    ).update(state=to, version=invoice.version + 1, **fields)
    if changed != 1:
        raise InvoiceChanged(
            f"invoice {invoice.invoice_id} has changed since it was read.",
            remedy="Look at it again.",
        )
    invoice.refresh_from_db()
    if to == State.ISSUED:
        Debit.objects.filter(invoice=invoice).update(state=DebitState.ISSUED)
    elif to == State.VOID and not invoice.number:
        _release_debits(invoice)
        give_back(invoice, now.date())
    record_transition(invoice, before, actor=actor, cause=cause, now=now)
    return invoice


def _release_debits(discarded: Invoice) -> None:
    """What stood on a draft waits for the next one; a supplementary invoice is its debit."""
    is_own = discarded.kind == InvoiceKind.SUPPLEMENTARY
    state = DebitState.DISCARDED if is_own else DebitState.WAITING
    Debit.objects.filter(invoice=discarded, state=DebitState.PLACED).update(
        state=state, invoice=None
    )


def held_for(causes: list[contracts.Cause]) -> dict[str, Any]:
    """The fields of an invoice that say what it is parked for; none once it is not."""
    return {
        "parked_for": contracts.CAUSES.dump_python(causes, mode="json"),
        "parked_reasons": [written_cause(cause) for cause in causes],
    }


def record_transition(
    invoice: Invoice, before: State | None, *, actor: str, cause: contracts.Cause, now: datetime
) -> None:
    """Seal the step in the log and tell the portal; `before` is None for a new invoice."""
    log_step(invoice.transitions, invoice, before, actor=actor, cause=cause, now=now)
    emit(_FACTS[State(invoice.state)], invoice_fact(invoice))
