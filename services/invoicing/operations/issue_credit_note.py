"""One credit note goes through Stripe: once, and only as it was approved.

Stripe has no drafts of notes, so what it would make is compared before: its preview is asked for
the very request that is posted then. A note whose answer was lost is asked for again with its own
key and request; only one that Stripe has judged, and refused, is made anew.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings

from services.invoicing.domain.credit_note_request import (
    InvoiceAtStripe,
    NoteLine,
    NoteToIssue,
    note_inequalities,
    note_request,
    preview_requests,
)
from services.invoicing.gateways.stripe import RefusedByStripe, StripeCreditNote, StripeGateway
from services.invoicing.models import StripeOperation
from services.invoicing.operations.issue_invoices import UnequalAtStripe
from services.invoicing.operations.perform_at_stripe import Step, perform_at_stripe
from shared.faults import Fault
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import StripeStatus
from shared.vocabulary.stripe_records import NoteStatus
from shared.vocabulary.true_up import DownPaid

logger = logging.getLogger(__name__)

STEP: Final = "credit note"
# A debit takes some days; after so many a person looks at what holds it up.
PAYMENT_WAIT_MAX: Final = timedelta(days=5)
# Each round is one payment that arrived between reading and posting.
_ROUNDS_MAX: Final = 3
_CREDITABLE: Final = frozenset({StripeStatus.OPEN, StripeStatus.PAID})


class PaidMeanwhile(RefusedByStripe):
    """Nothing is wrong with the note: money moved each time it was asked for. Try it again."""


@dataclass
class NotCreditable(Fault):
    """The invoice is of this `status` at Stripe, where it takes no note: void, uncollectible."""

    status: str = field(kw_only=True)


class PaymentUnderWay(Exception):
    """The note waits: credited now, what arrives would be too much. `is_overdue`: for too long."""

    def __init__(self, payments: list[str], *, is_overdue: bool) -> None:
        super().__init__(f"a payment of the invoice is under way: {', '.join(payments)}")
        self.payments = payments
        self.is_overdue = is_overdue


def issue_credit_note(
    note: NoteToIssue, gateway: StripeGateway, *, now: datetime
) -> StripeCreditNote:
    """The note as Stripe has it, which may be void if a person voided it meanwhile.

    Raises PaymentUnderWay, NotCreditable, UnequalAtStripe, PaidMeanwhile, RefusedByStripe: nothing
    was issued; UnknownOutcome: it may have been, and calling this again shows.
    """
    begun = _begun_request(note, gateway)
    if begun is not None:
        try:
            return _create(note, begun, gateway)
        except RefusedByStripe as refusal:
            logger.info("%s is asked for anew: %s", note.document_id, refusal)
    seen = _read(note, gateway, now)
    for _ in range(_ROUNDS_MAX):
        request = note_request(note, seen)
        try:
            _require_equality(note, request, seen, gateway)
            return _create(note, request, gateway)
        except RefusedByStripe as refusal:
            before, seen = seen, _read(note, gateway, now)
            if seen == before:
                raise
            answer = refusal.answer
    raise PaidMeanwhile(f"{note.document_id} met a payment each time: {answer}.", answer=answer)


def _begun_request(note: NoteToIssue, gateway: StripeGateway) -> dict[str, Any] | None:
    """What was asked for where that is not known to have failed; its own key then serves.

    A restored database may know nothing of a note that is there, which a preview would refuse.
    """
    with as_ops():
        last = (
            StripeOperation.objects.filter(document=note.document_id, step=STEP)
            .order_by("-attempt")
            .first()
        )
    if last is not None and last.state != StripeOperation.State.FAILED:
        request: dict[str, Any] = last.request
        return request
    if settings.ENVIRONMENT.stripe_look_first and _find(note, gateway) is not None:
        return {"invoice": note.stripe_invoice_id}
    return None


def _read(note: NoteToIssue, gateway: StripeGateway, now: datetime) -> InvoiceAtStripe:
    """What the settlement depends on; refuses what takes no note, and waits for payments."""
    invoice = gateway.invoice(note.stripe_invoice_id)
    if invoice.status not in _CREDITABLE:
        message = f"Stripe's invoice {invoice.stripe_id} is {invoice.status}: it takes no note."
        raise NotCreditable(message, status=invoice.status)
    payments = gateway.invoice_payments(invoice.stripe_id)
    under_way = [payment.stripe_id for payment in payments if payment.is_under_way]
    if under_way:
        is_overdue = now - note.issuing_since > PAYMENT_WAIT_MAX
        raise PaymentUnderWay(under_way, is_overdue=is_overdue)
    off_stripe = invoice.paid_off_stripe_minor
    if off_stripe and note.down_paid == DownPaid.REFUND:
        notes = gateway.credit_notes(invoice.stripe_id)
        off_stripe -= sum(one.out_of_band_minor for one in notes if one.status != NoteStatus.VOID)
    return InvoiceAtStripe(
        status=invoice.status,
        remaining_minor=invoice.remaining_minor,
        paid_minor=invoice.paid_minor,
        refundable_minor=sum(payment.refundable_minor for payment in payments),
        off_stripe_minor=max(off_stripe, 0),
        tax_rates=_tax_rates(invoice.stripe_id, gateway) if invoice.is_taxed_by_us else {},
    )


def _tax_rates(stripe_invoice_id: str, gateway: StripeGateway) -> dict[str, str]:
    """Ours have one rate a line: an account has one category and rate."""
    lines = gateway.lines(stripe_invoice_id)
    return {line.stripe_id: line.tax_rates[0] for line in lines if line.tax_rates}


def _require_equality(
    note: NoteToIssue, request: dict[str, Any], seen: InvoiceAtStripe, gateway: StripeGateway
) -> None:
    previews = [gateway.preview_credit_note(part) for part in preview_requests(request, note, seen)]
    differences = note_inequalities(
        note,
        at_stripe=[
            NoteLine(line.stripe_line_id, line.amount_minor, line.tax_minor)
            for preview in previews
            for line in preview.lines
        ],
        currency=previews[0].currency,
        total_minor=sum(preview.total_minor for preview in previews),
    )
    if differences:
        named = "; ".join(f"{one.of}: {one.here} here, {one.there} there" for one in differences)
        raise UnequalAtStripe(
            f"Stripe would make {note.document_id} otherwise: {named}.",
            stripe_id=note.stripe_invoice_id,
            differences=differences,
        )


def _create(note: NoteToIssue, request: dict[str, Any], gateway: StripeGateway) -> StripeCreditNote:
    answers: dict[str, StripeCreditNote] = {}

    def call(params: dict[str, Any], key: str) -> str:
        made = gateway.create_credit_note(params, key=key)
        answers[made.stripe_id] = made
        return made.stripe_id

    step = Step(name=STEP, request=request, call=call, find=lambda _operation: _find(note, gateway))
    stripe_id = perform_at_stripe(step, document=note.document_id, customer_id=note.customer_id)
    return answers.get(stripe_id) or gateway.credit_note(stripe_id)


def _find(note: NoteToIssue, gateway: StripeGateway) -> str | None:
    """Also where it is void by now: it was issued, and is not issued a second time."""
    for there in gateway.credit_notes(note.stripe_invoice_id):
        if there.metadata.get("trueback_document") == note.document_id:
            return there.stripe_id
    return None
