"""What a contract asks for a month's cost, in the order in which its terms apply.

The rules and their reasons: docs/reference/true-up.md, "The price".
Whole, and never by parts: tiers, discounts, cap, minimum and grants are computed on the whole cost
of the contract each time. Up to the one rounding of a line amounts are fractions, since a floor or
a part of a month divides by any number; from then on they are whole minor units, and multiples of
Stripe's step for the currency.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from shared.exact import HALF_UP
from shared.money import (
    QUANTUM,
    currency_exponent,
    smallest_charge_step,
    split_by_largest_remainder,
)
from shared.vocabulary.price_changes import PriceChange


@dataclass(frozen=True, order=True)
class LineKey:
    """What a line is in every run of the month, whatever its amount and its words.

    `charge_group` is "" for a line on the whole cost of its component, whose `tenant` is the
    contract's first.
    """

    component: str
    tenant: str
    charge_group: str
    start: date
    end: date


@dataclass(frozen=True)
class ExactLine:
    """A line before it is rounded, in the currency of the cost."""

    key: LineKey
    amount: Fraction


@dataclass(frozen=True)
class Step:
    """`percent` on top of the cost up to `to`; None: of all that is above the steps before."""

    to: Fraction | Decimal | None
    percent: Decimal


@dataclass(frozen=True)
class Grant:
    """What is left of a credit that lowers what the month's cost asks for."""

    key: str
    available_minor: int


@dataclass(frozen=True)
class Terms:
    """What holds for the month in the currency of the invoice; amounts in minor units.

    `rate` is units of it for one of the cost's currency. Discounts in percent multiply. All amounts
    are above 0 and multiples of Stripe's step.
    """

    currency: str
    rate: Decimal = Decimal(1)
    percent_discounts: Sequence[Decimal] = ()
    amount_discounts_minor: Sequence[int] = ()
    cap_minor: int | None = None
    minimum_minor: int | None = None
    grants: Sequence[Grant] = ()


@dataclass(frozen=True)
class Change:
    """`value` is in minor units, of what the contract says; None: it says no amount."""

    code: PriceChange
    value: int | None = None


@dataclass(frozen=True)
class CostPrice:
    """`lines` by key, each above 0; `below_zero_minor` is what of credits found no line, <= 0.

    `drawn_minor` is by grant; `exact` is each line before it was rounded, and `changes` is what
    made it another amount afterwards.
    """

    lines: Mapping[LineKey, int]
    below_zero_minor: int
    drawn_minor: Mapping[str, int]
    exact: Mapping[LineKey, Decimal]
    changes: Mapping[LineKey, Sequence[Change]]

    @property
    def target_minor(self) -> int:
        return sum(self.lines.values()) + self.below_zero_minor


def marked_up(cost: Fraction | Decimal, percent: Decimal) -> Fraction:
    return Fraction(cost) * (100 + Fraction(percent)) / 100


def graduated(cost: Decimal, steps: Sequence[Step]) -> Fraction:
    """Each part of the cost by the step that it lies in; a cost below 0 by the first."""
    if cost < 0:
        return marked_up(cost, steps[0].percent)
    amount, below = Fraction(0), Fraction(0)
    for step in steps:
        upper = Fraction(cost if step.to is None else min(cost, step.to))
        if upper > below:
            amount += marked_up(upper - below, step.percent)
            below = upper
    return amount


def by_volume(cost: Decimal, steps: Sequence[Step]) -> Fraction:
    """The whole cost by the step that its sum lies in; one below 0 lies in the first."""
    step = next(one for one in steps if one.to is None or cost <= one.to)
    return marked_up(cost, step.percent)


def raised_to(lines: Sequence[ExactLine], floor: Fraction) -> list[ExactLine]:
    """A sum above 0 and below the floor is raised to it, each line in proportion."""
    total = sum((line.amount for line in lines), Fraction(0))
    if not 0 < total < floor:
        return list(lines)
    return [replace(line, amount=line.amount * floor / total) for line in lines]


def in_steps(amount: Fraction, currency: str) -> int:
    """How often Stripe's step is in it, rounded half away from zero."""
    units: int = 10 ** currency_exponent(currency)
    steps = amount * units / smallest_charge_step(currency)
    rounded = (2 * abs(steps.numerator) + steps.denominator) // (2 * steps.denominator)
    return rounded if steps >= 0 else -rounded


