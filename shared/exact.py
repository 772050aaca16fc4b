"""Decimal arithmetic that never rounds: the default context would, after 28 digits."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from typing import Final

EXACT: Final = Context(prec=400, rounding=ROUND_HALF_UP, traps=[Inexact])
HALF_UP: Final = Context(prec=400, rounding=ROUND_HALF_UP)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total
