"""What a person gives: a credit note on chosen lines, which a second person approves.

docs/reference/true-up.md, "What a person gives".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.invoicing.domain.fixes import fits
from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    Dispute,
    Invoice,
)
from services.invoicing.operations.add_note_lines import add_note_lines
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.log_step import log_step
from services.invoicing.operations.move_note import park_note
from services.invoicing.queries.account_documents import accounts_on
from services.invoicing.queries.invoice_situation import read_situation, unassigned_note
from services.invoicing.queries.line_taxes import lines_within
from shared.contracts.invoicing import Cause
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
    list(accounts_on(invoice_id).select_for_update().order_by("account_id").values_list("pk"))
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
    return park_note(note, causes, actor=ACTOR, now=now) if causes else note


def give_whole(invoice: Invoice, amount_minor: int, **given: Any) -> CreditNote:
    """On all lines, by what room they have; `amount_minor` is with their tax."""
    lines = lines_within(invoice, read_situation(invoice), amount_minor)
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
    on = invoice.lines.filter(position__in=lines).order_by("position")
    add_note_lines(note, {line: lines[line.position] for line in on})
    return note


def _held_for(invoice: Invoice) -> list[Cause]:
    causes = []
    if Dispute.objects.filter(invoice=invoice, status__in=DISPUTE_OPEN).exists():
        causes.append(Cause(CauseCode.ORIGINAL_DISPUTED))
    if number := unassigned_note(invoice):
        causes.append(Cause(CauseCode.UNASSIGNED_CREDIT, {"number": number}))
    return causes