def price_of(exact_lines: Iterable[ExactLine], terms: Terms, minimum_key: LineKey) -> CostPrice:
    """Steps 2 to 9: rate, percentages, one rounding, credits folded, amounts, cap, minimum, grants.

    `minimum_key` is of the line with which a minimum is filled up.
    """
    converted = {line.key: _converted(line.amount, terms) for line in exact_lines}
    step = smallest_charge_step(terms.currency)
    rounded = {key: in_steps(amount, terms.currency) for key, amount in converted.items()}
    done = _Changes({key: amount for key, amount in rounded.items() if amount})
    lines, below_zero = _folded(done.lines)
    done.take(Change(PriceChange.CREDIT), lines)
    if not below_zero:
        for discount in terms.amount_discounts_minor:
            done.limit(Change(PriceChange.AMOUNT_OFF, discount), done.total - discount // step)
        if terms.cap_minor is not None:
            done.limit(Change(PriceChange.CAP, terms.cap_minor), terms.cap_minor // step)
    if terms.minimum_minor is not None:
        rest = terms.minimum_minor // step - done.total
        if rest > 0:
            done.lines, below_zero = {**done.lines, minimum_key: rest}, 0
    drawn: dict[str, int] = {}
    if not below_zero:
        for grant in terms.grants:
            draw = min(done.total, grant.available_minor // step)
            done.limit(Change(PriceChange.GRANT), done.total - draw)
            drawn[grant.key] = draw * step
    return CostPrice(
        lines={key: done.lines[key] * step for key in sorted(done.lines)},
        below_zero_minor=below_zero * step,
        drawn_minor=drawn,
        exact={key: to_quantum(amount) for key, amount in converted.items()},
        changes=done.by_line,
    )


@dataclass
class _Changes:
    """Lines in steps, and what has changed each since it was rounded."""

    lines: dict[LineKey, int]
    by_line: dict[LineKey, list[Change]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.lines.values())

    def limit(self, change: Change, total: int) -> None:
        self.take(change, _remaining(self.lines, total))

    def take(self, change: Change, lines: dict[LineKey, int]) -> None:
        for key, amount in lines.items():
            if amount != self.lines[key]:
                self.by_line.setdefault(key, []).append(change)
        self.lines = lines


def _converted(amount: Fraction, terms: Terms) -> Fraction:
    amount *= Fraction(terms.rate)
    for percent in terms.percent_discounts:
        amount *= (100 - Fraction(percent)) / 100
    return amount


def to_quantum(amount: Fraction) -> Decimal:
    return HALF_UP.divide(Decimal(amount.numerator), Decimal(amount.denominator)).quantize(
        QUANTUM, context=HALF_UP
    )


def _folded(lines: Mapping[LineKey, int]) -> tuple[dict[LineKey, int], int]:
    """No line is below 0: credits lower the lines of their tenant, then those of the others."""
    positive = {key: amount for key, amount in lines.items() if amount > 0}
    left = 0
    for key in sorted(key for key, amount in lines.items() if amount < 0):
        credit = -lines[key]
        for is_own in (True, False):
            taking = {one: n for one, n in positive.items() if (one.tenant == key.tenant) is is_own}
            taken = min(credit, sum(taking.values()))
            if taken:
                positive |= _lowered(taking, taken)
                credit -= taken
        left -= credit
    return {key: amount for key, amount in positive.items() if amount}, left


def _lowered(lines: Mapping[LineKey, int], by: int) -> dict[LineKey, int]:
    parts = spread(by, lines)
    return {key: amount - parts[key] for key, amount in lines.items()}


def _remaining(lines: Mapping[LineKey, int], total: int) -> dict[LineKey, int]:
    """What of the lines remains, where together they may be no more than `total`."""
    if total >= sum(lines.values()):
        return dict(lines)
    if total <= 0:
        return {}
    return {key: amount for key, amount in spread(total, lines).items() if amount}


def spread(total: int, weights: Mapping[LineKey, int]) -> dict[LineKey, int]:
    """By largest remainder, ties by key; parts sum to the total exactly."""
    order = sorted(weights)
    width = len(str(len(order)))
    names = {key: f"{number:0{width}}" for number, key in enumerate(order)}
    parts = split_by_largest_remainder(total, {names[key]: weights[key] for key in order})
    return {key: parts[names[key]] for key in order}
