"""One tenant in one month: what it cost and why, what it earned, how both went on."""

from decimal import Decimal
from typing import Final

from services.portal.domain.figures import (
    Figure,
    change,
    change_or_base,
    difference,
    money,
    ratio,
    so_far,
)
from services.portal.models import CustomerAccount, StaffInvoice, TenantContract, TenantMargin
from services.portal.pages.page import CustomerName
from services.portal.pages.tenant import InvoiceRow, Tenant, TenantMonth, TenantPage
from services.portal.queries.cost_changes import change_of, span_of
from services.portal.queries.margin_totals import current_margins
from services.portal.queries.tenant_costs import by_day, by_month, groups
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import State
from shared.vocabulary.period_states import PeriodState

HISTORY_MONTHS: Final = 24
INVOICES_MAX: Final = 24
_REVENUE_NOTES: Final = {State.DRAFT: "from a draft invoice", "unknown": "no invoice"}


def read_tenant(
    key: str, month: Month, *, state: PeriodState = PeriodState.CLOSED
) -> TenantPage | None:
    """None for a tenant that no run has ever seen."""
    is_open = state == PeriodState.OPEN
    history = list(
        current_margins()
        .filter(tenant=key, period__lte=str(month))
        .order_by("-period")[:HISTORY_MONTHS]
    )
    name = next((row.name for row in history), None) or tenant_name(key)
    if name is None:
        return None
    by_period = {row.period: row for row in history}
    now, before = by_period.get(str(month)), by_period.get(str(month.previous))
    span = span_of(month, [now], is_open=is_open) if now else None
    contract = TenantContract.objects.filter(tenant=key).order_by("customer").first()
    return TenantPage(
        tenant=Tenant(key, name, contract.plan if contract else None, _customer(contract)),
        period=month,
        period_state=state,
        compared_to=month.previous if before and span else None,
        days_compared=span.days if span else None,
        currency=now.currency if now else "",
        figures=[so_far(figure) for figure in _figures(now, None)]
        if is_open
        else _figures(now, before),
        cost=money(now.cost, now.currency) if now else None,
        quantities=None,
        groups=groups(now, before, span) if now else [],
        change=change_of(now, before, span) if now and span else None,
        by_day=by_day(now, month) if now else None,
        by_month=by_month(history),
        has_gap=before is None and any(row.period < str(month) for row in history),
        history=[_month(row) for row in history],
        invoices=_invoices(key, contract),
    )


def tenant_name(key: str) -> str | None:
    return TenantMargin.objects.filter(tenant=key).values_list("name", flat=True).first()


def _customer(contract: TenantContract | None) -> CustomerName | None:
    if contract is None:
        return None
    account = CustomerAccount.objects.filter(customer_id=contract.customer).first()
    return CustomerName(account.name if account else contract.customer)


def _margin(row: TenantMargin | None) -> Decimal | None:
    return None if row is None or row.revenue is None else row.revenue - row.cost


def _margin_ratio(row: TenantMargin | None) -> Decimal | None:
    return ratio(_margin(row), row.revenue) if row else None


def _figures(now: TenantMargin | None, before: TenantMargin | None) -> list[Figure]:
    currency = now.currency if now else ""
    if before and before.currency != currency:
        before = None
    change_of_margin, was = change_or_base(_margin(now), _margin(before), currency)
    return [
        Figure(
            "Revenue",
            money(now.revenue, currency) if now else None,
            change=change(now.revenue, before.revenue) if now and before else None,
            good="up",
            note=_REVENUE_NOTES.get(now.revenue_basis, "") if now else "",
        ),
        Figure(
            "Cost to serve",
            money(now.cost, currency) if now else None,
            change=change(now.cost, before.cost) if now and before else None,
            good="down",
        ),
        Figure(
            "Margin",
            money(_margin(now), currency),
            change=change_of_margin,
            good="up",
            was=was,
        ),
        Figure(
            "Margin %",
            _margin_ratio(now),
            "percent",
            change=difference(_margin_ratio(now), _margin_ratio(before)),
            good="up",
        ),
    ]


def _month(row: TenantMargin) -> TenantMonth:
    return TenantMonth(
        month=Month.parse(row.period),
        revenue=money(row.revenue, row.currency),
        cost=Money(row.cost, row.currency),
        margin=money(_margin(row), row.currency),
        margin_ratio=_margin_ratio(row),
    )


def _invoices(tenant: str, contract: TenantContract | None) -> list[InvoiceRow]:
    if contract is None:
        return []
    listed = StaffInvoice.objects.filter(
        customer=contract.customer, document__lines__contains=[{"tenant": tenant}]
    )
    return [
        InvoiceRow(
            id=invoice.invoice_id,
            number=invoice.details["number"],
            period=Month.parse(invoice.period),
            state=invoice.state,
            stripe_status=invoice.details["stripe_status"],
            total=Money(invoice.total, invoice.currency),
        )
        for invoice in listed.order_by("-period", "invoice_id")[:INVOICES_MAX]
    ]
