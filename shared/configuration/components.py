"""What a plan asks for: fees, prices of attributed cost, and what holds for the month as a whole.

Amounts are of a whole month; where the contract covers part of one, so are they.
"""

import datetime as dt
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from shared.configuration.entry import Entry, Exact, Name
from shared.vocabulary.line_kinds import MINIMUM_REST

# More lines of a price list than anybody reads, and few enough for a line's basis.
_STEPS_MAX: Final = 50

Positive = Annotated[Exact, Field(gt=0)]


class CostPlus(Entry):
    """The attributed cost and `percent` of it on top, for a charge group of `groups` its own.

    `floor` is what the lines of the component sum to at least, in the bill's currency.
    """

    kind: Literal["cost_plus"]
    name: Name
    percent: Exact
    groups: Mapping[Name, Exact] = Field(default_factory=dict)
    floor: Positive | None = None


class TierStep(Entry):
    """`percent` on top of the cost up to `to`, in the bill's currency; the last has no `to`."""

    to: Positive | None = None
    percent: Exact


def _cost_alone(on: object) -> object:
    if on != "cost":
        raise ValueError(
            "steps on a meter's usage come with a later release: `on: cost` is what there is"
        )
    return on


class Tiers(Entry):
    """The whole attributed cost of the contract, by steps, as one line.

    `graduated`: each part of the cost by its own step; `volume`: all of it by the step of its sum.
    """

    kind: Literal["graduated", "volume"]
    name: Name
    on: Annotated[Literal["cost"], BeforeValidator(_cost_alone)] = "cost"
    steps: Annotated[tuple[TierStep, ...], Field(min_length=1, max_length=_STEPS_MAX)]

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        bounds = [step.to for step in self.steps[:-1]]
        known = [bound for bound in bounds if bound is not None]
        rises = all(lower < upper for lower, upper in pairwise(known))
        if len(known) < len(bounds) or not rises or self.steps[-1].to is not None:
            raise ValueError(
                "each of `steps` but the last has a `to`, above that of the one before"
            )
        return self


class FlatFee(Entry):
    """`amount` a month, or a year in advance, in the plan's currency.

    A year is charged with the month in which the contract began, and each year again.
    """

    kind: Literal["flat_fee"]
    name: Name
    amount: Exact
    every: Literal["month", "year"] = "month"


class Minimum(Entry):
    """What cost-derived lines come to at least; the rest is a line of its own."""

    kind: Literal["minimum"]
    name: Name = MINIMUM_REST
    amount: Positive


class Cap(Entry):
    """What cost-derived lines come to at most."""

    kind: Literal["cap"]
    amount: Positive


class Discount(Entry):
    """Off the cost-derived lines of months whose first day is in `from <= day < to`."""

    kind: Literal["discount"]
    percent: Annotated[Positive, Field(le=100)] | None = None
    amount: Positive | None = None
    from_: dt.date | None = Field(default=None, alias="from")
    to: dt.date | None = None

    @model_validator(mode="after")
    def _one_and_ordered(self) -> Self:
        if (self.percent is None) == (self.amount is None):
            raise ValueError("a discount has `percent` or `amount`, and not both")
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise ValueError("a discount's `from` is before its `to`")
        return self


Component = Annotated[
    CostPlus | Tiers | FlatFee | Minimum | Cap | Discount, Field(discriminator="kind")
]
