"""The demo's strip with its tour, and a tenant's month under other plans."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from deploy.page_previews.numbers import PERIOD, charge, numbers, usd
from deploy.sample_company.customers import PLANS
from services.portal.pages.frame import DemoStrip, OtherPerson, TourStop
from services.portal.pages.page import TenantName
from services.portal.pages.plans import PlanRow, PlansPage, Suggestion
from shared.vocabulary.period_states import PeriodState

PEOPLE = (
    OtherPerson("olivia", "Olivia Marsh", "Operator, administrator"),
    OtherPerson("clara", "Clara Diaz", "Billing, clerk"),
    OtherPerson("bruno", "Bruno Keller", "Billing, approver"),
    OtherPerson("ann@acme", "Ann Lee", "Administrator of acme"),
)


def strip() -> DemoStrip:
    """At the first stop of the tour."""
    return DemoStrip(
        people=PEOPLE,
        stop=TourStop(
            1,
            "A tenant that loses money",
            "Every tenant's revenue, cost and margin, worst margin first.",
        ),
        stop_count=5,
        next=TourStop(2, "Why it does", "What this tenant cost, by what and day by day."),
        previous=None,
        is_other_person=False,
    )


def unknown_plans() -> PlansPage:
    silent = "The invoicing service, which knows the plans, does not answer."
    return replace(plans(), rows=None, suggestion=None, problem=silent)


def plans() -> PlansPage:
    tenant = next(one for one in numbers().tenants if one.key == "globex")
    rows = []
    for plan in PLANS:
        components: Any = plan["components"]
        revenue = sum((charge(component, tenant.cost) for component in components), Decimal(0))
        margin = revenue - tenant.cost
        is_current = plan["key"] == "flat-2024"
        rows.append(
            PlanRow(
                key=str(plan["key"]),
                name=str(plan["name"]),
                terms=[_terms(component) for component in components],
                is_current=is_current,
                revenue=usd(revenue),
                margin=usd(margin),
                margin_ratio=margin / revenue,
                change=None if is_current else usd(revenue - Decimal("6900.00")),
            )
        )
    return PlansPage(
        tenant=TenantName(tenant.key, tenant.name),
        period=PERIOD,
        period_state=PeriodState.CLOSED,
        currency="USD",
        cost=usd(tenant.cost),
        rows=rows,
        problem="",
        suggestion=Suggestion(
            plan="growth",
            name="Growth",
            customer="globex",
            old_plan="flat-2024",
            starts_on=date(2026, 11, 1),
        ),
    )


def _terms(component: dict[str, str]) -> str:
    if component["kind"] == "cost_plus":
        return f"cost plus {component['percent']} %"
    return f"{component['amount']} USD a month"
