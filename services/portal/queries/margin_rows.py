"""The margin table's rows: filtered, sorted and paged in the database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower, NullIf

from services.portal.domain.figures import money
from services.portal.models import StaffInvoice, TenantContract, TenantMargin
from services.portal.queries.margin_totals import AMOUNT, current_margins
from services.portal.queries.paging import Paging, page_of
from shared.money import Money
from shared.periods import Month

PAGE: Final = 60
TREND_MONTHS: Final = 12
_SORTS: Final[Mapping[str, Any]] = {
    "tenant": Lower("name"),
    "plan": F("plan"),
    "revenue": F("revenue"),
    "direct": F("direct_cost"),
    "shared": F("shared_cost"),
    "cost": F("cost"),
    "margin": F("margin"),
    "margin_ratio": F("margin_ratio"),
}
_VIEWS: Final[Mapping[str, Q]] = {
    "all": Q(),
    "negative": Q(margin__lt=0),
    "unknown": Q(revenue__isnull=True),
}


@dataclass(frozen=True)
class TenantName:
    key: str
    name: str


@dataclass(frozen=True)
class InvoiceLink:
    id: str
    state: str


@dataclass(frozen=True)
class MarginRow:
    tenant: TenantName
    plan: str | None
    revenue: Money | None
    revenue_basis: str
    direct: Money
    shared: Money
    cost: Money
    margin: Money | None
    margin_ratio: Decimal | None
    trend: list[Decimal]
    invoice: InvoiceLink | None


@dataclass(frozen=True)
class Selection:
    """What of the table is asked for; an unknown sort or view is the usual one."""

    sort: str = "-cost"
    view: str = "all"
    q: str = ""

    @classmethod
    def asked(cls, *, sort: str, view: str, q: str) -> "Selection":
        return cls(
            sort if sort.removeprefix("-") in _SORTS else cls.sort,
            view if view in _VIEWS else cls.view,
            q.strip(),
        )


def margin_page(
    month: Month, selection: Selection, *, page: int
) -> tuple[list[MarginRow], Paging | None]:
    chosen = _selected(month, selection)
    paging, records = page_of(chosen, page=page, size=PAGE)
    return _rows(month, records), paging


def all_margins(month: Month) -> list[MarginRow]:
    """Every tenant, by key, without its past: for the file."""
    return [_row(record, [], None) for record in _annotated(month).order_by("tenant")]


def _annotated(month: Month) -> QuerySet[TenantMargin]:
    contract = TenantContract.objects.filter(tenant=OuterRef("tenant")).order_by("customer")
    margin = F("revenue") - F("cost")
    return (
        current_margins()
        .filter(period=str(month))
        .annotate(
            plan=Subquery(contract.values("plan")[:1]),
            payer=Subquery(contract.values("customer")[:1]),
            margin=margin,
            margin_ratio=margin / NullIf(F("revenue"), Value(Decimal(0), output_field=AMOUNT)),
        )
        .defer("lines")
    )


def _selected(month: Month, selection: Selection) -> QuerySet[TenantMargin]:
    found = _annotated(month).filter(_VIEWS[selection.view])
    if selection.q:
        text = selection.q
        found = found.filter(
            Q(name__icontains=text) | Q(tenant__icontains=text) | Q(plan__icontains=text)
        )
    key = _SORTS[selection.sort.removeprefix("-")]
    down = selection.sort.startswith("-")
    order = key.desc(nulls_last=True) if down else key.asc(nulls_last=True)
    return found.order_by(order, "tenant")


def _rows(month: Month, records: Sequence[Any]) -> list[MarginRow]:
    trends = _trends(month, [record.tenant for record in records])
    invoices = _invoices(month, {record.payer for record in records if record.payer})
    return [_row(record, trends[record.tenant], invoices.get(record.payer)) for record in records]


def _row(record: Any, trend: list[Decimal], invoice: InvoiceLink | None) -> MarginRow:
    currency = record.currency
    return MarginRow(
        tenant=TenantName(record.tenant, record.name),
        plan=record.plan,
        revenue=money(record.revenue, currency),
        revenue_basis=record.revenue_basis,
        direct=Money(record.direct_cost, currency),
        shared=Money(record.shared_cost, currency),
        cost=Money(record.cost, currency),
        margin=money(record.margin, currency),
        margin_ratio=record.margin_ratio,
        trend=trend,
        invoice=invoice,
    )


def _trends(month: Month, tenants: Sequence[str]) -> Mapping[str, list[Decimal]]:
    first = month
    for _ in range(TREND_MONTHS - 1):
        first = first.previous
    found = current_margins().filter(
        tenant__in=tenants, period__gte=str(first), period__lte=str(month)
    )
    trends: defaultdict[str, list[Decimal]] = defaultdict(list)
    for tenant, cost in found.order_by("period").values_list("tenant", "cost"):
        trends[tenant].append(cost)
    return trends


def _invoices(month: Month, customers: set[str]) -> Mapping[str, InvoiceLink]:
    found = StaffInvoice.objects.filter(period=str(month), customer__in=customers)
    rows = found.exclude(state="void").order_by("invoice_id")
    return {
        customer: InvoiceLink(invoice_id, state)
        for customer, invoice_id, state in rows.values_list("customer", "invoice_id", "state")
    }
