"""A customer's charges by product over the months, from the lines of its own invoices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.portal.domain.figures import change, difference, money, ratio
from services.portal.domain.invoice_document import open_book
from shared.money import Money
from shared.periods import Month

Document = Mapping[str, Any]
ROWS_MAX: Final = 40


@dataclass(frozen=True)
class Row:
    """`amounts` has one place a month, oldest first: None where the month had none of it.

    `ratio` is of the newest month's total, `by` and `change` are on the month before: None where it
    had none of it.
    """

    label: str
    amounts: Sequence[Money | None]
    ratio: Decimal | None
    by: Money | None
    change: Decimal | None


@dataclass(frozen=True)
class Breakdown:
    months: Sequence[Month]
    rows: Sequence[Row]
    totals: Sequence[Money]


def charges(
    documents: Mapping[Month, Sequence[Document]], currency: str, *, rows_max: int | None = ROWS_MAX
) -> Breakdown:
    """Prices alone, by the words of the lines; all of them where `rows_max` is None."""
    return _broken_down(
        {
            month: [
                (line["description"], Decimal(line["amount"]))
                for document in of_month
                for line in document["lines"]
            ]
            for month, of_month in documents.items()
        },
        currency,
        rows_max,
    )


def costs(documents: Mapping[Month, Sequence[Document]], currency: str) -> Breakdown | None:
    """Cost by charge group; None where no document is open book."""
    books = {
        month: [book for document in of_month if (book := open_book(document))]
        for month, of_month in documents.items()
    }
    if not any(books.values()):
        return None
    return _broken_down(
        {
            month: [
                (group.label, group.amount.amount) for book in of_month for group in book.groups
            ]
            for month, of_month in books.items()
            if of_month
        },
        currency,
    )


def _broken_down(
    lines: Mapping[Month, Sequence[tuple[str, Decimal]]],
    currency: str,
    rows_max: int | None = ROWS_MAX,
) -> Breakdown:
    months = sorted(lines)
    by_label: dict[str, dict[Month, Decimal]] = {}
    for month, charged in lines.items():
        for label, amount in charged:
            amounts = by_label.setdefault(label, {})
            amounts[month] = amounts.get(month, Decimal(0)) + amount
    newest = months[-1]
    ordered = sorted(by_label.items(), key=lambda item: (-_newest_known(item[1]), item[0]))
    rows = ordered
    if rows_max is not None and len(ordered) > rows_max:
        rows = [*ordered[: rows_max - 1], _others(ordered[rows_max - 1 :])]
    total = sum((one.get(newest, Decimal(0)) for _, one in rows), Decimal(0))
    return Breakdown(
        months=months,
        rows=[_row(label, amounts, months, currency, total) for label, amounts in rows],
        totals=[
            Money(sum((amount for _, amount in lines[month]), Decimal(0)), currency)
            for month in months
        ],
    )


def _newest_known(amounts: Mapping[Month, Decimal]) -> Decimal:
    return amounts[max(amounts)]


def _others(
    items: Sequence[tuple[str, Mapping[Month, Decimal]]],
) -> tuple[str, dict[Month, Decimal]]:
    summed: dict[Month, Decimal] = {}
    for _, amounts in items:
        for month, amount in amounts.items():
            summed[month] = summed.get(month, Decimal(0)) + amount
    return f"Other ({len(items)})", summed


def _row(
    label: str,
    amounts: Mapping[Month, Decimal],
    months: Sequence[Month],
    currency: str,
    total: Decimal,
) -> Row:
    now, before = amounts.get(months[-1]), amounts.get(months[-1].previous)
    return Row(
        label=label,
        amounts=[
            None if (amount := amounts.get(month)) is None else Money(amount, currency)
            for month in months
        ],
        ratio=ratio(now, total) if total > 0 else None,
        by=money(difference(now, before), currency),
        change=change(now, before),
    )
