"""Which corrections of a close go out by themselves, and which wait for a person.

docs/reference/true-up.md, "Who approves".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from services.invoicing.domain.correction_guardrails import (
    Bill,
    Brake,
    Corrected,
    brakes,
    goes_by_itself,
    parks,
)
from services.invoicing.domain.guardrails import SMALLEST_CHARGE_MINOR
from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    Debit,
    Dispute,
    Invoice,
    PlansApplication,
    TrueUpAccount,
)
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.issue_corrections import issue_by_itself
from services.invoicing.operations.move_invoice import held_for, move_invoice
from services.invoicing.operations.move_note import move_note, park_note
from services.invoicing.queries.account_terms import read_terms
from services.invoicing.queries.invoice_situation import unassigned_note
from shared.contracts.invoicing import CAUSES, Cause
from shared.exact import HALF_UP
from shared.money import Money
from shared.vocabulary.corrections import DEBIT_OPEN, NoteKind
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State
from shared.vocabulary.stripe_records import DISPUTE_OPEN


@dataclass
class _Made:
    """What a close has made for one account and nobody has judged yet."""

    account: TrueUpAccount
    notes: list[CreditNote] = field(default_factory=list)
    debit: Debit | None = None

    @property
    def amount_minor(self) -> int:
        charged = self.debit.amount_minor if self.debit is not None else 0
        return charged - sum(note.net_minor for note in self.notes)

    @property
    def supplementary(self) -> Invoice | None:
        """A debit without it is judged with the invoice that it comes to stand on."""
        on = self.debit.invoice if self.debit is not None else None
        return on if on is not None and on.kind == InvoiceKind.SUPPLEMENTARY else None

    def corrected(self) -> Corrected:
        return Corrected(
            amount=_in_the_bills(self.account, self.amount_minor),
            base=_in_the_bills(self.account, self.account.base_minor),
            gone=_in_the_bills(self.account, self._gone_minor()),
        )

    def _gone_minor(self) -> int:
        """What was charged for tenants that the newest close has no cost of."""
        there = self.account.costs.keys()
        gone = set(read_terms(self.account.terms).prices.tenants) - there
        details = [note.detail for note in self.notes]
        if self.debit is not None:
            details.append(self.debit.detail)
        return sum(line["charged"] for line in details[0] if line["tenant"] in gone)


def judge_corrections(closed: ClosedPeriod, now: datetime) -> None:
    """Once for each; under the lock of the closed period."""
    made = _made(closed)
    if not made:
        return
    bill = _bill(closed)
    corrected = [one.corrected() for one in made]
    is_braked = brakes(corrected, _invoiced(closed), bill, _brake())
    for one, amounts in zip(made, corrected, strict=True):
        causes = parks(
            amounts,
            bill=bill,
            original=_original(one),
            causes=closed.causes,
            is_disputed=Dispute.objects.filter(
                invoice__in=_corrected(one), status__in=DISPUTE_OPEN
            ).exists(),
            unassigned=next(filter(None, map(unassigned_note, _corrected(one))), ""),
        )
        if is_braked:
            causes.append(Cause(CauseCode.BRAKE, {"number": str(closed.number)}))
        _decide(one, causes, now)


def _made(closed: ClosedPeriod) -> list[_Made]:
    made: dict[str, _Made] = {}
    notes = CreditNote.objects.select_related("account", "invoice").filter(
        account__period=closed.period, kind=NoteKind.TRUE_UP, state=State.DRAFT
    )
    for note in notes.order_by("note_id"):
        if note.account is not None:
            made.setdefault(note.account.pk, _Made(note.account)).notes.append(note)
    debits = Debit.objects.select_related("account", "invoice", "account__invoice").filter(
        account__period=closed.period, state__in=DEBIT_OPEN, close_number=closed.number
    )
    for debit in debits.order_by("debit_id"):
        waits = debit.invoice is None and not debit.is_judged
        if waits or (debit.invoice is not None and debit.invoice.state == State.DRAFT):
            made.setdefault(debit.account_id, _Made(debit.account)).debit = debit
    return list(made.values())


def _bill(closed: ClosedPeriod) -> Bill:
    """Of a close whose total an earlier release didn't keep, the newest one stands."""
    total = Decimal(closed.totals.get(str(closed.number), 0))
    earlier = [
        Decimal(amount) for number, amount in closed.totals.items() if int(number) < closed.number
    ]
    before = Decimal(closed.totals.get(str(closed.number - 1), total))
    return Bill(total=total, before=before, highest=max([total, *earlier]))


