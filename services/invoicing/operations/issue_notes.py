"""A job: every approved credit note in `issuing` goes through Stripe, once."""

import logging
from datetime import UTC, datetime

from services.invoicing.domain.credit_note_request import NoteLine, NoteToIssue
from services.invoicing.gateways.stripe import (
    RefusedByStripe,
    StripeCreditNote,
    StripeGateway,
    UnknownOutcome,
)
from services.invoicing.gateways.stripe.connection import stripe_gateway
from services.invoicing.models import ClosedPeriod, CreditNote
from services.invoicing.operations.book_entries import book_credited
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.issue_corrections import issue_approved
from services.invoicing.operations.issue_credit_note import (
    NotCreditable,
    PaidMeanwhile,
    PaymentUnderWay,
    issue_credit_note,
)
from services.invoicing.operations.issue_invoices import UnequalAtStripe, stripe_cause
from services.invoicing.operations.move_note import move_note, park_note
from services.invoicing.operations.record_revenue import record_credited
from services.invoicing.operations.settle_again import settle_month
from services.invoicing.operations.tell_credited import tell_credited
from services.invoicing.queries.invoice_situation import down_paid_of
from shared.contracts.invoicing import Cause
from shared.isolation.scope import as_ops
from shared.jobs.work import request_job
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.true_up import DownPaid

logger = logging.getLogger(__name__)


def issue_notes() -> None:
    """One that Stripe refuses is held with its words, and the others go on.

    What meets a payment waits for it. Raises UnknownOutcome at the end where the outcome of one is
    unknown: it is tried again.
    """
    with as_ops():
        issue_approved(datetime.now(UTC))
        waiting = list(
            CreditNote.objects.filter(state=State.ISSUING)
            .order_by("note_id")
            .values_list("note_id", flat=True)
        )
    gateway = stripe_gateway()
    unknown: list[str] = []
    for note_id in waiting:
        try:
            _issue(note_id, gateway)
        except PaymentUnderWay as wait:
            if wait.is_overdue:
                figures = {"payments": ", ".join(wait.payments)}
                _park(note_id, Cause(CauseCode.PAYMENT_UNDER_WAY, figures))
        except PaidMeanwhile as wait:
            logger.info("credit note %s waits: %s", note_id, wait)
        except NotCreditable as fault:
            _park(note_id, Cause(CauseCode.NOT_CREDITABLE, {"status": fault.status}))
        except (RefusedByStripe, UnequalAtStripe) as fault:
            logger.warning("credit note %s is held: %s", note_id, fault)
            _park(note_id, stripe_cause(fault))
        except UnknownOutcome as error:
            unknown.append(f"{note_id}: {error}")
    if unknown:
        raise UnknownOutcome("; ".join(unknown))


def _issue(note_id: str, gateway: StripeGateway) -> None:
    now = datetime.now(UTC)
    with as_ops():
        note = CreditNote.objects.select_related("invoice", "account").get(pk=note_id)
        lines = [
            (line.invoice_line.position, line.amount_minor)
            for line in note.lines.select_related("invoice_line").order_by("position")
        ]
        taxes = note.line_taxes or [0] * len(lines)
        down_paid = DownPaid(note.down_paid or down_paid_of(note))
        since = note.transitions.filter(to_state=State.ISSUING).order_by("-sequence").first()
    if note.state != State.ISSUING:
        return
    there = {
        line.metadata.get("trueback_line"): line.stripe_id
        for line in gateway.lines(note.invoice.stripe_invoice_id or "")
    }
    issued = issue_credit_note(
        NoteToIssue(
            document_id=note.note_id,
            customer_id=note.customer_id,
            stripe_invoice_id=note.invoice.stripe_invoice_id or "",
            currency=note.currency,
            lines=[
                NoteLine(there.get(str(position), ""), amount, tax)
                for (position, amount), tax in zip(lines, taxes, strict=True)
            ],
            down_paid=down_paid,
            issuing_since=since.at if since is not None else now,
            kind=note.kind,
        ),
        gateway,
        now=now,
    )
    _conclude(note_id, issued, now)


def _conclude(note_id: str, there: StripeCreditNote, now: datetime) -> None:
    settlement = {
        "remaining": there.remaining_minor,
        "balance": there.balance_minor,
        "refund": there.refund_minor,
        "out_of_band": there.out_of_band_minor,
    }
    with as_ops():
        note = CreditNote.objects.select_for_update().get(pk=note_id)
        if note.state != State.ISSUING:
            return
        issued = move_note(
            note,
            State.ISSUED,
            actor=ACTOR,
            cause=Cause(CauseCode.FINALISED, {"number": there.number}),
            now=now,
            number=there.number,
            stripe_credit_note_id=there.stripe_id,
            settlement=settlement,
            tax_minor=there.tax_minor,
            issued_at=now,
        )
        book_credited(issued, settlement)
        record_credited(issued, sign=-1, now=now)
        tell_credited(issued.invoice_id)
        closed = ClosedPeriod.objects.filter(period=issued.period).first()
        if closed is not None and closed.number != issued.close_number:
            # It was on its way when the month was closed again: what differs now is another one.
            settle_month(closed.period)
        # It may have been voided by now, and the event left waiting for us.
        request_job(kind="process_stripe_events", key="all", payload={})


def _park(note_id: str, cause: Cause) -> None:
    with as_ops():
        note = CreditNote.objects.select_for_update().get(pk=note_id)
        if note.state == State.ISSUING:
            park_note(note, [cause], actor=ACTOR, now=datetime.now(UTC))
