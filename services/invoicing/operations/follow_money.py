"""Refunds and disputes as Stripe has them: what moved is booked, and who has to act is told.

docs/reference/true-up.md, "What happens at Stripe".
"""

import logging
from datetime import UTC, datetime

from services.invoicing.gateways.stripe import (
    StripeCreditNote,
    StripeDispute,
    StripeGateway,
    StripeRefund,
)
from services.invoicing.models import CreditNote, Dispute, Invoice
from services.invoicing.operations.book_money import (
    book_dispute_won,
    book_disputed,
    book_refund,
    book_refund_failed,
)
from services.invoicing.operations.give_credit import NoRoom, give_whole, lock_invoice
from services.invoicing.operations.hold_corrections import hold_corrections
from services.invoicing.operations.move_note import move_note
from services.invoicing.operations.tell_credited import tell_credited
from shared.contracts.invoicing import Cause
from shared.isolation.scope import as_ops
from shared.money import Money
from shared.vocabulary.corrections import GivenFor
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.stripe_records import (
    DISPUTE_OPEN,
    DISPUTE_TAKES,
    REFUND_CAME_BACK,
    DisputeStatus,
    NoteStatus,
)

logger = logging.getLogger(__name__)

_NOT_OURS = "not of an invoice of ours"
_DONE_ALREADY = "done already"


def follow_refund(refund_id: str, gateway: StripeGateway) -> str | None:
    """What came of it; None while the credit note that it is of is being issued.

    A refund with a credit note is booked with that; one that failed is owed again, and one that
    somebody made without a note stays to be cleared.
    """
    refund = gateway.refund(refund_id)
    invoice = _paid_by(refund.payment_intent_id, gateway)
    if invoice is None:
        return _NOT_OURS
    notes = gateway.credit_notes(invoice.stripe_invoice_id or "")
    named = [one for one in notes if one.status != NoteStatus.VOID and refund_id in one.refund_ids]
    came_back = refund.status in REFUND_CAME_BACK
    if named:
        return _of_note(named[0], refund, came_back=came_back)
    with as_ops():
        locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
        is_new = book_refund_failed(locked, refund) if came_back else book_refund(locked, refund)
    return "booked" if is_new else _DONE_ALREADY


def _of_note(there: StripeCreditNote, refund: StripeRefund, *, came_back: bool) -> str | None:
    if not came_back:
        return "booked with its credit note"
    with as_ops():
        note = (
            CreditNote.objects.select_for_update()
            .filter(stripe_credit_note_id=there.stripe_id)
            .first()
        )
        if note is None:
            return None  # it is being issued, or its own event has not been looked at
        if not book_refund_failed(note, refund):
            return _DONE_ALREADY
        figures = {
            "amount": str(Money.from_minor(refund.amount_minor, note.currency).amount),
            "currency": note.currency,
        }
        move_note(
            note,
            State(note.state),
            actor="stripe",
            cause=Cause(CauseCode.REFUND_FAILED, figures),
            now=datetime.now(UTC),
            refund_failed_minor=note.refund_failed_minor + refund.amount_minor,
        )
        tell_credited(note.invoice_id)
    return "the refund came back"


def follow_dispute(dispute_id: str, gateway: StripeGateway) -> str | None:
    """Money that the bank has taken is neither ours nor lost; meanwhile nothing is corrected."""
    there = gateway.dispute(dispute_id)
    invoice = _paid_by(there.payment_intent_id, gateway)
    if invoice is None:
        return _NOT_OURS
    now = datetime.now(UTC)
    with as_ops():
        locked = lock_invoice(invoice.pk)
        known, _ = Dispute.objects.update_or_create(
            dispute_id=dispute_id,
            defaults={
                "customer_id": locked.customer_id,
                "invoice": locked,
                "amount_minor": there.amount_minor,
                "status": there.status,
                "opened_at": datetime.fromtimestamp(there.created_at, tz=UTC),
            },
        )
        _book(locked, there)
        if known.status in DISPUTE_OPEN:
            hold_corrections(locked, Cause(CauseCode.ORIGINAL_DISPUTED), now)
        elif known.status == DisputeStatus.LOST and known.note is None:
            _give_what_was_lost(known, locked, now)
    return f"the dispute is {there.status}"


def _give_what_was_lost(dispute: Dispute, invoice: Invoice, now: datetime) -> None:
    """A person looks at it: the money is gone, and whether it was owed is for them to say."""
    cause = Cause(CauseCode.DISPUTE_LOST, {"dispute": dispute.dispute_id})
    try:
        dispute.note = give_whole(
            invoice,
            dispute.amount_minor,
            given_for=GivenFor.DISPUTE_LOST,
            actor="stripe",
            cause=cause,
            now=now,
        )
    except NoRoom:
        logger.warning("%s has no room left for %s, which was lost", invoice, dispute)
        return
    dispute.save(update_fields=["note"])


def _book(invoice: Invoice, there: StripeDispute) -> None:
    if there.status in DISPUTE_TAKES:
        book_disputed(invoice, there)
    if there.status == DisputeStatus.WON:
        book_dispute_won(invoice, there)


def _paid_by(payment_intent_id: str, gateway: StripeGateway) -> Invoice | None:
    if not payment_intent_id:
        return None
    paid = gateway.invoices_paid_by(payment_intent_id)
    with as_ops():
        return Invoice.objects.filter(stripe_invoice_id__in=paid).first()
