"""What customers owe for a month by the plans of `trueback.yaml`, by arithmetic of our own.

Of price components, those that the sample company has: cost plus a percentage, and a fee a month.
What credits of the cloud provider come to lowers the other lines, as no line is below 0.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, Final

import yaml

# US dollars, of which Stripe counts cents.
CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)

# tenant -> charge group -> US dollars
Costs = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True)
class Contract:
    customer: str
    tenants: tuple[str, ...]
    starts_on: date
    components: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Price:
    """`amount` is `exact` rounded once, half away from zero; a fee has no charge group.

    Of what a credit has lowered nothing is left to round: `exact` is the amount.
    """

    tenant: str
    charge_group: str
    exact: Decimal
    amount: Decimal


def _rounded(tenant: str, charge_group: str, exact: Decimal) -> Price:
    return Price(tenant, charge_group, exact, exact.quantize(CENT, rounding=ROUND_HALF_UP))


def contracts_of(configuration: str) -> list[Contract]:
    written: dict[str, Any] = yaml.safe_load(configuration)
    plans = {plan["key"]: plan["components"] for plan in written["plans"]}
    return [
        Contract(
            customer["key"],
            tuple(contract["tenants"]),
            contract["from"],
            tuple(plans[contract["plan"]]),
        )
        for customer in written["customers"]
        for contract in customer["contracts"]
    ]


def prices(contract: Contract, period: str, costs: Costs) -> list[Price]:
    """Of a month written as 2026-10; none before the contract starts."""
    first = date.fromisoformat(f"{period}-01")
    end = (first + timedelta(days=32)).replace(day=1)
    if contract.starts_on >= end:
        return []
    share = Decimal((end - max(first, contract.starts_on)).days) / (end - first).days
    priced = [
        price for each in contract.components for price in _priced(each, contract, costs, share)
    ]
    fees = [price for price in priced if not price.charge_group]
    return _without_credits([price for price in priced if price.charge_group]) + fees


def _without_credits(priced: list[Price]) -> list[Price]:
    """No line is below 0: a credit lowers those of its tenant, then those of the others.

    What is left of it after that is on no invoice.
    """
    lines = {(one.tenant, one.charge_group): one for one in priced if one.amount > 0}
    for credit in sorted(
        (one for one in priced if one.amount < 0), key=lambda one: (one.tenant, one.charge_group)
    ):
        left = -credit.amount
        for is_own in (True, False):
            taking = [key for key in sorted(lines) if (key[0] == credit.tenant) is is_own]
            left -= _lower(lines, taking, left)
    return [line for line in lines.values() if line.amount]


def _lower(
    lines: dict[tuple[str, str], Price], taking: list[tuple[str, str]], by: Decimal
) -> Decimal:
    """By cents in proportion, those left over to the largest fractions; returns what was taken."""
    there = sum((lines[key].amount for key in taking), Decimal(0))
    taken = min(by, there)
    if not taken:
        return taken
    shares = {
        key: Fraction(taken) * Fraction(lines[key].amount) / Fraction(there) for key in taking
    }
    cents = {key: int(share / Fraction(CENT)) for key, share in shares.items()}
    over = int(taken / CENT) - sum(cents.values())
    fractions = {key: shares[key] / Fraction(CENT) - cents[key] for key in taking}
    for key in sorted(taking, key=lambda key: (-fractions[key], key))[:over]:
        cents[key] += 1
    for key in taking:
        if cents[key]:
            amount = lines[key].amount - cents[key] * CENT
            lines[key] = replace(lines[key], amount=amount, exact=amount)
    return taken


def _priced(
    component: Mapping[str, str], contract: Contract, costs: Costs, share: Decimal
) -> Iterator[Price]:
    if component["kind"] == "flat_fee":
        yield _rounded(contract.tenants[0], "", Decimal(component["amount"]) * share)
        return
    assert component["kind"] == "cost_plus", component["kind"]
    times = 1 + Decimal(component["percent"]) / _HUNDRED
    for tenant in contract.tenants:
        for charge_group, cost in costs.get(tenant, {}).items():
            yield _rounded(tenant, charge_group, cost * times)
