"""The margin table's rows: filtered, sorted and paged in the database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower, NullIf

from services.portal.domain.figures import money
from services.portal.models import StaffInvoice, TenantContract, TenantMargin
from services.portal.pages.margins import InvoiceLink, MarginRow
from services.portal.pages.page import TenantName
from services.portal.queries.margin_totals import AMOUNT, current_margins
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import State

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
_LEFT: Final = F("revenue") - F("cost")
_COURSE: Final = ("margin_newest", "margin_before", "margin_earlier")
_VIEWS: Final[Mapping[str, Q]] = {
    "all": Q(),
    "negative": Q(margin__lt=0),
    "falling": Q(margin_newest__lt=F("margin_before"), margin_before__lt=F("margin_earlier")),
    "no_contract": Q(payer__isnull=True),
    "unknown": Q(revenue__isnull=True),
}


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
    month: Month, selection: Selection, *, page: int, is_open: bool = False
) -> tuple[list[MarginRow], Page[TenantMargin]]:
    """A month that still runs has no part in trends: they are of whole months."""
    whole = month.previous if is_open else month
    chosen = _selected(month, whole, selection)
    paging = Paginator(chosen, PAGE).get_page(max(page, 1))
    return _rows(month, whole, list(paging)), paging


def count_views(month: Month, *, is_open: bool) -> dict[str, int]:
    """How many tenants each quick filter leaves, in the order they are offered."""
    margins = _with_course(_annotated(month), month.previous if is_open else month)
    counts: dict[str, int] = margins.aggregate(
        **{key: Count("pk", filter=view) if view else Count("pk") for key, view in _VIEWS.items()}
    )
    return counts


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
        .defer("lines", "daily")
    )


def _with_course(rows: QuerySet[TenantMargin], newest: Month) -> QuerySet[TenantMargin]:
    """The margins of the newest whole month and of the two before it, null where unknown."""
    months = (newest, newest.previous, newest.previous.previous)
    past = current_margins().filter(tenant=OuterRef("tenant"), currency=OuterRef("currency"))
    return rows.annotate(
        **{
            name: Subquery(
                past.filter(period=str(month)).annotate(left=_LEFT).values("left")[:1],
                output_field=AMOUNT,
            )
            for name, month in zip(_COURSE, months, strict=True)
        }
    )


def _selected(month: Month, whole: Month, selection: Selection) -> QuerySet[TenantMargin]:
    margins = _with_course(_annotated(month), whole).filter(_VIEWS[selection.view])
    if selection.q:
        text = selection.q
        margins = margins.filter(
            Q(name__icontains=text) | Q(tenant__icontains=text) | Q(plan__icontains=text)
        )
    key = _SORTS[selection.sort.removeprefix("-")]
    down = selection.sort.startswith("-")
    order = key.desc(nulls_last=True) if down else key.asc(nulls_last=True)
    return margins.order_by(order, "tenant")


def _rows(month: Month, whole: Month, records: Sequence[Any]) -> list[MarginRow]:
    trends = _trends(whole, [record.tenant for record in records])
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
    margins = current_margins().filter(
        tenant__in=tenants, period__gte=str(first), period__lte=str(month)
    )
    trends: defaultdict[str, list[Decimal]] = defaultdict(list)
    for tenant, cost in margins.order_by("period").values_list("tenant", "cost"):
        trends[tenant].append(cost)
    return trends


def _invoices(month: Month, customers: set[str]) -> Mapping[str, InvoiceLink]:
    listed = StaffInvoice.objects.filter(period=str(month), customer__in=customers)
    rows = listed.exclude(state=State.VOID).order_by("invoice_id")
    return {
        customer: InvoiceLink(invoice_id, state)
        for customer, invoice_id, state in rows.values_list("customer", "invoice_id", "state")
    }
