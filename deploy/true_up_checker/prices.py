"""What a month's cost asks for under frozen terms: steps 1 to 9 of the price.

docs/reference/true-up.md, "The price". Fractions up to the one rounding of a line, then whole steps
of the currency.
"""

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final, NamedTuple

from deploy.true_up_checker.currencies import step_of, to_minor

# tenant -> charge group -> amount in the currency of the bill
Costs = Mapping[str, Mapping[str, Fraction]]
Component = Mapping[str, Any]

# What a minimum's line is called where the plan gives it no name.
_MINIMUM: Final = "Minimum commitment, rest"
_MAKE_LINES: Final = ("cost_plus", "graduated", "volume", "minimum", "flat_fee")
_CHANGE_LINES: Final = ("cap", "discount")


class Key(NamedTuple):
    """What a line is: of which component, for whom, and in which days."""

    component: str
    tenant: str
    charge_group: str
    start: date
    end: date


@dataclass(frozen=True)
class Price:
    """Minor units: `lines` above 0 each, `drawn` by grant; `below_zero` is of no line."""

    lines: Mapping[Key, int] = field(default_factory=dict)
    below_zero: int = 0
    drawn: Mapping[str, int] = field(default_factory=dict)

    @property
    def target(self) -> int:
        return sum(self.lines.values()) + self.below_zero


@dataclass(frozen=True)
class _Month:
    """The days of it under contract, and what share of its days they are."""

    start: date
    end: date
    share: Fraction
    tenants: Sequence[str]
    currency: str


def price(
    terms: Mapping[str, Any], period: str, costs: Costs, grants: Mapping[str, int] | None = None
) -> Price:
    """`terms` as an account holds them under `prices`; `period` is as 2026-10.

    `grants` is what is left of each, in minor units, in the order in which they are drawn. Raises
    ValueError for a component that nobody has told this checker of: it would check nothing.
    """
    month = _month(terms, period)
    if month is None:
        return Price()
    named = list(_named(terms["components"]))
    discounts = [one for one in _of(terms, "discount") if _holds(one, month.start)]
    rate = Fraction(str(terms.get("rate", 1)))
    for one in discounts:
        rate *= 1 - Fraction(str(one.get("percent") or 0)) / 100
    exact: dict[Key, Fraction] = {}
    for name, component in named:
        make = _LINES.get(component["kind"])
        if make is not None:
            exact |= make(name, component, costs, month)
    rounded = {key: to_minor(amount * rate, month.currency) for key, amount in exact.items()}
    lines, below_zero = _without_negatives(rounded, step_of(month.currency))
    if not below_zero:
        lines = _lowered(lines, discounts, _of(terms, "cap"), month)
    rest = dict(_rest(named, sum(lines.values()), month))
    if below_zero and not rest:
        return Price(lines, below_zero)
    lines, drawn = _drawn(lines | rest, grants or {}, month)
    return Price(lines, 0, drawn)


def _month(terms: Mapping[str, Any], period: str) -> _Month | None:
    first = date.fromisoformat(f"{period}-01")
    days = calendar.monthrange(first.year, first.month)[1]
    after = first + timedelta(days=days)
    start = max(first, date.fromisoformat(terms["starts_on"]))
    ends_on = terms.get("ends_on")
    end = after if ends_on is None else min(after, date.fromisoformat(ends_on))
    if start >= end:
        return None
    share = Fraction((end - start).days, days)
    return _Month(start, end, share, terms["tenants"], terms["currency"])


def _named(components: Sequence[Component]) -> Iterator[tuple[str, Component]]:
    """Those that make lines: the second of a name is called so, as lines are known by it."""
    seen: list[str] = []
    for component in components:
        if component["kind"] in _CHANGE_LINES:
            continue
        if component["kind"] not in _MAKE_LINES:
            raise ValueError(f"this checker knows no component {component['kind']!r}")
        name = component.get("name", _MINIMUM)
        seen.append(name)
        count = seen.count(name)
        yield name if count == 1 else f"{name} #{count}", component


def _of(terms: Mapping[str, Any], kind: str) -> list[Component]:
    return [one for one in terms["components"] if one["kind"] == kind]


def _holds(discount: Component, day: date) -> bool:
    since, until = discount.get("from"), discount.get("to")
    return (since is None or date.fromisoformat(since) <= day) and (
        until is None or day < date.fromisoformat(until)
    )


def _amount(component: Component, month: _Month) -> int:
    """A month's amount for the days under contract, in minor units."""
    return to_minor(Fraction(str(component["amount"])) * month.share, month.currency)


def _plus(amount: Fraction, percent: object) -> Fraction:
    return amount + amount * Fraction(str(percent)) / 100