def _invoiced(closed: ClosedPeriod) -> Decimal:
    accounts = TrueUpAccount.objects.filter(period=closed.period)
    return sum((_in_the_bills(one, one.base_minor) for one in accounts), Decimal(0))


def _brake() -> Brake:
    """As the newest file says, which may be of a release that knew none."""
    newest = PlansApplication.objects.order_by("-pk").first()
    given = newest.brake if newest is not None else {}
    return Brake(**{name: Decimal(share) for name, share in given.items()})


def _in_the_bills(account: TrueUpAccount, minor: int) -> Decimal:
    """In the currency of the bill, by the rate of the account's terms: a month has several."""
    amount = Money.from_minor(minor, account.currency).amount
    return HALF_UP.divide(amount, read_terms(account.terms).prices.rate)


def _corrected(one: _Made) -> list[Invoice]:
    """What is credited; of a debit, the month's invoice."""
    credited = [note.invoice for note in one.notes]
    if not credited and one.account.invoice is not None:
        return [one.account.invoice]
    return credited


def _original(one: _Made) -> State | None:
    """The worst state of what is corrected."""
    states = [State(invoice.state) for invoice in _corrected(one)]
    return State.UNCOLLECTIBLE if State.UNCOLLECTIBLE in states else next(iter(states), None)


def _decide(one: _Made, causes: Sequence[Cause], now: datetime) -> None:
    account, invoice = one.account, one.supplementary
    if invoice is not None and one.amount_minor < SMALLEST_CHARGE_MINOR.get(account.currency, 50):
        causes = [*causes, Cause(CauseCode.BELOW_SMALLEST_CHARGE)]
    if causes:
        _move(one, State.PARKED, list(causes), now)
        return
    by_itself = goes_by_itself(
        one.amount_minor,
        account.auto_approved_minor,
        read_terms(account.terms).true_up.auto_approve_below_minor,
        account.base_minor,
    )
    if not by_itself:
        _move(one, State.IN_REVIEW, [Cause(CauseCode.CORRECTION_TO_REVIEW)], now)
        return
    _move(one, State.APPROVED, [Cause(CauseCode.SMALL_CORRECTION)], now)
    if not one.notes and invoice is None:
        return  # nothing goes out: a person approves the invoice that it comes to stand on
    TrueUpAccount.objects.filter(pk=account.pk).update(
        auto_approved_minor=account.auto_approved_minor + abs(one.amount_minor)
    )
    for note in one.notes:
        issue_by_itself(note, now)
    if invoice is not None:
        issue_by_itself(invoice, now)


def _move(one: _Made, to: State, causes: list[Cause], now: datetime) -> None:
    """A debit that waits for the next invoice is looked at with that, unless it is held."""
    is_held = to == State.PARKED
    if one.debit is not None and one.debit.invoice is None:
        held_debit = CAUSES.dump_python(causes, mode="json") if is_held else []
        Debit.objects.filter(pk=one.debit.pk).update(is_judged=True, parked_for=held_debit)
    for note in one.notes:
        if is_held:
            park_note(note, causes, actor=ACTOR, now=now)
        else:
            move_note(note, to, actor=ACTOR, cause=causes[0], now=now)
    if one.supplementary is not None:
        held = {"parked_from": one.supplementary.state, **held_for(causes)}
        move_invoice(
            one.supplementary,
            to,
            actor=ACTOR,
            cause=causes[0],
            now=now,
            **(held if is_held else {}),
        )
