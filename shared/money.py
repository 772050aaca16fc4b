"""Money: integers of a quantum or Decimal with a currency, never a float.

Costs are kept as an integer number of `QUANTUM` (10^-10 of the billing currency) up to the invoice
line; an invoice line has the currency's minor units. Every division names its rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, Self

QUANTUM_DIGITS: Final = 10
QUANTUM: Final = Decimal(1).scaleb(-QUANTUM_DIGITS)

# Decimal places a charge is made in. Stripe: "Zero-decimal currencies" and "Three-decimal
# currencies"; ISK, HUF, TWD and UGX are charged by Stripe with two decimals that must be 00.
_NO_DECIMALS: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS: Final = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
_WHOLE_UNITS_ONLY: Final = frozenset(["HUF", "ISK", "TWD", "UGX"])


def currency_exponent(currency: str) -> int:
    """Number of decimal places of the minor unit that Stripe counts `amount` in."""
    if currency in _NO_DECIMALS:
        return 0
    return 3 if currency in _THREE_DECIMALS else 2


def smallest_charge_step(currency: str) -> int:
    """The step, in minor units, that an amount must be a multiple of (Stripe, special cases)."""
    if currency in _WHOLE_UNITS_ONLY:
        return 100
    return 10 if currency in _THREE_DECIMALS else 1


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, Decimal):
            raise TypeError("an amount is a Decimal")
        if len(self.currency) != 3 or not self.currency.isupper():  # noqa: PLR2004 - ISO 4217
            raise ValueError(f"{self.currency!r} is not an ISO 4217 code")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(Decimal(0), currency)

    @classmethod
    def from_minor(cls, amount_minor: int, currency: str) -> Self:
        return cls(Decimal(amount_minor).scaleb(-currency_exponent(currency)), currency)

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return self + Money(-other.amount, other.currency)

    def to_minor(self) -> int:
        """Minor units, rounded half-up (away from zero) once, to Stripe's step."""
        step = smallest_charge_step(self.currency)
        with localcontext(prec=60):
            steps = self.amount.scaleb(currency_exponent(self.currency)) / step
            return int(steps.quantize(Decimal(1), rounding=ROUND_HALF_UP)) * step


def to_quanta(amount: Decimal) -> int:
    """Integer number of 10^-10; raises ValueError where the amount is finer than that."""
    with localcontext(prec=60):
        quanta = amount.scaleb(QUANTUM_DIGITS)
        if quanta != quanta.to_integral_value():
            raise ValueError(f"{amount} is finer than {QUANTUM}")
        return int(quanta)


def from_quanta(quanta: int) -> Decimal:
    with localcontext(prec=60):
        return Decimal(quanta).scaleb(-QUANTUM_DIGITS)


def split_by_largest_remainder(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split an integer (also a negative one) by integer weights >= 0; parts sum to it exactly.

    Each part is `floor(total * weight / sum)`, and what is left goes to the largest remainders, one
    each, ties by key. Raises ValueError where the weights are empty, negative or sum to zero.
    """
    sum_of_weights = sum(weights.values())
    if sum_of_weights <= 0 or any(weight < 0 for weight in weights.values()):
        raise ValueError("weights are >= 0 and sum to more than 0")
    parts = {key: total * weight // sum_of_weights for key, weight in weights.items()}
    left = total - sum(parts.values())
    by_remainder: Sequence[str] = sorted(
        weights, key=lambda key: (-(total * weights[key] % sum_of_weights), key)
    )
    for key in by_remainder[:left]:
        parts[key] += 1
    return parts
