"""What two sets of terms say differently: how many customers, and how far prices move.

Terms are as JSON has them: by customer, `customer` is what its invoices say of it, and `contracts`
are those that are in force, each with the components of its plan: of the version of its first day,
and `later` of those that follow.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from typing import Any, Final

from shared.exact import EXACT, HALF_UP
from shared.proposals.difference import Entries, EntryKey
from shared.vocabulary.line_kinds import LinelessKind

Terms = Mapping[str, Mapping[str, Any]]
_HUNDRED: Final = Decimal(100)
_SHOWN: Final = Decimal("0.01")
_MONTHLY: Final = "month"
# What has no price, and says how much is asked for all the same: it is the same, or not comparable.
_POLICIES: Final = ("true_up", "grants", "tax")


@dataclass(frozen=True)
class Reach:
    """`percent` is the largest change of any price, up or down; None: they can't be compared."""

    customers: int
    percent: Decimal | None

    def is_within(self, *, customers: int, percent: Decimal) -> bool:
        return self.customers <= customers and self.percent is not None and self.percent <= percent

    def as_data(self) -> dict[str, int | str | None]:
        """Of what moves at all, never nothing is shown."""
        percent = self.percent
        shown = None if percent is None else str(percent.quantize(_SHOWN, ROUND_UP, HALF_UP))
        return {"customers": self.customers, "percent": shown}


def reach(before: Terms, after: Terms) -> Reach:
    touched = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    changes = [_price_change(before.get(key), after.get(key)) for key in touched]
    if None in changes:
        return Reach(len(touched), None)
    return Reach(len(touched), max((change for change in changes if change), default=Decimal(0)))


def entries(terms: Terms) -> Entries:
    """By customer and by contract."""
    return dict(_entries(terms))


def _entries(terms: Terms) -> Iterator[tuple[EntryKey, Mapping[str, Any]]]:
    for key, one in terms.items():
        yield ("customer", key), one["customer"]
    for key, one in terms.items():
        for contract in one["contracts"]:
            tenants = ", ".join(contract["tenants"])
            name = f"{key}: {contract.get('key') or tenants} from {contract['starts_on']}"
            yield ("contract", name), contract


def _price_change(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> Decimal | None:
    """Of one customer, in percent; a new one pays no other price than before."""
    if before is None:
        return Decimal(0)
    new = after["contracts"] if after is not None else []
    days = {later["from"] for one in (*before["contracts"], *new) for later in _later(one)}
    changes = [_change_on(day, before["contracts"], new) for day in ("", *sorted(days))]
    return None if None in changes else max((one for one in changes if one), default=Decimal(0))


def _later(contract: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The versions of its plan that follow the first, by the day."""
    later: Sequence[Mapping[str, Any]] = contract.get("later", ())
    return later


def _change_on(day: str, before: Any, after: Any) -> Decimal | None:
    old, new = _priced(before, day), _priced(after, day)
    if old.keys() != new.keys():
        return None
    changes = [_percent(old[what], new[what]) for what in old]
    return None if None in changes else max((one for one in changes if one), default=Decimal(0))


def _priced(contracts: Any, day: str) -> dict[tuple[str, ...], Decimal]:
    """Each price by all that says what it is the price of; a rate of exchange is one."""
    prices = {}
    for contract in contracts:
        policies = json.dumps([contract.get(name) for name in _POLICIES], sort_keys=True)
        span = (contract["starts_on"], str(contract["ends_on"]), contract["currency"], policies)
        for at, component in enumerate(_components(contract, day)):
            for of, amount in _prices_of(component):
                prices[*contract["tenants"], *span, str(at), component["kind"], *of] = amount
        if "fx" in contract:
            prices[*contract["tenants"], *span, "fx"] = Decimal(str(contract["fx"]["rate"]))
    return prices


def _components(contract: Mapping[str, Any], day: str) -> Any:
    """By the version in force on `day`, a date as text; "" is the contract's first."""
    components = contract["components"]
    for later in _later(contract):
        if later["from"] <= day:
            components = later["components"]
    return components


def _prices_of(component: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    """Each price by what it is the price of: of a markup, what 100 of cost are sold for."""
    name = component.get("name", "")
    of_whom = (name, str(component.get("every", _MONTHLY)))
    days = (str(component.get("from")), str(component.get("to")))
    if component["kind"] == LinelessKind.DISCOUNT and "percent" in component:
        yield (*of_whom, *days, "percent"), EXACT.subtract(_HUNDRED, _number(component["percent"]))
    elif "percent" in component:
        yield of_whom, _sold_for(component)
    if "amount" in component:
        yield (*of_whom, *days, "amount"), _number(component["amount"])
    for group, percent in component.get("groups", {}).items():
        yield (*of_whom, "group", group), _sold_for({"percent": percent})
    if "floor" in component:
        yield (*of_whom, "floor"), _number(component["floor"])
    for step in component.get("steps", ()):
        yield (*of_whom, "step", str(step.get("to"))), _sold_for(step)


def _sold_for(markup: Mapping[str, Any]) -> Decimal:
    return EXACT.add(_HUNDRED, _number(markup["percent"]))


def _number(given: Any) -> Decimal:
    return Decimal(str(given))


def _percent(before: Decimal, after: Decimal) -> Decimal | None:
    if before == after:
        return Decimal(0)
    if before == 0:
        return None
    moved = EXACT.multiply(EXACT.subtract(after, before), _HUNDRED)
    return abs(HALF_UP.divide(moved, before))
