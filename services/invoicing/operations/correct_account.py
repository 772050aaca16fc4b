"""The documents of a settlement: one credit note per invoice, or one debit and its invoice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from typing import Any

from services.invoicing.domain.cost_lines import key_description
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    Debit,
    Invoice,
    InvoiceLine,
    TrueUpAccount,
)
from services.invoicing.operations.add_note_lines import add_note_lines
from services.invoicing.operations.draft_again import draft_again
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.log_step import log_step
from services.invoicing.operations.move_invoice import move_invoice, record_transition
from services.invoicing.operations.move_note import move_note
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.operations.tax_lines import put_taxes, tax_columns
from services.invoicing.queries.account_documents import open_debit, unissued_notes
from services.invoicing.queries.account_terms import read_lines, read_terms, write_lines
from shared.contracts.invoicing import Cause
from shared.identifiers import new_id
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.corrections import DebitState, NoteKind
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State
from shared.vocabulary.line_kinds import LineKind
from shared.vocabulary.true_up import Up


@dataclass(frozen=True)
class Correction:
    """What all documents of a settlement share.

    `detail` is by line what was charged and what is right; `day` decides until when a debit may be
    charged, and stays that of the first one that it takes the place of.
    """

    account: TrueUpAccount
    closed: ClosedPeriod
    detail: Mapping[LineKey, tuple[int, int]]
    day: date
    now: datetime

    @property
    def cause(self) -> Cause:
        figures = {"period": self.closed.period, "number": str(self.closed.number)}
        return Cause(CauseCode.RESTATED_CLOSE, figures)

    @property
    def written_detail(self) -> list[dict[str, Any]]:
        prices = read_terms(self.account.terms).prices
        return [
            {
                "description": key_description(key, prices),
                "component": key.component,
                "tenant": key.tenant,
                "charge_group": key.charge_group,
                "start": str(key.start),
                "end": str(key.end),
                "charged": charged,
                "corrected": corrected,
            }
            for key, (charged, corrected) in self.detail.items()
        ]


def discard_corrections(account: TrueUpAccount, closed: ClosedPeriod, now: datetime) -> None:
    """Nothing of them has a number yet; a newer close says what is right."""
    figures = {"period": closed.period, "number": str(closed.number)}
    cause = Cause(CauseCode.CORRECTED_ANEW, figures)
    debit, notes = open_debit(account), unissued_notes(account)
    on = debit.invoice if debit is not None else None
    unseen = sum(note.net_minor for note in notes if note.state == State.APPROVED)
    if on is not None and on.kind == InvoiceKind.SUPPLEMENTARY and on.state == State.APPROVED:
        unseen += on.total_minor
    account.auto_approved_minor = max(account.auto_approved_minor - unseen, 0)
    account.save(update_fields=["auto_approved_minor"])
    for note in notes:
        move_note(note, State.VOID, actor=ACTOR, cause=cause, now=now)
    if debit is None:
        return
    Debit.objects.filter(pk=debit.pk).update(state=DebitState.DISCARDED, invoice=None)
    if on is not None:
        move_invoice(on, State.VOID, actor=ACTOR, cause=cause, now=now)
        record_revenue(on, basis=State.DRAFT, sign=-1, now=now)
        if on.kind == InvoiceKind.STANDARD:
            draft_again(on.period)


def make_credit_notes(of: Correction, credited: Mapping[str, Mapping[int, int]]) -> None:
    """`credited` is by invoice and position of its line, in minor units."""
    for invoice_id, by_position in credited.items():
        invoice = Invoice.objects.get(pk=invoice_id)
        note = CreditNote.objects.create(
            note_id=new_id("cn"),
            customer_id=invoice.customer_id,
            invoice=invoice,
            account=of.account,
            period=of.account.period,
            kind=NoteKind.TRUE_UP,
            causes=of.closed.causes,
            close_number=of.closed.number,
            run_id=of.closed.run_id,
            currency=invoice.currency,
            net_minor=sum(by_position.values()),
            detail=of.written_detail,
            drafted_at=of.now,
        )
        lines = invoice.lines.filter(position__in=by_position).order_by("position")
        add_note_lines(note, {line: by_position[line.position] for line in lines})
        log_step(note.transitions, note, None, actor=ACTOR, cause=of.cause, now=of.now)


def make_debit(of: Correction, lines: Mapping[LineKey, int], *, up: Up) -> Debit:
    debit = Debit.objects.create(
        debit_id=new_id("deb"),
        customer_id=of.account.customer_id,
        account=of.account,
        causes=of.closed.causes,
        close_number=of.closed.number,
        day=of.day,
        run_id=of.closed.run_id,
        amount_minor=sum(lines.values()),
        lines=write_lines(lines),
        detail=of.written_detail,
        made_at=of.now,
    )
    if up == Up.SUPPLEMENTARY:
        _make_supplementary(debit, lines, of)
    return debit


def place_on_its_own(debit: Debit, closed: ClosedPeriod, now: datetime) -> None:
    """No invoice of the contract has come that it could stand on."""
    of = Correction(account=debit.account, closed=closed, detail={}, day=debit.day, now=now)
    _make_supplementary(debit, read_lines(debit.lines), of)


def debit_lines(debit: Debit, lines: Mapping[LineKey, int]) -> list[InvoiceLine]:
    """Without invoice and position: those of whatever they stand on."""
    account = debit.account
    terms = read_terms(account.terms)
    prices = terms.prices
    number = account.invoice.number if account.invoice is not None else ""
    on = f" (invoice {number})" if number else ""
    month = f"{Month.parse(account.period).start:%B %Y}"
    return [
        InvoiceLine(
            customer_id=account.customer_id,
            description=f"Correction of {month}{on}: {key_description(key, prices)}",
            kind=LineKind.CORRECTION,
            tenant=key.tenant,
            amount_minor=amount,
            exact_amount=Money.from_minor(amount, account.currency).amount,
            charge_group=key.charge_group,
            component=key.component,
            service_start=key.start,
            service_end=key.end,
            account=account,
            **tax_columns(terms.tax),
        )
        for key, amount in lines.items()
    ]


def _make_supplementary(debit: Debit, lines: Mapping[LineKey, int], of: Correction) -> None:
    """An invoice of its own, of the month that it corrects."""
    account = of.account
    total = Money.from_minor(debit.amount_minor, account.currency).amount
    taken = set(
        Invoice.objects.filter(
            customer_id=account.customer_id,
            period=account.period,
            currency=account.currency,
            kind=InvoiceKind.SUPPLEMENTARY,
        ).values_list("sequence", flat=True)
    )
    rows = debit_lines(debit, lines)
    for position, line in enumerate(rows, start=1):
        line.position = position
    invoice = Invoice.objects.create(
        invoice_id=new_id("inv"),
        customer_id=account.customer_id,
        contract=account.contract,
        seller=account.seller,
        period=account.period,
        kind=InvoiceKind.SUPPLEMENTARY,
        sequence=next(number for number in count(1) if number not in taken),
        currency=account.currency,
        total_minor=debit.amount_minor,
        tax_minor=put_taxes(rows, account.currency),
        exact_total=total,
        run_id=of.closed.run_id,
        drafted_at=of.now,
    )
    for line in rows:
        line.invoice = invoice
        line.save(force_insert=True)
    Debit.objects.filter(pk=debit.pk).update(state=DebitState.PLACED, invoice=invoice)
    invoice.refresh_from_db()
    record_transition(invoice, None, actor=ACTOR, cause=of.cause, now=of.now)
    record_revenue(invoice, basis=State.DRAFT, sign=1, now=of.now)
