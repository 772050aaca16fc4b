"""Ratios, changes and headline figures. None is unknown, and stays unknown through arithmetic."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from shared.money import Money


@dataclass(frozen=True)
class Figure:
    """`value` is Money or, for a per cent, a ratio; `change` is then a difference of ratios.

    `was` stands where a change in per cent would mean nothing.
    """

    label: str
    value: Money | Decimal | None
    kind: Literal["money", "percent"] = "money"
    change: Decimal | None = None
    good: Literal["up", "down", ""] = ""
    note: str = ""
    was: Money | None = None


def so_far(figure: Figure) -> Figure:
    """Of a month that still runs: it is compared with no whole one."""
    return replace(figure, note=", ".join(filter(None, [figure.note, "so far"])))


def money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)


def ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else part / whole


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """(now - before) / before; None where there is no base, or one that is not above zero."""
    if now is None or before is None or before <= 0:
        return None
    return (now - before) / before


def change_or_base(
    now: Decimal | None, before: Decimal | None, currency: str
) -> tuple[Decimal | None, Money | None]:
    """The change; where either is below zero, or the base is zero, what it was instead."""
    if now is None or before is None:
        return None, None
    if before > 0 and now >= 0:
        return change(now, before), None
    return None, Money(before, currency)


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before


def sums_by_currency(amounts: Iterable[tuple[str, Decimal]]) -> list[Money]:
    totals: dict[str, Decimal] = {}
    for currency, amount in amounts:
        totals[currency] = totals.get(currency, Decimal(0)) + amount
    return [Money(amount, currency) for currency, amount in sorted(totals.items())]
