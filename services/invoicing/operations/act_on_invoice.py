"""What a person may do to an invoice: submit, return, approve, issue, park, release."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.invoicing.domain.states import ACTIONS, Action, refusal, refusal_detail
from services.invoicing.models import ClosedPeriod, Invoice, Transition
from services.invoicing.operations.draft_again import draft_again
from services.invoicing.operations.move_invoice import InvoiceChanged, held_for, move_invoice
from services.invoicing.operations.open_account import open_account
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.operations.reissue_invoice import open_reissued
from services.invoicing.queries.invoice_fact import others_only
from services.invoicing.queries.issue_refusal import issue_refusal
from shared.auth.actors import Actor
from shared.contracts.invoicing import Cause, Refusal
from shared.faults import Fault
from shared.jobs.work import request_job
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State


@dataclass
class ActionRefused(Fault):
    """State, role, the four-eyes rule or a missing key does not allow it; `refusal` says which."""

    refusal: Refusal = field(kw_only=True)


def act_on_invoice(
    *, invoice_id: str, action: str, actor: Actor, version: int, reason: str, now: datetime
) -> Invoice:
    """Do an action on the version that the person has seen.

    Raises ActionRefused, InvoiceChanged where another version is current, Invoice.DoesNotExist.
    """
    wanted = ACTIONS.get(action)
    if wanted is None or wanted.target is None:
        raise _refused(action, Refusal(RefusalCode.UNKNOWN_ACTION, ""))
    invoice = _locked(invoice_id, wanted)
    if invoice.version != version:
        raise InvoiceChanged(
            f"The invoice is at version {invoice.version}, you have seen {version}.",
            remedy="Look at it again.",
        )
    log = list(Transition.objects.filter(invoice=invoice).order_by("sequence"))
    refused = refusal(
        wanted,
        state=State(invoice.state),
        actor=actor,
        doers=others_only(invoice, wanted, log),
        reason=reason,
    )
    if refused is None and wanted.target == State.ISSUING:
        refused = issue_refusal()
    if refused is not None:
        raise _refused(action, refused)
    cause = Cause(CauseCode.PERSON, text=reason)
    moved = move_invoice(
        invoice,
        wanted.target,
        actor=actor.name,
        cause=cause,
        now=now,
        **_fields(wanted, invoice, cause),
    )
    if wanted.target == State.ISSUING:
        if moved.reissues_id:
            open_reissued(moved, actor=actor.name, now=now)
        elif moved.kind == InvoiceKind.STANDARD:
            open_account(moved, now=now)
        request_job(kind="issue_invoices", key="all", payload={})
    elif wanted.target == State.VOID:
        _draft_anew(moved, now)
    return moved


def _refused(action: str, refusal: Refusal) -> ActionRefused:
    return ActionRefused(refusal_detail(action, refusal), refusal=refusal)


def _locked(invoice_id: str, action: Action) -> Invoice:
    """The period before its invoice, as drafting and restatements lock them."""
    invoices = Invoice.objects.filter(invoice_id=invoice_id)
    if action.target in {State.VOID, State.ISSUING}:
        period = invoices.values_list("period", flat=True).get()
        ClosedPeriod.objects.select_for_update().filter(period=period).first()
    return invoices.select_for_update().get()


def _draft_anew(discarded: Invoice, now: datetime) -> None:
    """What nobody has seen is taken back, and the period's drafting makes a new one."""
    record_revenue(discarded, basis=State.DRAFT, sign=-1, now=now)
    draft_again(discarded.period)


def _fields(action: Action, invoice: Invoice, cause: Cause) -> dict[str, Any]:
    if action.target == State.PARKED:
        return {"parked_from": invoice.state, **held_for([cause])}
    if action.name == "release":
        return {"parked_from": "", **held_for([])}
    return {}
