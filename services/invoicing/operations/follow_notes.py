"""Credit notes as Stripe has them: ours that were voided by hand, and those of somebody else.

docs/reference/true-up.md, "What happens at Stripe".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from django.db.models import Q, Sum

from services.invoicing.gateways.stripe import StripeCreditNote, StripeGateway, StripeNoteLine
from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    TrueUpAccount,
)
from services.invoicing.operations.add_note_lines import add_note_lines
from services.invoicing.operations.book_entries import book_credited, book_note_void
from services.invoicing.operations.book_money import book_refunds_named
from services.invoicing.operations.hold_corrections import hold_corrections
from services.invoicing.operations.log_step import log_step
from services.invoicing.operations.move_note import move_note
from services.invoicing.operations.open_account import stop_account
from services.invoicing.operations.record_revenue import record_credited
from services.invoicing.operations.settle_again import settle_again
from services.invoicing.operations.tell_credited import tell_credited
from shared.contracts.invoicing import Cause
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.vocabulary.corrections import NOTE_COUNTS, NoteKind
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.stripe_records import NoteStatus

_STRIPE = "stripe"
_ISSUED_ALREADY = "issued already"


def follow_note(stripe_note_id: str, gateway: StripeGateway) -> str | None:
    """What came of it; None while ours is being issued, or takes the room: the event then waits."""
    there = gateway.credit_note(stripe_note_id)
    with as_ops():
        invoice = Invoice.objects.filter(stripe_invoice_id=there.stripe_invoice_id).first()
        ours = CreditNote.objects.filter(
            Q(stripe_credit_note_id=stripe_note_id)
            | Q(invoice=invoice, pk=there.metadata.get("trueback_document", ""))
        ).first()
    if invoice is None:
        return "not of an invoice of ours"
    if invoice.state == State.ISSUING:
        return None
    if ours is None:
        return _add_foreign(invoice, there, gateway)
    if ours.state == State.ISSUING:
        return None
    if there.status != NoteStatus.VOID or ours.state != State.ISSUED:
        return f"{ours.state} already"
    return _void(ours.note_id, there)


def _void(note_id: str, there: StripeCreditNote) -> str:
    """It counts as never issued; its account waits for a person, who knows why it was voided."""
    now = datetime.now(UTC)
    with as_ops():
        known = CreditNote.objects.get(pk=note_id)
        ClosedPeriod.objects.select_for_update().filter(period=known.period).first()
        account = TrueUpAccount.objects.select_for_update().filter(pk=known.account_id).first()
        Invoice.objects.select_for_update().get(pk=known.invoice_id)
        note = CreditNote.objects.select_for_update().get(pk=note_id)
        if note.state != State.ISSUED:
            return f"{note.state} already"
        voided = move_note(
            note,
            State.VOID,
            actor=_STRIPE,
            cause=Cause(CauseCode.STRIPE_STATUS, {"status": there.status}),
            now=now,
        )
        book_note_void(voided)
        record_credited(voided, sign=1, now=now)
        if account is not None:
            stop_account(account, voided, now)
        tell_credited(voided.invoice_id)
        settle_again(voided.invoice)
    return f"moved to {State.VOID}"


def _add_foreign(invoice: Invoice, there: StripeCreditNote, gateway: StripeGateway) -> str | None:
    """What a person gives: it lowers what can be credited yet, and never what was billed."""
    if there.status == NoteStatus.VOID:
        return "void, and never counted"
    named, taxes = _named(there, gateway)
    with as_ops():
        ClosedPeriod.objects.select_for_update().filter(period=invoice.period).first()
        locked = Invoice.objects.select_for_update().get(pk=invoice.pk)
        if CreditNote.objects.filter(stripe_credit_note_id=there.stripe_id).exists():
            return _ISSUED_ALREADY
        fits, lines = _room_for(locked, there, named)
        if not fits:
            if locked.credit_notes.filter(state=State.ISSUING).exists():
                return None  # Stripe will refuse that one, and its room is free again
            return "it gives back more than the invoice has left"
        _create(locked, there, lines, taxes)
    return "counted as given by a person"


def _named(
    there: StripeCreditNote, gateway: StripeGateway
) -> tuple[Mapping[int, int] | None, Mapping[int, int]]:
    """By position of our line, and the tax; None where a line of the note is on none of ours."""
    given: Sequence[StripeNoteLine] = gateway.credit_note_lines(there.stripe_id)
    positions = {
        line.stripe_id: line.metadata.get("trueback_line", "")
        for line in gateway.lines(there.stripe_invoice_id)
    }
    named: Counter[int] = Counter()
    taxes: Counter[int] = Counter()
    for line in given:
        position = positions.get(line.stripe_line_id, "")
        if not position.isdecimal():
            return None, {}
        named[int(position)] += line.amount_minor
        taxes[int(position)] += line.tax_minor
    return named if named.total() == there.net_minor else None, taxes


def _room_for(
    invoice: Invoice, there: StripeCreditNote, named: Mapping[int, int] | None
) -> tuple[bool, dict[InvoiceLine, int]]:
    """Whether the invoice has so much left, and the lines that it is on, if it is on any."""
    counted = invoice.credit_notes.filter(state__in=NOTE_COUNTS)
    given = counted.aggregate(sum=Sum("net_minor"))["sum"] or 0
    if given + there.net_minor > invoice.total_minor:
        return False, {}
    if named is None:
        return True, {}
    lines = {line.position: line for line in invoice.lines.filter(position__in=named)}
    of_lines = dict(
        CreditNoteLine.objects.filter(note__in=counted)
        .values_list("invoice_line__position")
        .annotate(sum=Sum("amount_minor"))
    )
    fits = lines.keys() == named.keys() and all(
        of_lines.get(position, 0) + amount <= lines[position].amount_minor
        for position, amount in named.items()
    )
    return fits, {lines[position]: amount for position, amount in named.items()} if fits else {}


def _create(
    invoice: Invoice,
    there: StripeCreditNote,
    lines: Mapping[InvoiceLine, int],
    taxes: Mapping[int, int],
) -> None:
    made_at = datetime.fromtimestamp(there.created_at, tz=UTC)
    closed = ClosedPeriod.objects.filter(period=invoice.period).first()
    settlement = {
        "remaining": there.remaining_minor,
        "balance": there.balance_minor,
        "refund": there.refund_minor,
        "out_of_band": there.out_of_band_minor,
    }
    note = CreditNote.objects.create(
        note_id=new_id("cn"),
        customer_id=invoice.customer_id,
        invoice=invoice,
        period=invoice.period,
        kind=NoteKind.COMMERCIAL,
        close_number=closed.number if closed is not None else 1,
        run_id=invoice.run_id,
        currency=invoice.currency,
        net_minor=there.net_minor,
        tax_minor=there.tax_minor,
        line_taxes=[taxes.get(line.position, 0) for line in lines] if there.tax_minor else [],
        state=State.ISSUED,
        number=there.number,
        stripe_credit_note_id=there.stripe_id,
        settlement=settlement,
        is_foreign=True,
        drafted_at=made_at,
        issued_at=made_at,
    )
    add_note_lines(note, lines)
    cause = Cause(CauseCode.MADE_AT_STRIPE, {"number": note.number})
    now = datetime.now(UTC)
    log_step(note.transitions, note, None, actor=_STRIPE, cause=cause, now=now)
    book_credited(note, settlement)
    book_refunds_named(note, there.refund_ids)
    record_credited(note, sign=-1, now=now)
    tell_credited(invoice.invoice_id)
    if lines:
        settle_again(invoice)  # what waits may give back more than is left now
    else:
        held = Cause(CauseCode.UNASSIGNED_CREDIT, {"number": note.number})
        hold_corrections(invoice, held, now)
