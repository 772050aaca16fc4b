"""Decimal arithmetic that never rounds: the default context would, after 28 digits."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from math import lcm
from typing import Final

EXACT: Final = Context(prec=400, rounding=ROUND_HALF_UP, traps=[Inexact])
HALF_UP: Final = Context(prec=400, rounding=ROUND_HALF_UP)


def exact_sum(amounts: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for amount in amounts:
        total = EXACT.add(total, amount)
    return total


def whole_weights(weights: Mapping[str, Decimal]) -> dict[str, int]:
    """The same proportions in whole numbers, exactly."""
    pairs = {key: weight.as_integer_ratio() for key, weight in weights.items()}
    below = lcm(*(denominator for _, denominator in pairs.values()))
    return {key: above * (below // denominator) for key, (above, denominator) in pairs.items()}


def shortened(number: Decimal) -> Decimal:
    """Without trailing zeros, and without an exponent when written."""
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)
