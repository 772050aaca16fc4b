"""In what amounts Stripe charges: docs/reference/stripe.md."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

_NO_DECIMALS: Final = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
# Of three decimals the last is 0.
_THREE_DECIMALS: Final = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
# Of two decimals both are 0.
_WHOLE: Final = frozenset({"HUF", "ISK", "TWD", "UGX"})


def decimals_of(currency: str) -> int:
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def step_of(currency: str) -> int:
    """In minor units."""
    if currency in _WHOLE:
        return 100
    return 10 if currency in _THREE_DECIMALS else 1


def to_minor(amount: Fraction, currency: str) -> int:
    """To the step, half away from zero."""
    step = step_of(currency)
    steps = abs(amount) * 10 ** decimals_of(currency) / step
    whole = int(steps)
    if steps - whole >= Fraction(1, 2):
        whole += 1
    return whole * step if amount > 0 else -whole * step


def from_minor(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-decimals_of(currency))
