"""Every page of the portal in every state worth looking at, by file name."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator

from deploy.page_previews import (
    billing,
    costs,
    customer_months,
    demo,
    inbox,
    months,
    operator,
    whys,
)
from deploy.page_previews.numbers import PERIOD
from deploy.page_previews.operator import frame

Page = tuple[str, Callable[[], dict[str, Any]]]


def _with(role: str, section: str, context: dict[str, Any]) -> dict[str, Any]:
    return {"frame": frame(role, section)} | context


def _losers() -> dict[str, Any]:
    page = operator.margins()
    rows = [row for row in page["rows"] if row["margin"] and row["margin"].amount < 0]
    return page | {"rows": rows, "view": "negative"}


def _many() -> dict[str, Any]:
    page = operator.margins()
    paging = Paginator(range(9874), 60).page(2)
    return _with("operator", "margins", page | {"rows": page["rows"] * 5, "paging": paging})


def _no_bill() -> dict[str, Any]:
    page = _with("operator", "margins", operator.margins(proof=None, period_state="open"))
    page["frame"]["freshness"] = {"state": "unknown", "as_of": None, "estimated": True}
    return page


def _customer(context: dict[str, Any]) -> dict[str, Any]:
    page = _with("customer", "home", context)
    return page | {"frame": page["frame"] | {"periods": [], "home_url": "customer-home.html"}}


def _on_tour() -> dict[str, Any]:
    page = _with("operator", "margins", operator.margins())
    return page | {"frame": page["frame"] | {"demo": demo.strip(1)}}


def _operator(section: str, template: str, make: Callable[[], dict[str, Any]]) -> Page:
    return f"operator/{template}", lambda: _with("operator", section, make())


def _unpicked(make: Callable[[], dict[str, Any]]) -> Page:
    """The close has its own list of periods, and no picker."""
    template, page = _operator("close", "close.html", make)

    def context() -> dict[str, Any]:
        found = page()
        return found | {"frame": found["frame"] | {"periods": [], "freshness": None}}

    return template, context


_NO_ANSWER = (
    "The attribution service does not answer, so that the checks are not known. Load the page"
    " again in a minute."
)

PAGES: dict[str, Page] = {
    "overview.html": _operator("overview", "overview.html", months.overview),
    "overview-first.html": _operator("overview", "overview.html", months.first_month),
    "overview-open.html": _operator("overview", "overview.html", months.month_so_far),
    "overview-waiting.html": _operator(
        "overview", "overview.html", lambda: months.overview(proof=None, next_close=None)
    ),
    "overview-partial.html": _operator(
        "overview",
        "overview.html",
        lambda: months.overview(
            waterfall=None, movers=[], next_close=months.next_close(problem=_NO_ANSWER)
        ),
    ),
    "overview-loss.html": _operator(
        "overview",
        "overview.html",
        lambda: months.overview(waterfall=costs.waterfall(Decimal(30000)), next_close=None),
    ),
    "pools.html": _operator("pools", "pools.html", months.pools),
    "pools-none.html": _operator("pools", "pools.html", lambda: months.pools(pools=[])),
    "pools-waiting.html": _operator(
        "pools", "pools.html", lambda: months.pools(is_attributed=False, pools=[])
    ),
    "close.html": _unpicked(months.close),
    "close-refused.html": _unpicked(
        lambda: months.close(
            problem="signals_complete: no signals for alb_lcu. Mend it, or close with a reason."
        )
    ),
    "close-unanswered.html": _unpicked(
        lambda: months.close(
            unanswered="The attribution service does not answer; it may have closed the month."
        )
    ),
    "close-partial.html": _unpicked(lambda: months.close(checks=[], checks_problem=_NO_ANSWER)),
    "close-viewer.html": _unpicked(lambda: months.close(may_close=False)),
    "close-closed.html": _unpicked(lambda: months.closed(restated=False)),
    "close-restated.html": _unpicked(months.closed),
    "close-nothing.html": _unpicked(
        lambda: months.close(periods=[], is_attributed=False, checks=[], period_state="open")
    ),
    "margins.html": (
        "operator/margins.html",
        lambda: _with("operator", "margins", operator.margins()),
    ),
    "margins-negative.html": (
        "operator/margins.html",
        lambda: _with("operator", "margins", _losers()),
    ),
    "margins-many.html": ("operator/margins.html", _many),
    "margins-filtered-out.html": (
        "operator/margins.html",
        lambda: _with("operator", "margins", operator.margins(rows=[], q="zzz")),
    ),
    "margins-broken.html": (
        "operator/margins.html",
        lambda: _with("operator", "margins", operator.margins(proof=operator.proof("12.4003"))),
    ),
    "margins-no-bill.html": ("operator/margins.html", _no_bill),
    "margins-waiting.html": (
        "operator/margins.html",
        lambda: _with("operator", "margins", operator.margins(proof=None, period_state="open")),
    ),
    "tenant-globex.html": (
        "operator/tenant.html",
        lambda: _with("operator", "margins", operator.tenant()),
    ),
    "tenant-empty.html": (
        "operator/tenant.html",
        lambda: _with(
            "operator",
            "margins",
            operator.tenant(
                groups=[], quantities=[], invoices=[], change=None, by_day=None, by_month=None
            ),
        ),
    ),
    "why-globex.html": _operator("margins", "why.html", whys.page),
    "why-computed.html": _operator(
        "margins", "why.html", lambda: whys.page(state="computed", amount=None, group="Shared NAT")
    ),
    "why-unknown.html": _operator(
        "margins",
        "why.html",
        lambda: whys.page(state="unknown", amount=None, problem="The run was deleted."),
    ),
    "margins-tour.html": ("operator/margins.html", _on_tour),
    "plans-globex.html": (
        "operator/plans.html",
        lambda: _with("operator", "margins", demo.plans()),
    ),
    "plans-open.html": (
        "operator/plans.html",
        lambda: _with("operator", "margins", demo.plans(period_state="open", suggestion=None)),
    ),
    "plans-unknown.html": (
        "operator/plans.html",
        lambda: _with(
            "operator",
            "margins",
            demo.plans(
                rows=None,
                suggestion=None,
                problem="The invoicing service, which knows the plans, does not answer.",
            ),
        ),
    ),
    "invoices.html": (
        "billing/invoices.html",
        lambda: _with("billing", "invoices", inbox.inbox()),
    ),
    "invoices-done.html": (
        "billing/invoices.html",
        lambda: _with("billing", "invoices", inbox.inbox(rows=[], view="to_do")),
    ),
    "invoices-none.html": (
        "billing/invoices.html",
        lambda: _with("billing", "invoices", inbox.inbox(rows=[], total_count=0)),
    ),
    "invoice-inv-acme.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.invoice()),
    ),
    "invoice-inv-globex.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.parked_invoice()),
    ),
    "invoice-first.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.first_invoice()),
    ),
    "invoice-restated.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.restated_invoice()),
    ),
    "invoice-restated-draft.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.restated_draft()),
    ),
    "invoice-approved.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.approved_invoice()),
    ),
    "invoice-void.html": (
        "billing/invoice.html",
        lambda: _with("billing", "invoices", billing.void_invoice()),
    ),
    "invoices-filtered-out.html": (
        "billing/invoices.html",
        lambda: _with("billing", "invoices", inbox.inbox(rows=[], q="zzz")),
    ),
    "customer-breakdown.html": (
        "customer/breakdown.html",
        lambda: _customer(customer_months.breakdown(is_open=True)),
    ),
    "customer-breakdown-closed.html": (
        "customer/breakdown.html",
        lambda: _customer(customer_months.breakdown(is_open=False)),
    ),
    "customer-breakdown-first.html": (
        "customer/breakdown.html",
        lambda: _customer(customer_months.breakdown(is_open=False, rows=[], months=[])),
    ),
    "customer-home.html": ("customer/home.html", lambda: _customer(billing.customer_home())),
    "customer-home-closed.html": (
        "customer/home.html",
        lambda: _customer(
            billing.customer_home(
                open_book=None,
                due=None,
                so_far={"month": PERIOD.following, "total": None, "as_of": None, "lines": []},
            )
        ),
    ),
    "customer-home-first.html": (
        "customer/home.html",
        lambda: _customer(
            billing.customer_home(
                open_book=None,
                due=None,
                current=None,
                change=None,
                what_changed="",
                invoices=[],
                so_far=None,
            )
        ),
    ),
    "customer-invoice-LF-2026-0134.html": (
        "customer/invoice.html",
        lambda: _customer(billing.customer_invoice()),
    ),
    "customer-invoice-closed.html": (
        "customer/invoice.html",
        lambda: _customer(billing.closed_customer_invoice()),
    ),
    "sign-in.html": ("sign_in.html", lambda: {"state": "ask", "email_field": False}),
    "sign-in-used.html": ("sign_in.html", lambda: {"state": "used", "email_field": True}),
    "sign-in-confirm.html": ("sign_in.html", lambda: {"state": "confirm"}),
    "404.html": ("errors/404.html", dict),
    "403.html": ("errors/403.html", lambda: {"needs": "billing approver"}),
    "502.html": (
        "errors/502.html",
        lambda: {"sentence": "The invoicing service does not answer."},
    ),
    "500.html": ("errors/500.html", lambda: {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736"}),
}
