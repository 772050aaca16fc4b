"""What customers owe for a month by the plans of `trueback.yaml`, by arithmetic of our own.

Of price components, those that the sample company has: cost plus a percentage, and a fee a month.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
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
    """`amount` is `exact` rounded once, half away from zero; a fee has no charge group."""

    tenant: str
    charge_group: str
    exact: Decimal

    @property
    def amount(self) -> Decimal:
        return self.exact.quantize(CENT, rounding=ROUND_HALF_UP)


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
    return [
        price for each in contract.components for price in _priced(each, contract, costs, share)
    ]


def _priced(
    component: Mapping[str, str], contract: Contract, costs: Costs, share: Decimal
) -> Iterator[Price]:
    if component["kind"] == "flat_fee":
        yield Price(contract.tenants[0], "", Decimal(component["amount"]) * share)
        return
    assert component["kind"] == "cost_plus", component["kind"]
    times = 1 + Decimal(component["percent"]) / _HUNDRED
    for tenant in contract.tenants:
        for charge_group, cost in costs.get(tenant, {}).items():
            yield Price(tenant, charge_group, cost * times)
