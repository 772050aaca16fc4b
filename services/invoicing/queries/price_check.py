"""What every plan would ask for a month's cost: to compare, never to bill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from services.invoicing.domain.pricing import ContractTerms, PricedLine, price
from services.invoicing.models import Contract, Plan
from shared.faults import Fault
from shared.periods import Month


@dataclass
class ContractInAnotherCurrency(Fault):
    """Nothing is compared across currencies."""

    contract_currency: str = field(kw_only=True)
    cost_currency: str = field(kw_only=True)


@dataclass(frozen=True)
class PlanPrice:
    """A tenant's month under a plan, alone and for all of the month; before tax."""

    plan: Plan
    is_current: bool
    lines: Sequence[PricedLine]

    @property
    def total_minor(self) -> int:
        return sum(line.minor for line in self.lines)


def check_prices(
    tenant: str, month: Month, costs: Mapping[str, Decimal], *, currency: str
) -> list[PlanPrice]:
    """The newest version of each plan that holds then, the dearest first; the contract's is marked.

    `costs` is charge group -> exact cost, in `currency`; plans in another are left out. Raises
    ContractInAnotherCurrency where the tenant's contract is.
    """
    contract = _contract_of(tenant, month)
    if contract is not None and contract.currency != currency:
        raise ContractInAnotherCurrency(
            f"The contract of {tenant} is in {contract.currency}, the cost in {currency}.",
            remedy="Only a contract in the bill's currency can be compared.",
            contract_currency=contract.currency,
            cost_currency=currency,
        )
    current = None if contract is None else contract.plan_in(month)[0]
    priced = [
        PlanPrice(plan, plan.plan_id == current, _lines(plan, tenant, month, costs))
        for plan in _newest_plans(month)
        if plan.currency == currency
    ]
    return sorted(priced, key=lambda of_plan: (-of_plan.total_minor, of_plan.plan.key))


def _lines(
    plan: Plan, tenant: str, month: Month, costs: Mapping[str, Decimal]
) -> Sequence[PricedLine]:
    terms = ContractTerms(
        tenants=[tenant],
        starts_on=month.start.date(),
        ends_on=None,
        currency=plan.currency,
        components=plan.components,
    )
    return price(terms, month, {tenant: costs}).lines


def _newest_plans(month: Month) -> list[Plan]:
    held = Plan.objects.filter(Q(starts_on=None) | Q(starts_on__lte=month.start.date()))
    return list(held.order_by("key", "-version").distinct("key"))


def _contract_of(tenant: str, month: Month) -> Contract | None:
    contracts = Contract.objects.select_related("plan").filter(
        is_active=True, tenants__contains=[tenant], starts_on__lt=month.end.date()
    )
    running = [one for one in contracts if one.ends_on is None or one.ends_on > month.start.date()]
    return max(running, key=lambda one: one.starts_on, default=None)
