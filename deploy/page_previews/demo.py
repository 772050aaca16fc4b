"""The demo's strip with its tour, and a tenant's month under other plans."""

from datetime import date
from decimal import Decimal
from typing import Any

from deploy.page_previews.numbers import PERIOD, charge, numbers, usd
from deploy.sample_company.customers import PLANS

PEOPLE = (
    ("olivia", "Olivia Marsh", "Operator, administrator"),
    ("clara", "Clara Diaz", "Billing, clerk"),
    ("bruno", "Bruno Keller", "Billing, approver"),
    ("ann@acme", "Ann Lee", "Administrator of acme"),
)


def strip(stop: int = 0) -> dict[str, Any]:
    found = {
        1: {
            "number": 1,
            "title": "A tenant that loses money",
            "text": "Every tenant's revenue, cost and margin, worst margin first.",
        }
    }
    following = {"number": stop + 1, "title": "Why it does"}
    people = [dict(zip(("name", "full_name", "role_label"), who, strict=True)) for who in PEOPLE]
    return {
        "people": people,
        "stop": found.get(stop),
        "stop_count": 5,
        "next": following,
        "previous": None,
        "is_other_person": False,
    }


def plans(**changed: Any) -> dict[str, Any]:
    tenant = next(one for one in numbers().tenants if one.key == "globex")
    rows = []
    for plan in PLANS:
        components: Any = plan["components"]
        revenue = sum((charge(component, tenant.cost) for component in components), Decimal(0))
        margin = revenue - tenant.cost
        is_current = plan["key"] == "flat-2024"
        rows.append(
            {
                "key": plan["key"],
                "name": plan["name"],
                "terms": [_terms(component) for component in components],
                "is_current": is_current,
                "revenue": usd(revenue),
                "margin": usd(margin),
                "margin_ratio": margin / revenue,
                "change": None if is_current else usd(revenue - Decimal("6900.00")),
            }
        )
    return {
        "tenant": {"key": tenant.key, "name": tenant.name},
        "period": PERIOD,
        "period_state": "closed",
        "currency": "USD",
        "cost": usd(tenant.cost),
        "rows": rows,
        "problem": "",
        "suggestion": {
            "plan": "growth",
            "name": "Growth",
            "customer": "globex",
            "old_plan": "flat-2024",
            "starts_on": date(2026, 11, 1),
        },
    } | changed


def _terms(component: dict[str, str]) -> str:
    if component["kind"] == "cost_plus":
        return f"cost plus {component['percent']} %"
    return f"{component['amount']} USD a month"
