"""Figures for the preview: the sample's own month, priced by its own plans."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Final

from deploy.sample_company.customers import CUSTOMERS, PLANS
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import TENANTS
from deploy.sample_company.write import imagine
from shared.money import QUANTUM, Money
from shared.periods import Month

PERIOD: Final = Month(2026, 10)
_CENT: Final = Decimal("0.01")


def usd(amount: Decimal | int | str) -> Money:
    return Money(Decimal(amount), "USD")


@dataclass(frozen=True)
class TenantMonth:
    key: str
    name: str
    plan: str | None
    direct: Decimal
    shared: Decimal
    revenue: Decimal | None

    @property
    def cost(self) -> Decimal:
        return self.direct + self.shared


@dataclass(frozen=True)
class Numbers:
    tenants: list[TenantMonth]
    others: Mapping[str, Decimal]
    bill: Decimal
    lines: int


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(round(amount * 10**10)) * QUANTUM


def _plan_of(tenant: str) -> dict[str, object] | None:
    for customer in CUSTOMERS:
        for contract in customer["contracts"]:
            if tenant in contract["tenants"]:
                return next(plan for plan in PLANS if plan["key"] == contract["plan"])
    return None


def charge(component: Mapping[str, str], cost: Decimal) -> Decimal:
    if component["kind"] == "flat_fee":
        return Decimal(component["amount"])
    marked_up = cost * (100 + Decimal(component["percent"])) / 100
    return marked_up.quantize(_CENT, rounding=ROUND_HALF_UP)


@cache
def numbers() -> Numbers:
    story = imagine(SampleMonth(anchor=PERIOD), seed=1)
    lines, truth = story.lines, story.truth
    direct: defaultdict[str, int] = defaultdict(int)
    for line in lines:
        direct[line.owner] += line.amortised_quanta
    months = []
    for tenant in TENANTS:
        cost = _decimal(truth.amounts[tenant.key])
        own = direct[tenant.key] * QUANTUM
        plan = _plan_of(tenant.key)
        components: list[dict[str, str]] = plan["components"] if plan else []  # type: ignore[assignment]
        months.append(
            TenantMonth(
                key=tenant.key,
                name=tenant.name,
                plan=str(plan["name"]) if plan else None,
                direct=own,
                shared=cost - own,
                revenue=sum((charge(one, cost) for one in components), Decimal(0))
                if plan
                else None,
            )
        )
    keys = {tenant.key for tenant in TENANTS}
    total = _decimal(truth.total)
    others = {key: _decimal(value) for key, value in truth.amounts.items() if key not in keys}
    lost = total - sum(others.values()) - sum(month.cost for month in months)
    months[0] = replace(months[0], shared=months[0].shared + lost)
    return Numbers(months, others, total, len(lines))
