"""Context of the operator's pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from deploy.page_previews import costs
from deploy.page_previews.numbers import PERIOD, TenantMonth, numbers, usd
from shared.periods import Month

_STATES: Final = {
    "acme": "in_review",
    "globex": "parked",
    "initech": "in_review",
    "borealis": "paid",
    "kestrel": "paid",
    "cardinal": "issued",
    "eastgate": "overdue",
    "halcyon": "draft",
    "dunmore": "draft",
    "fennec": "draft",
    "juniper": "approved",
}
_OTHERS: Final = {
    "overhead:engineering": ("Engineering overhead", "by rule sandbox-is-overhead"),
    "overhead:commitments": ("Unused commitment", "by rule unused-commitment-is-overhead"),
    "unallocated": ("Unallocated", "no customer tag on 2 instances and 1 volume"),
    "unmapped:gloobex": ("Unmapped: gloobex", "a tag value that no tenant has; is it globex?"),
    "idle:lark-blue": ("Idle: lark-blue", "what no pod took of its nodes"),
    "idle:lark-green": ("Idle: lark-green", "what no pod took of its nodes"),
    "idle:lark-tasks": ("Idle: lark-tasks", "what no task took of its instances"),
    "excluded:marketplace": ("Excluded: marketplace", "by rule marketplace-is-billed-apart"),
}


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole else None


def _trend(turn: int, cost: Decimal) -> list[Decimal]:
    wave = (92, 95, 91, 97, 96, 99, 94, 101, 98, 103, 99, 100)
    slope = (turn * 7) % 5 - 1
    return [cost * (wave[(i + turn) % 12] - slope * (11 - i)) / 100 for i in range(11)] + [cost]


def _row(turn: int, tenant: TenantMonth) -> dict[str, Any]:
    revenue = tenant.revenue
    margin = None if revenue is None else revenue - tenant.cost
    state = _STATES.get(tenant.key)
    issued = state in {"paid", "issued", "overdue"}
    return {
        "tenant": {"key": tenant.key, "name": tenant.name},
        "plan": tenant.plan,
        "revenue": None if revenue is None else usd(revenue),
        "revenue_basis": "unknown" if revenue is None else "issued" if issued else "draft",
        "direct": usd(tenant.direct),
        "shared": usd(tenant.shared),
        "cost": usd(tenant.cost),
        "margin": None if margin is None else usd(margin),
        "margin_ratio": None if margin is None or not revenue else margin / revenue,
        "trend": _trend(turn, tenant.cost),
        "invoice": {"id": f"inv-{tenant.key}", "state": state} if state else None,
    }


def _other(key: str, amount: Decimal) -> dict[str, Any]:
    label, hint = _OTHERS[key]
    return {"kind": key.partition(":")[0], "label": label, "hint": hint, "cost": usd(amount)}


def proof(difference: str = "0") -> dict[str, Any]:
    found = numbers()
    unallocated = sum(
        (value for key, value in found.others.items() if key.startswith(("un", "idle"))), Decimal(0)
    )
    overhead = sum(
        (value for key, value in found.others.items() if key.startswith("overhead")), Decimal(0)
    )
    return {
        "bill": usd(found.bill),
        "direct": usd(sum((tenant.direct for tenant in found.tenants), Decimal(0))),
        "shared": usd(sum((tenant.shared for tenant in found.tenants), Decimal(0))),
        "overhead": usd(overhead),
        "unallocated": usd(unallocated),
        "excluded": usd(found.others["excluded:marketplace"]),
        "difference": usd(difference),
        "holds": difference == "0",
        "note": f"{found.lines:,} lines of snapshot 019ac2f1, run of 3 Nov 2026, 06:41 UTC.",
    }


def _figure(
    label: str,
    value: Any,
    change: str | None,
    *,
    kind: str = "money",
    good: str = "",
    note: str = "",
    was: str = "",
) -> dict[str, Any]:
    return {
        "label": label,
        "value": value,
        "kind": kind,
        "change": None if change is None else Decimal(change),
        "good": good,
        "note": note,
        "was": usd(was) if was else None,
    }


def margins(**changed: Any) -> dict[str, Any]:
    found = numbers()
    rows = [_row(turn, tenant) for turn, tenant in enumerate(found.tenants)]
    rows.sort(key=lambda row: -row["cost"].amount)
    priced = [tenant for tenant in found.tenants if tenant.revenue is not None]
    revenue = sum((tenant.revenue or Decimal(0) for tenant in priced), Decimal(0))
    cost = sum((tenant.cost for tenant in found.tenants), Decimal(0))
    margin = revenue - sum((tenant.cost for tenant in priced), Decimal(0))
    negative = [row for row in rows if row["margin"] is not None and row["margin"].amount < 0]
    shares = proof()
    return {
        "period": PERIOD,
        "period_state": "closed",
        "compared_to": PERIOD.previous,
        "currency": "USD",
        "figures": [
            _figure(
                "Revenue", usd(revenue), "0.052", good="up", note="12 tenants in draft, 1 unknown"
            ),
            _figure("Cost to serve", usd(cost), "0.087", good="down"),
            _figure(
                "Margin",
                usd(margin),
                "-0.021",
                good="up",
                note="without 1 tenant of unknown revenue",
            ),
            _figure("Margin %", margin / revenue, "-0.024", kind="percent", good="up"),
            _figure(
                "Unallocated",
                shares["unallocated"].amount / found.bill,
                "-0.003",
                kind="percent",
                good="down",
            ),
        ],
        "proof": shares,
        "rows": rows,
        "has_past": True,
        "others": [_other(key, found.others[key]) for key in _OTHERS],
        "totals": {
            "tenant_count": len(rows),
            "revenue_unknown_count": len(rows) - len(priced),
            "revenue": usd(revenue),
            "direct": shares["direct"],
            "shared": shares["shared"],
            "cost": usd(cost),
            "margin": usd(margin),
            "margin_ratio": _ratio(margin, revenue),
        },
        "bill": usd(found.bill),
        "sort": "-cost",
        "view": "all",
        "q": "",
        "views": [
            {"key": "all", "label": "All", "count": len(rows)},
            {"key": "negative", "label": "Losing money", "count": len(negative)},
            {"key": "falling", "label": "Falling for 3 months", "count": 2},
            {"key": "no_contract", "label": "No contract", "count": len(rows) - len(priced)},
            {"key": "unknown", "label": "No revenue known", "count": len(rows) - len(priced)},
        ],
    } | changed


def _history(tenant: TenantMonth) -> list[dict[str, Any]]:
    rows, month = [], PERIOD
    for turn, per_cent in enumerate((100, 71, 69, 72, 66, 68)):
        cost = tenant.cost * per_cent / 100
        revenue = tenant.revenue or Decimal(0)
        rows.append(
            {
                "month": month,
                "revenue": usd(revenue) if turn < 4 else None,  # noqa: PLR2004 - older: unknown
                "cost": usd(cost),
                "margin": usd(revenue - cost) if turn < 4 else None,  # noqa: PLR2004
                "margin_ratio": (revenue - cost) / revenue if turn < 4 else None,  # noqa: PLR2004
            }
        )
        month = month.previous
    return rows


def _method(label: str, amount: Decimal, detail: str = "", fallback: str = "") -> dict[str, Any]:
    return {
        "label": label,
        "detail": detail,
        "amount": usd(amount),
        "ratio": Decimal(1),
        "fallback_ratio": Decimal(fallback) if fallback else None,
    }


def _groups(tenant: TenantMonth) -> list[dict[str, Any]]:
    parts: list[tuple[str, bool, str, str, Callable[[Decimal], dict[str, Any]]]] = [
        ("NAT gateways", True, "0.682", "0.914",
         lambda a: _method("By signal", a, "nat_bytes, hour by hour", "0.011")),
        ("Compute", False, "0.532", "0.003", lambda a: _method("Tag customer", a, "globex")),
        ("Logs", True, "0.194", "0.021", lambda a: _method("By signal", a, "log_bytes")),
        ("Databases", False, "0.225", "0", lambda a: _method("Tag customer", a, "globex-prod")),
        ("Support", True, "0.074", "0.09", lambda a: _method("By direct cost", a, "of the month")),
        ("Storage", False, "0.135", "0.042", lambda a: _method("Tag customer", a)),
        ("Data transfer", False, "0.108", "-0.017", lambda a: _method("Tag customer", a)),
        ("Load balancer", True, "0.05", "-0.008", lambda a: _method("By signal", a, "alb_lcu")),
    ]  # fmt: skip
    found = []
    for label, is_shared, part, change, method in parts:
        amount = (tenant.shared if is_shared else tenant.direct) * Decimal(part)
        found.append(
            {
                "key": label,
                "label": label,
                "is_shared": is_shared,
                "amount": usd(amount),
                "ratio": amount / tenant.cost,
                "change": Decimal(change),
                "was": None,
                "methods": [method(amount)],
            }
        )
    return sorted(found, key=lambda group: -group["amount"].amount)


def tenant(key: str = "globex", **changed: Any) -> dict[str, Any]:
    month = next(one for one in numbers().tenants if one.key == key)
    revenue = month.revenue or Decimal(0)
    return {
        "tenant": {
            "key": key,
            "name": month.name,
            "plan": month.plan,
            "customer": {"name": "Globex Logistics LLC"},
        },
        "period": PERIOD,
        "period_state": "closed",
        "compared_to": PERIOD.previous,
        "currency": "USD",
        "figures": [
            _figure("Revenue", usd(revenue), "0", good="up", note="draft"),
            _figure("Cost to serve", usd(month.cost), "0.409", good="down"),
            _figure("Margin", usd(revenue - month.cost), None, was="1456.41"),
            _figure("Margin %", (revenue - month.cost) / revenue, None, kind="percent",
                    note="was 21.1%"),
        ],
        "cost": usd(month.cost),
        "change": costs.change(month),
        "days_compared": None,
        "has_gap": False,
        "by_day": costs.by_day(month),
        "by_month": costs.by_month(month),
        "groups": _groups(month),
        "quantities": [
            {"label": "NAT traffic", "quantity": Decimal("124630.4"), "unit": "GB",
             "ratio": Decimal("0.724")},
            {"label": "Load balancer capacity", "quantity": Decimal("3548.2"), "unit": "LCU h",
             "ratio": Decimal("0.104")},
            {"label": "Log volume", "quantity": Decimal("1874.2"), "unit": "GB",
             "ratio": Decimal("0.12")},
        ],
        "history": _history(month),
        "invoices": [
            {"id": "inv-globex", "number": "", "period": PERIOD, "state": "parked",
             "stripe_status": "", "total": usd(revenue)},
            {"id": "inv-globex-09", "number": "LF-2026-0117", "period": PERIOD.previous,
             "state": "paid", "stripe_status": "paid", "total": usd(revenue)},
        ],
    } | changed  # fmt: skip


def frame(role: str, section: str, *, home: str = "overview.html") -> dict[str, Any]:
    people = {
        "operator": ("Ines Okafor", "ines@larkfield.example", "Operator, analyst"),
        "billing": ("Tomas Brandt", "tomas@larkfield.example", "Billing, approver"),
        "customer": ("Priya Raman", "priya@acme.example", "Acme Robotics, Inc."),
    }
    name, email, role_label = people[role]
    sections = {
        "operator": ("overview", "margins", "pools", "close", "invoices"),
        "billing": ("invoices",),
        "customer": ("home",),
    }
    months = [Month(2026, number) for number in (11, 10, 9, 8)]
    return {
        "home_url": home,
        "organisation": "Larkfield Analytics",
        "environment": "demo",
        "demo": None,
        "sections": sections[role],
        "section": section,
        "user": {"name": name, "email": email, "role_label": role_label},
        "periods": [{"month": month, "state": "closed"} for month in months],
        "period": PERIOD,
        "earlier": months[2],
        "later": months[0],
        "freshness": None
        if role == "customer"
        else {
            "state": "fresh",
            "as_of": datetime(2026, 11, 3, 6, 0, tzinfo=UTC),
            "estimated": False,
        },
    }
