"""A tenant's month under every plan, beside what it is billed now."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from services.portal.domain.figures import ratio
from services.portal.gateways.invoicing import PlanPrice, UnableToRead
from services.portal.models import TenantContract, TenantMargin
from services.portal.pages.page import TenantName
from services.portal.pages.plans import PlanRow, PlansPage, Suggestion
from services.portal.queries.margin_totals import current_margins
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState

CheckPrices = Callable[[str, Month, Mapping[str, Decimal], str], Sequence[PlanPrice]]


def read_plan_prices(
    tenant: str, month: Month, check: CheckPrices, *, state: PeriodState
) -> PlansPage | None:
    """None for a tenant without a cost in the month.

    A month that still runs has a part of its cost and whole fees: nothing follows from it yet.
    """
    margin = current_margins().filter(tenant=tenant, period=str(month)).first()
    if margin is None:
        return None
    rows, problem = _rows(margin, month, check)
    return PlansPage(
        tenant=TenantName(tenant, margin.name),
        period=month,
        period_state=state,
        currency=margin.currency,
        cost=Money(margin.cost, margin.currency),
        rows=rows,
        problem=problem,
        suggestion=None if state == PeriodState.OPEN else _suggest(tenant, month, rows or []),
    )


def _rows(
    margin: TenantMargin, month: Month, check: CheckPrices
) -> tuple[list[PlanRow] | None, str]:
    costs: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in margin.lines:
        costs[line["charge_group"]] += Decimal(line["amount"])
    try:
        prices = check(margin.tenant, month, costs, margin.currency)
    except UnableToRead as error:
        return None, str(error)
    cost = Money(margin.cost, margin.currency)
    comparable = [price for price in prices if price.total.currency == cost.currency]
    now = next((price.total for price in comparable if price.is_current), None)
    return [_row(price, cost, now) for price in comparable], ""


def _row(price: PlanPrice, cost: Money, now: Money | None) -> PlanRow:
    margin = price.total - cost
    return PlanRow(
        key=price.plan,
        name=price.name,
        terms=price.terms,
        is_current=price.is_current,
        revenue=price.total,
        margin=margin,
        margin_ratio=ratio(margin.amount, price.total.amount),
        change=None if now is None or price.is_current else price.total - now,
    )


def _suggest(tenant: str, month: Month, rows: Sequence[PlanRow]) -> Suggestion | None:
    """Only where the plan in force loses money: what is well needs no advice."""
    now = next((row for row in rows if row.is_current), None)
    contract = TenantContract.objects.filter(tenant=tenant).order_by("customer").first()
    covering = [row for row in rows if row.margin.amount > 0]
    if now is None or contract is None or now.margin.amount >= 0 or not covering:
        return None
    best = min(covering, key=lambda row: (row.revenue.amount, row.key))
    return Suggestion(
        plan=best.key,
        name=best.name,
        customer=contract.customer,
        old_plan=now.key,
        starts_on=month.following.start.date(),
    )
