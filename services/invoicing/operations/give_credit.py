"""What a person gives: a credit note on chosen lines, which a second person approves.

docs/reference/true-up.md, "What a person gives".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from services.invoicing.domain.fixes import Situation, fits, whole_credit
from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    CreditNoteLine,
    Dispute,
    Invoice,
    TrueUpAccount,
)
from services.invoicing.operations.log_step import log_step
from services.invoicing.operations.move_note import move_note
from services.invoicing.queries.invoice_situation import read_situation, unassigned_note
from shared.contracts.invoicing import CAUSES, Cause
from shared.faults import Fault
from shared.identifiers import new_id
from shared.money import Money, smallest_charge_step
from shared.vocabulary.corrections import GivenFor, NoteKind
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.stripe_records import DISPUTE_OPEN
from shared.vocabulary.true_up import DownPaid


@dataclass
class NoRoom(Fault):
    """The lines have less left than is to be given, or the amounts are none that Stripe takes."""


def lock_invoice(invoice_id: str) -> Invoice:
    """With its month and the accounts of all its lines before it, as settlements lock them."""
    period = Invoice.objects.values_list("period", flat=True).get(pk=invoice_id)
    ClosedPeriod.objects.select_for_update().filter(period=period).first()
    of_lines = Invoice.objects.filter(pk=invoice_id).exclude(lines__account=None)
    accounts = TrueUpAccount.objects.filter(
        Q(invoice=invoice_id) | Q(pk__in=of_lines.values("lines__account"))
    )
    list(accounts.select_for_update().order_by("account_id").values_list("pk"))
    return Invoice.objects.select_for_update().get(pk=invoice_id)


def give_credit(
    invoice: Invoice,
    *,
    given_for: GivenFor,
    lines: Mapping[int, int],
    actor: str,
    cause: Cause,
    now: datetime,
) -> CreditNote:
    """`lines` are amounts in minor units by position. On an invoice that the caller has locked.

    It is in review, or held where something else has to be decided first. Raises NoRoom.
    """
    situation = read_situation(invoice)
    step = smallest_charge_step(invoice.currency)
    if not lines or not fits(lines, situation) or any(one % step for one in lines.values()):
        raise NoRoom(
            f"{invoice.number} has not so much left on these lines, or the amounts are no multiples"
            f" of {Money.from_minor(step, invoice.currency).amount}.",
            remedy="Look at what each line has left.",
        )
    note = _create(invoice, given_for, lines, now)
    log_step(
        note.transitions,
        note,
        None,
        actor=actor,
        cause=cause,
        now=now,
    )
    causes = _held_for(invoice)
    return _held(note, causes, now) if causes else note


def give_whole(invoice: Invoice, amount_minor: int, **given: Any) -> CreditNote:
    """On all lines, by what room they have."""
    step = smallest_charge_step(invoice.currency)
    situation: Situation = read_situation(invoice)
    amount = min(amount_minor, situation.room_minor)
    lines = whole_credit(situation, amount, step) if amount else {}
    return give_credit(invoice, lines=lines, **given)


def _create(
    invoice: Invoice, given_for: GivenFor, lines: Mapping[int, int], now: datetime
) -> CreditNote:
    closed = ClosedPeriod.objects.filter(period=invoice.period).first()
    note = CreditNote.objects.create(
        note_id=new_id("cn"),
        customer_id=invoice.customer_id,
        invoice=invoice,
        period=invoice.period,
        kind=NoteKind.COMMERCIAL,
        given_for=given_for,
        # The bank has given the money back already.
        down_paid=DownPaid.OUT_OF_BAND if given_for == GivenFor.DISPUTE_LOST else "",
        close_number=closed.number if closed is not None else 1,
        run_id=invoice.run_id,
        currency=invoice.currency,
        net_minor=sum(lines.values()),
        state=State.IN_REVIEW,
        drafted_at=now,
    )
    of_position = {line.position: line for line in invoice.lines.filter(position__in=lines)}
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            customer_id=note.customer_id,
            note=note,
            position=number,
            invoice_line=of_position[position],
            amount_minor=amount,
        )
        for number, (position, amount) in enumerate(sorted(lines.items()), start=1)
    )
    note.refresh_from_db()
    return note


def _held_for(invoice: Invoice) -> list[Cause]:
    causes = []
    if Dispute.objects.filter(invoice=invoice, status__in=DISPUTE_OPEN).exists():
        causes.append(Cause(CauseCode.ORIGINAL_DISPUTED))
    if number := unassigned_note(invoice):
        causes.append(Cause(CauseCode.UNASSIGNED_CREDIT, {"number": number}))
    return causes


def _held(note: CreditNote, causes: list[Cause], now: datetime) -> CreditNote:
    return move_note(
        note,
        State.PARKED,
        actor="trueback",
        cause=causes[0],
        now=now,
        parked_from=note.state,
        parked_for=CAUSES.dump_python(causes, mode="json"),
    )
