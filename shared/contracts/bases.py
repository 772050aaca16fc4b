"""How a line's price came about, as facts, rows and answers have it."""

from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from shared.contracts.fields import Amount, Code, Count, Number


@dataclass(frozen=True)
class Markup:
    """A line's price is its cost and `percent` of it."""

    percent: Number


@dataclass(frozen=True)
class FeeDays:
    """A line's price is a fee per `every` (month or year), for `days` of its `days_in_all`."""

    every: Code
    days: Count
    days_in_all: Count


@dataclass(frozen=True)
class TierStep:
    """`percent` on top of the cost up to `to`, in the bill's currency; None: of all above."""

    to: Number | None
    percent: Number


@dataclass(frozen=True)
class Tiers:
    """A line's price is its cost by steps: each part by its own, or all by that of the sum.

    `kind` is graduated, or volume. Where the contract covers part of a month, `to` is that part.
    """

    kind: Code
    steps: list[TierStep]


@dataclass(frozen=True)
class MinimumRest:
    """A line's price is what the others lack to `minimum`."""

    minimum: Amount


@dataclass(frozen=True)
class Adjustment:
    """`code` (`PriceChange`) says what changed the price, `value` by which number."""

    code: Code
    value: Number | None = None


@dataclass(frozen=True)
class Adjusted:
    """A line's price by `of`, then changed `by` what the contract says of the whole month."""

    of: Markup | Tiers | MinimumRest
    by: list[Adjustment]


Basis = Markup | FeeDays | Tiers | MinimumRest | Adjusted
# As rows and answers hold it.
BASIS: Final[TypeAdapter[Basis]] = TypeAdapter(Basis)