def _cost_plus(name: str, one: Component, costs: Costs, month: _Month) -> dict[Key, Fraction]:
    by_group = one.get("groups") or {}
    lines = {
        Key(name, tenant, group, month.start, month.end): _plus(
            cost, by_group.get(group, one["percent"])
        )
        for tenant in month.tenants
        for group, cost in costs.get(tenant, {}).items()
    }
    total = sum(lines.values(), Fraction(0))
    floor = Fraction(str(one.get("floor") or 0)) * month.share
    if 0 < total < floor:
        return {key: amount / total * floor for key, amount in lines.items()}
    return lines


def _whole(costs: Costs, month: _Month) -> Fraction:
    return sum(
        (cost for name in month.tenants for cost in costs.get(name, {}).values()), Fraction()
    )


def _steps(one: Component, month: _Month) -> Iterator[tuple[Fraction | None, object]]:
    """Up to which cost, and by which percentage."""
    if one.get("on", "cost") != "cost":
        raise ValueError(f"this checker knows no steps on {one['on']!r}")
    for step in one["steps"]:
        to = step.get("to")
        yield None if to is None else Fraction(str(to)) * month.share, step["percent"]


def _graduated(name: str, one: Component, costs: Costs, month: _Month) -> dict[Key, Fraction]:
    rest, below, total = _whole(costs, month), Fraction(0), Fraction(0)
    for to, percent in _steps(one, month):
        part = rest if to is None else min(rest, to - below)
        total, rest = total + _plus(part, percent), rest - part
        if rest <= 0 or to is None:
            break
        below = to
    return {Key(name, month.tenants[0], "", month.start, month.end): total}


def _volume(name: str, one: Component, costs: Costs, month: _Month) -> dict[Key, Fraction]:
    whole = _whole(costs, month)
    percent = next(by for to, by in _steps(one, month) if to is None or whole <= to)
    return {Key(name, month.tenants[0], "", month.start, month.end): _plus(whole, percent)}


_LINES: Final[Mapping[str, Callable[[str, Component, Costs, _Month], dict[Key, Fraction]]]] = {
    "cost_plus": _cost_plus,
    "graduated": _graduated,
    "volume": _volume,
}


def _without_negatives(amounts: Mapping[Key, int], step: int) -> tuple[dict[Key, int], int]:
    """Negative lines lower those of their tenant, then those of others; and what no line takes."""
    lines = {key: amount for key, amount in amounts.items() if amount > 0}
    below_zero = 0
    for key, amount in sorted(amounts.items()):
        left = max(-amount, 0)
        own = [one for one in lines if one.tenant == key.tenant]
        others = [one for one in lines if one.tenant != key.tenant]
        for chosen in (own, others):
            weights = {one: lines[one] for one in chosen}
            taken = min(left, sum(weights.values()))
            for one, part in shares(taken, weights, step).items():
                lines[one] -= part
            left -= taken
        below_zero -= left
    return {key: amount for key, amount in lines.items() if amount}, below_zero


def _limited(lines: Mapping[Key, int], most: int, month: _Month) -> dict[Key, int]:
    if sum(lines.values()) <= most:
        return dict(lines)
    parts = shares(max(most, 0), lines, step_of(month.currency))
    return {key: part for key, part in parts.items() if part}


def _lowered(
    lines: dict[Key, int], discounts: Sequence[Component], caps: Sequence[Component], month: _Month
) -> dict[Key, int]:
    for one in discounts:
        if one.get("amount") is not None:
            lines = _limited(lines, sum(lines.values()) - _amount(one, month), month)
    for one in caps:
        lines = _limited(lines, _amount(one, month), month)
    return lines


def _rest(
    named: Sequence[tuple[str, Component]], there: int, month: _Month
) -> Iterator[tuple[Key, int]]:
    """The line that fills up what is `there` to the minimum."""
    for name, component in named:
        if component["kind"] == "minimum":
            rest = _amount(component, month) - there
            if rest > 0:
                yield Key(name, month.tenants[0], "", month.start, month.end), rest


def _drawn(
    lines: Mapping[Key, int], grants: Mapping[str, int], month: _Month
) -> tuple[dict[Key, int], dict[str, int]]:
    step, drawn, left = step_of(month.currency), {}, dict(lines)
    for key, available in grants.items():
        total = sum(left.values())
        drawn[key] = min(total, available // step * step)
        left = _limited(left, total - drawn[key], month)
    return left, drawn


def shares(total: int, weights: Mapping[Key, int], step: int) -> dict[Key, int]:
    """In proportion, in steps; those left over one each to the largest remainders, ties by key."""
    sum_of_weights = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    exact = {key: Fraction(total * one, sum_of_weights * step) for key, one in weights.items()}
    whole = {key: int(part) for key, part in exact.items()}
    over = total // step - sum(whole.values())
    for key in sorted(exact, key=lambda key: (whole[key] - exact[key], key))[:over]:
        whole[key] += 1
    return {key: part * step for key, part in whole.items()}
