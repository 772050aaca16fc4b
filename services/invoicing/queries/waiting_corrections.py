"""What a person has to look at: by month its corrections, and what people give on an invoice."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    Debit,
    Invoice,
    Transition,
    TrueUpAccount,
)
from shared.money import Money
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import DebitState, NoteKind
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State

_WAITS = (State.IN_REVIEW, State.PARKED)


@dataclass
class _Month:
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    credits: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    debits: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def read_waiting() -> list[dict[str, Any]]:
    """Newest month first, none without any; sums are by currency, decimals as text, before tax.

    `stopped` and `below_zero` are accounts: a person says what becomes of them.
    """
    months: dict[str, _Month] = defaultdict(_Month)
    notes = CreditNote.objects.filter(kind=NoteKind.TRUE_UP, state__in=_WAITS)
    for period, state, currency, net in notes.values_list(
        "period", "state", "currency", "net_minor"
    ):
        months[period].counts[state] += 1
        months[period].credits[currency] += net
    extra = Invoice.objects.filter(kind=InvoiceKind.SUPPLEMENTARY, state__in=_WAITS)
    for period, state, currency, total in extra.values_list(
        "period", "state", "currency", "total_minor"
    ):
        months[period].counts[state] += 1
        months[period].debits[currency] += total
    held = Debit.objects.filter(state=DebitState.WAITING).exclude(parked_for=[])
    for period, currency, amount in held.values_list(
        "account__period", "account__currency", "amount_minor"
    ):
        months[period].counts[State.PARKED] += 1
        months[period].debits[currency] += amount
    stopped = TrueUpAccount.objects.filter(state=AccountState.STOPPED)
    for period in stopped.values_list("period", flat=True):
        months[period].counts["stopped"] += 1
    below_zero = TrueUpAccount.objects.filter(below_zero_minor__lt=0)
    for period in below_zero.exclude(waived_minor=0).values_list("period", flat=True):
        months[period].counts["below_zero"] += 1
    closes = {one.period: one for one in ClosedPeriod.objects.filter(period__in=[*months])}
    return [
        {
            "period": period,
            "close": closes[period].number if period in closes else 0,
            "closed_at": closes[period].closed_at.isoformat() if period in closes else None,
            "causes": closes[period].causes if period in closes else [],
            State.IN_REVIEW.value: month.counts[State.IN_REVIEW],
            State.PARKED.value: month.counts[State.PARKED],
            "stopped": month.counts["stopped"],
            "below_zero": month.counts["below_zero"],
            "sums": list(_sums(month)),
        }
        for period, month in sorted(months.items(), reverse=True)
    ]


def read_given() -> list[dict[str, str]]:
    """Credit notes that a person has made and that are not issued, the oldest first."""
    notes = CreditNote.objects.select_related("invoice", "customer").defer(
        "invoice__frozen", "invoice__costs"
    )
    waiting = notes.filter(kind=NoteKind.COMMERCIAL, state__in=_WAITS).order_by("drafted_at")
    givers = dict(
        Transition.objects.filter(note__in=waiting, sequence=1).values_list("note_id", "actor")
    )
    return [
        {
            "document": note.note_id,
            "invoice_id": note.invoice_id,
            "invoice": note.invoice.number,
            "customer": note.customer_id,
            "customer_name": note.customer.name,
            "period": note.period,
            "given_for": note.given_for,
            "net": str(Money.from_minor(note.net_minor, note.currency).amount),
            "currency": note.currency,
            "state": note.state,
            "given_by": givers.get(note.pk, ""),
            "given_at": note.drafted_at.isoformat(),
        }
        for note in waiting
    ]


def _sums(month: _Month) -> Iterator[dict[str, str]]:
    for currency in sorted({*month.credits, *month.debits}):
        yield {
            "currency": currency,
            "credits": str(Money.from_minor(month.credits[currency], currency).amount),
            "debits": str(Money.from_minor(month.debits[currency], currency).amount),
        }
