"""The operator's margins and one tenant, and the frame around every page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

from deploy.page_previews import costs
from deploy.page_previews.numbers import PERIOD, TenantMonth, numbers, usd
from services.portal.domain.figures import Figure
from services.portal.pages import tenant as shown
from services.portal.pages.frame import Frame, Freshness, Person, Section
from services.portal.pages.margins import (
    InvoiceLink,
    MarginRow,
    MarginsPage,
    MarginTotals,
    Other,
    Proof,
)
from services.portal.pages.page import Choice, CustomerName, TenantName
from shared.periods import Month
from shared.vocabulary.modes import Mode
from shared.vocabulary.period_states import PeriodState

Role = Literal["operator", "billing", "customer"]
_PEOPLE: Final[Mapping[Role, Person]] = {
    "operator": Person("Ines Okafor", "ines@larkfield.example", "Operator, analyst"),
    "billing": Person("Tomas Brandt", "tomas@larkfield.example", "Billing, approver"),
    "customer": Person("Priya Raman", "priya@acme.example", "Acme Robotics, Inc."),
}
_SECTIONS: Final[Mapping[Role, tuple[Section, ...]]] = {
    "operator": (
        *("overview", "margins", "pools", "close", "invoices"),
        *("sources", "changes", "health", "audit"),
    ),
    "billing": ("invoices",),
    "customer": ("home",),
}
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


def _row(turn: int, tenant: TenantMonth) -> MarginRow:
    revenue = tenant.revenue
    margin = None if revenue is None else revenue - tenant.cost
    state = _STATES.get(tenant.key)
    issued = state in {"paid", "issued", "overdue"}
    return MarginRow(
        tenant=TenantName(tenant.key, tenant.name),
        plan=tenant.plan,
        revenue=None if revenue is None else usd(revenue),
        revenue_basis="unknown" if revenue is None else "issued" if issued else "draft",
        direct=usd(tenant.direct),
        shared=usd(tenant.shared),
        cost=usd(tenant.cost),
        margin=None if margin is None else usd(margin),
        margin_ratio=None if margin is None or not revenue else margin / revenue,
        trend=_trend(turn, tenant.cost),
        invoice=InvoiceLink(f"inv-{tenant.key}", state) if state else None,
    )


def _other(key: str, amount: Decimal) -> Other:
    label, hint = _OTHERS[key]
    return Other(label, hint, usd(amount))


def proof(difference: str = "0") -> Proof:
    month = numbers()
    unallocated = sum(
        (value for key, value in month.others.items() if key.startswith(("un", "idle"))), Decimal(0)
    )
    overhead = sum(
        (value for key, value in month.others.items() if key.startswith("overhead")), Decimal(0)
    )
    return Proof(
        bill=usd(month.bill),
        direct=usd(sum((tenant.direct for tenant in month.tenants), Decimal(0))),
        shared=usd(sum((tenant.shared for tenant in month.tenants), Decimal(0))),
        overhead=usd(overhead),
        unallocated=usd(unallocated),
        excluded=usd(month.others["excluded:marketplace"]),
        difference=usd(difference),
        holds=difference == "0",
        note=f"{month.lines:,} lines of snapshot 019ac2f1, run of 3 Nov 2026, 06:41 UTC.",
    )


def exchanging() -> MarginsPage:
    """Lines of the bill that belong to earlier months, and of later bills that belong to this."""
    exchanged = [
        Other("Earlier months", "lines of this bill that belong to them", usd("-50.25")),
        Other("Later bills", "lines of this month that they have", usd("-412.5")),
    ]
    page, shares = margins(), proof()
    bill = usd(shares.bill.amount + sum((each.cost.amount for each in exchanged), Decimal(0)))
    return replace(
        page,
        bill=bill,
        proof=replace(shares, bill=bill, exchanged=exchanged),
        others=[*page.others, *exchanged],
    )


def margins() -> MarginsPage:
    month = numbers()
    rows = [_row(turn, tenant) for turn, tenant in enumerate(month.tenants)]
    rows.sort(key=lambda row: -row.cost.amount)
    priced = [tenant for tenant in month.tenants if tenant.revenue is not None]
    revenue = sum((tenant.revenue or Decimal(0) for tenant in priced), Decimal(0))
    cost = sum((tenant.cost for tenant in month.tenants), Decimal(0))
    margin = revenue - sum((tenant.cost for tenant in priced), Decimal(0))
    shares = proof()
    unknown = len(rows) - len(priced)
    return MarginsPage(
        period=PERIOD,
        period_state=PeriodState.CLOSED,
        compared_to=PERIOD.previous,
        currency="USD",
        figures=[
            Figure("Revenue", usd(revenue), change=Decimal("0.052"), good="up",
                   note="12 tenants in draft, 1 unknown"),
            Figure("Cost to serve", usd(cost), change=Decimal("0.087"), good="down"),
            Figure("Margin", usd(margin), change=Decimal("-0.021"), good="up",
                   note="without 1 tenant of unknown revenue"),
            Figure("Margin %", margin / revenue, "percent", change=Decimal("-0.024"), good="up"),
            Figure("Unallocated", shares.unallocated.amount / month.bill, "percent",
                   change=Decimal("-0.003"), good="down"),
        ],
        proof=shares,
        rows=rows,
        has_past=True,
        others=[_other(key, month.others[key]) for key in _OTHERS],
        totals=MarginTotals(
            tenant_count=len(rows),
            revenue_unknown_count=unknown,
            revenue=usd(revenue),
            direct=shares.direct,
            shared=shares.shared,
            cost=usd(cost),
            margin=usd(margin),
            margin_ratio=_ratio(margin, revenue),
        ),
        bill=usd(month.bill),
        sort="-cost",
        view="all",
        q="",
        views=[
            Choice("all", "All", len(rows)),
            Choice("negative", "Losing money", len(losing(rows))),
            Choice("falling", "Falling for 3 months", 2),
            Choice("no_contract", "No contract", unknown),
            Choice("unknown", "No revenue known", unknown),
        ],
    )  # fmt: skip


def losing(rows: Sequence[MarginRow]) -> list[MarginRow]:
    return [row for row in rows if row.margin is not None and row.margin.amount < 0]


def _history(tenant: TenantMonth) -> list[shown.TenantMonth]:
    rows, month = [], PERIOD
    for turn, per_cent in enumerate((100, 71, 69, 72, 66, 68)):
        cost = tenant.cost * per_cent / 100
        revenue = tenant.revenue or Decimal(0)
        is_known = turn < 4  # noqa: PLR2004 - older: unknown
        rows.append(
            shown.TenantMonth(
                month=month,
                revenue=usd(revenue) if is_known else None,
                cost=usd(cost),
                margin=usd(revenue - cost) if is_known else None,
                margin_ratio=(revenue - cost) / revenue if is_known else None,
            )
        )
        month = month.previous
    return rows


def _method(label: str, amount: Decimal, detail: str = "", fallback: str = "") -> shown.Method:
    return shown.Method(
        label=label,
        detail=detail,
        amount=usd(amount),
        ratio=Decimal(1),
        fallback_ratio=Decimal(fallback) if fallback else None,
    )


def _groups(tenant: TenantMonth) -> list[shown.Group]:
    parts: list[tuple[str, bool, str, str, Callable[[Decimal], shown.Method]]] = [
        ("Shared NAT", True, "0.682", "0.914",
         lambda a: _method("By signal", a, "nat_bytes, hour by hour", "0.011")),
        ("Compute", False, "0.532", "0.003", lambda a: _method("Tag customer", a, "globex")),
        ("Shared logs", True, "0.194", "0.021", lambda a: _method("By signal", a, "log_bytes")),
        ("Databases", False, "0.225", "0", lambda a: _method("Tag customer", a, "globex-prod")),
        ("Shared support", True, "0.074", "0.09",
         lambda a: _method("By direct cost", a, "of the month")),
        ("Storage", False, "0.135", "0.042", lambda a: _method("Tag customer", a)),
        ("Data transfer", False, "0.108", "-0.017", lambda a: _method("Tag customer", a)),
        ("Shared load balancer", True, "0.05", "-0.008",
         lambda a: _method("By signal", a, "alb_lcu")),
    ]  # fmt: skip
    groups = []
    for label, is_shared, part, change, method in parts:
        amount = (tenant.shared if is_shared else tenant.direct) * Decimal(part)
        groups.append(
            shown.Group(
                key=label,
                label=label,
                is_shared=is_shared,
                amount=usd(amount),
                ratio=amount / tenant.cost,
                change=Decimal(change),
                was=None,
                methods=[method(amount)],
            )
        )
    return sorted(groups, key=lambda group: -group.amount.amount)


def tenant() -> shown.TenantPage:
    month = next(one for one in numbers().tenants if one.key == "globex")
    revenue = month.revenue or Decimal(0)
    customer = CustomerName("Globex Logistics LLC")
    return shown.TenantPage(
        tenant=shown.Tenant("globex", month.name, month.plan, customer),
        period=PERIOD,
        period_state=PeriodState.CLOSED,
        compared_to=PERIOD.previous,
        currency="USD",
        figures=[
            Figure("Revenue", usd(revenue), change=Decimal(0), good="up", note="draft"),
            Figure("Cost to serve", usd(month.cost), change=Decimal("0.409"), good="down"),
            Figure("Margin", usd(revenue - month.cost), was=usd("1456.41")),
            Figure("Margin %", (revenue - month.cost) / revenue, "percent", note="was 21.1%"),
        ],
        cost=usd(month.cost),
        change=costs.change(month),
        days_compared=None,
        has_gap=False,
        by_day=costs.by_day(month),
        by_month=costs.by_month(month),
        groups=_groups(month),
        quantities=[
            shown.Quantity("NAT traffic", Decimal("124630.4"), "GB", Decimal("0.724")),
            shown.Quantity("Load balancer capacity", Decimal("3548.2"), "LCU h", Decimal("0.104")),
            shown.Quantity("Log volume", Decimal("1874.2"), "GB", Decimal("0.12")),
        ],
        history=_history(month),
        invoices=[
            shown.InvoiceRow("inv-globex", "", PERIOD, "parked", "", usd(revenue)),
            shown.InvoiceRow(
                "inv-globex-09", "LF-2026-0117", PERIOD.previous, "paid", "paid", usd(revenue)
            ),
        ],
    )


def frame(role: Role, section: Section) -> Frame:
    """Of one person a role, with the months on show."""
    sections = _SECTIONS[role]
    months = [Month(2026, number) for number in (11, 10, 9, 8)]
    return Frame(
        home_url="overview.html",
        organisation="Larkfield Analytics",
        environment=Mode.DEMO,
        demo=None,
        sections=sections,
        section=section,
        user=_PEOPLE[role],
        periods=months,
        period=PERIOD,
        earlier=months[2],
        later=months[0],
        freshness=None
        if role == "customer"
        else Freshness("fresh", datetime(2026, 11, 3, 6, 0, tzinfo=UTC), estimated=False),
    )
