"""Ratios, changes and headline figures. None is unknown, and stays unknown through arithmetic."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from shared.money import Money


@dataclass(frozen=True)
class Figure:
    """`value` is Money or, for a per cent, a ratio; `change` is then a difference of ratios."""

    label: str
    value: Money | Decimal | None
    kind: Literal["money", "percent"] = "money"
    change: Decimal | None = None
    good: Literal["up", "down", ""] = ""
    note: str = ""


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


def difference(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    return None if now is None or before is None else now - before
