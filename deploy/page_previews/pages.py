"""Every page of the portal in every state worth looking at, by file name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from django.core.paginator import Paginator

from deploy.page_previews import (
    account,
    audit,
    billing,
    changes,
    contract_prices,
    corrections,
    costs,
    customer,
    customer_months,
    demo,
    fixes,
    health,
    inbox,
    months,
    operator,
    sources,
    whys,
)
from services.portal.pages.frame import Frame, Freshness, Section
from services.portal.pages.margins import MarginsPage
from services.portal.pages.page import Page
from services.portal.pages.sources import NoSourcesPage
from services.portal.pages.strangers import (
    BrokenPage,
    DatabaseAwayPage,
    ForbiddenPage,
    NoDocumentPage,
    NotFoundPage,
    SignInPage,
)
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class Preview:
    """A page with what stands around it; None for a page without a frame."""

    page: Page
    frame: Frame | None = None


Make = Callable[[], Preview]
_NO_ANSWER: Final = (
    "The attribution service does not answer, so that the checks are not known. Load the page"
    " again in a minute."
)
_AWAY_SINCE: Final = datetime(2026, 11, 5, 8, 14, tzinfo=UTC)


def _operator(section: Section, make: Callable[[], Page]) -> Make:
    return lambda: Preview(make(), operator.frame("operator", section))


def _margins(make: Callable[[], Page]) -> Make:
    return _operator("margins", make)


def _billing(make: Callable[[], Page]) -> Make:
    return lambda: Preview(make(), operator.frame("billing", "invoices"))


def _all_months(make: Callable[[], Page]) -> Make:
    def preview() -> Preview:
        frame = operator.frame("billing", "invoices")
        return Preview(make(), replace(frame, period=None, freshness=None, may_be_all=True))

    return preview


def _without_month(make: Callable[[], Page]) -> Make:
    """It is of one month, and has no picker."""

    def preview() -> Preview:
        frame = operator.frame("billing", "invoices")
        return Preview(make(), replace(frame, periods=[], freshness=None))

    return preview


def _customer(make: Callable[[], Page]) -> Make:
    def preview() -> Preview:
        frame = operator.frame("customer", "home")
        return Preview(make(), replace(frame, periods=[], home_url="customer-home.html"))

    return preview


def _close(make: Callable[[], Page]) -> Make:
    """The close has its own list of periods, and no picker."""

    def preview() -> Preview:
        frame = operator.frame("operator", "close")
        return Preview(make(), replace(frame, periods=[], freshness=None))

    return preview


def _stranger(page: Page) -> Make:
    return lambda: Preview(page)


def _without_run() -> MarginsPage:
    return replace(operator.margins(), proof=None, period_state=PeriodState.OPEN)


def _losing() -> MarginsPage:
    page = operator.margins()
    return replace(page, rows=operator.losing(page.rows), view="negative")


def _many() -> MarginsPage:
    page = operator.margins()
    paging = Paginator(range(9874), 60).page(2)
    return replace(page, rows=[*page.rows] * 5, paging=paging)


def _no_bill() -> Preview:
    frame = operator.frame("operator", "margins")
    unknown = Freshness("unknown", None, estimated=True)
    return Preview(_without_run(), replace(frame, freshness=unknown))


def _before_any_bill() -> Preview:
    frame = operator.frame("operator", "overview")
    page = replace(months.overview(), proof=None, next_close=None)
    return Preview(page, replace(frame, periods=(), earlier=None, later=None, freshness=None))


def _on_tour() -> Preview:
    frame = operator.frame("operator", "margins")
    return Preview(operator.margins(), replace(frame, demo=demo.strip()))


_OVERVIEW: Final[dict[str, Make]] = {
    "overview.html": _operator("overview", months.overview),
    "overview-corrections.html": _operator(
        "overview",
        lambda: replace(months.overview(), corrections=inbox.of_corrections().corrections),
    ),
    "overview-first.html": _operator("overview", months.first_month),
    "overview-open.html": _operator("overview", months.month_so_far),
    "overview-waiting.html": _operator(
        "overview", lambda: replace(months.overview(), proof=None, next_close=None)
    ),
    "overview-no-bill.html": _before_any_bill,
    "overview-partial.html": _operator(
        "overview",
        lambda: replace(
            months.overview(),
            waterfall=None,
            movers=[],
            next_close=months.next_close(problem=_NO_ANSWER),
        ),
    ),
    "overview-loss.html": _operator(
        "overview",
        lambda: replace(
            months.overview(), waterfall=costs.waterfall(Decimal(30000)), next_close=None
        ),
    ),
    "pools.html": _operator("pools", months.pools),
    "pools-none.html": _operator("pools", lambda: replace(months.pools(), pools=[])),
    "pools-waiting.html": _operator(
        "pools", lambda: replace(months.pools(), is_attributed=False, pools=[])
    ),
}

_CLOSE: Final[dict[str, Make]] = {
    "close.html": _close(months.close),
    "close-refused.html": _close(
        lambda: replace(
            months.close(),
            problem="signals_complete: no signals for alb_lcu. Mend it, or close with a reason.",
        )
    ),
    "close-unanswered.html": _close(
        lambda: replace(
            months.close(),
            unanswered="The attribution service does not answer; it may have closed the month.",
        )
    ),
    "close-partial.html": _close(
        lambda: replace(months.close(), checks=[], checks_problem=_NO_ANSWER)
    ),
    "close-noted.html": _close(months.noted),
    "close-viewer.html": _close(lambda: replace(months.close(), may_close=False)),
    "close-closed.html": _close(months.closed),
    "close-restated.html": _close(months.restated),
    "close-nothing.html": _close(
        lambda: replace(
            months.close(),
            periods=[],
            is_attributed=False,
            checks=[],
            period_state=PeriodState.OPEN,
        )
    ),
}

_MARGINS: Final[dict[str, Make]] = {
    "margins.html": _margins(operator.margins),
    "margins-negative.html": _margins(_losing),
    "margins-many.html": _margins(_many),
    "margins-filtered-out.html": _margins(lambda: replace(operator.margins(), rows=[], q="zzz")),
    "margins-broken.html": _margins(
        lambda: replace(operator.margins(), proof=operator.proof("12.4003"))
    ),
    "margins-of-other-months.html": _margins(operator.exchanging),
    "margins-no-bill.html": _no_bill,
    "margins-waiting.html": _margins(_without_run),
    "tenant-globex.html": _margins(operator.tenant),
    "tenant-empty.html": _margins(
        lambda: replace(
            operator.tenant(),
            groups=[],
            quantities=[],
            invoices=[],
            change=None,
            by_day=None,
            by_month=None,
        )
    ),
    "why-globex.html": _margins(whys.page),
    "why-computed.html": _margins(whys.computed),
    "why-unknown.html": _margins(whys.unknown),
    "margins-tour.html": _on_tour,
    "plans-globex.html": _margins(demo.plans),
    "plans-open.html": _margins(
        lambda: replace(demo.plans(), period_state=PeriodState.OPEN, suggestion=None)
    ),
    "plans-unknown.html": _margins(demo.unknown_plans),
}


def _audit(make: Callable[[], Page]) -> Make:
    def preview() -> Preview:
        frame = operator.frame("operator", "audit")
        return Preview(make(), replace(frame, periods=[], freshness=None))

    return preview


_AUDIT: Final[dict[str, Make]] = {
    "audit.html": _audit(audit.log),
    "audit-missing.html": _audit(lambda: replace(audit.log(), missing=["invoicing"], is_cut=True)),
    "audit-filtered-out.html": _audit(lambda: replace(audit.empty(), is_filtered=True)),
    "audit-none.html": _audit(audit.empty),
}


def _changes(make: Callable[[], Page]) -> Make:
    def preview() -> Preview:
        frame = operator.frame("operator", "changes")
        return Preview(make(), replace(frame, periods=[], freshness=None))

    return preview


_CHANGES: Final[dict[str, Make]] = {
    "changes.html": _changes(changes.waiting),
    "changes-own.html": _changes(changes.own),
    "changes-analyst.html": _changes(lambda: replace(changes.waiting(), may_decide=False)),
    "changes-refused.html": _changes(
        lambda: replace(changes.waiting(), problem="It is confirmed already. Nothing was done.")
    ),
    "changes-silent.html": _changes(
        lambda: replace(changes.none(), decided=[], silent=["invoicing"])
    ),
    "changes-none.html": _changes(changes.none),
}


def _health(make: Callable[[], Page]) -> Make:
    def preview() -> Preview:
        frame = operator.frame("operator", "health")
        return Preview(make(), replace(frame, periods=[], freshness=None))

    return preview


_HEALTH: Final[dict[str, Make]] = {
    "health.html": _health(health.stuck),
    "health-silent.html": _health(health.silent),
    "health-refused.html": _health(
        lambda: replace(health.stuck(), problem="The invoicing service does not answer.")
    ),
    "health-analyst.html": _health(health.for_analysts),
    "health-well.html": _health(health.well),
}


def _sources(make: Callable[[], Page]) -> Make:
    def preview() -> Preview:
        frame = operator.frame("operator", "sources")
        return Preview(make(), replace(frame, periods=[], freshness=None))

    return preview


_SOURCES: Final[dict[str, Make]] = {
    "sources.html": _sources(sources.listed),
    "sources-first.html": _sources(sources.none),
    "sources-typo.html": _sources(sources.typo),
    "sources-viewer.html": _sources(lambda: replace(sources.listed(), may_act=False)),
    "sources-silent.html": _sources(lambda: replace(sources.none(), silent=True)),
    "sources-away.html": _sources(NoSourcesPage),
    "source-aws.html": _sources(sources.aws),
    "source-lost.html": _sources(sources.lost),
    "source-moved.html": _sources(sources.refused_address),
    "source-paused.html": _sources(sources.paused),
    "source-retired.html": _sources(sources.retired),
    "source-hand.html": _sources(sources.by_hand),
    "delivery-bad.html": _sources(sources.bad),
    "delivery-refused.html": _sources(sources.refused_acceptance),
    "delivery-loose.html": _sources(sources.loose),
    "delivery-waiting.html": _sources(sources.waiting),
    "delivery-given.html": _sources(sources.given),
    "delivery-withdrawn.html": _sources(sources.withdrawn),
    "delivery-only-bill.html": _sources(sources.only_bill),
    "delivery-viewer.html": _sources(lambda: replace(sources.bad(), may_act=False)),
}

_BILLING: Final[dict[str, Make]] = {
    "invoices.html": _billing(inbox.inbox),
    "invoices-all.html": _all_months(inbox.all_months),
    "invoices-corrections.html": _all_months(inbox.of_corrections),
    "invoices-no-corrections.html": _all_months(inbox.no_corrections),
    "invoices-corrections-unknown.html": _all_months(inbox.unknown_corrections),
    "invoices-not-overdue.html": _all_months(inbox.none_overdue),
    "invoices-done.html": _billing(lambda: replace(inbox.inbox(), rows=[], view="to_do")),
    "invoices-none.html": _billing(lambda: replace(inbox.inbox(), rows=[], total_count=0)),
    "invoices-keyless.html": _billing(
        lambda: replace(inbox.inbox(), issue_refusal="Nothing can be issued: no Stripe key is set.")
    ),
    "invoice-inv-acme.html": _billing(billing.invoice),
    "invoice-inv-globex.html": _billing(billing.parked_invoice),
    "invoice-first.html": _billing(billing.first_invoice),
    "invoice-restated.html": _billing(billing.restated_invoice),
    "invoice-credited.html": _billing(billing.credited_invoice),
    "invoice-restated-draft.html": _billing(billing.restated_draft),
    "invoice-approved.html": _billing(billing.approved_invoice),
    "invoice-void.html": _billing(billing.void_invoice),
    "invoice-groups.html": _billing(contract_prices.groups_invoice),
    "invoice-steps.html": _billing(contract_prices.steps_invoice),
    **{name: _without_month(make) for name, make in corrections.PAGES.items()},
    **{name: _without_month(make) for name, make in fixes.PAGES.items()},
    **{name: _without_month(make) for name, make in account.STAFFS_PAGES.items()},
    **{name: _customer(make) for name, make in account.CUSTOMERS_PAGES.items()},
    "invoices-filtered-out.html": _billing(lambda: replace(inbox.inbox(), rows=[], q="zzz")),
}

_CUSTOMER: Final[dict[str, Make]] = {
    "customer-breakdown.html": _customer(lambda: customer_months.breakdown(is_open=True)),
    "customer-breakdown-closed.html": _customer(lambda: customer_months.breakdown(is_open=False)),
    "customer-breakdown-first.html": _customer(customer_months.first_breakdown),
    "customer-home.html": _customer(customer.home),
    "customer-home-corrected.html": _customer(customer.corrected_home),
    "customer-home-closed.html": _customer(customer.closed_home),
    "customer-home-first.html": _customer(customer.first_home),
    "customer-invoice-LF-2026-0134.html": _customer(customer.invoice),
    "customer-invoice-closed.html": _customer(customer.closed_invoice),
    "customer-invoice-credited.html": _customer(customer.credited_invoice),
}

_STRANGERS: Final[dict[str, Make]] = {
    "sign-in.html": _stranger(SignInPage(state="ask")),
    "sign-in-used.html": _stranger(SignInPage(state="used", email_field=True)),
    "sign-in-confirm.html": _stranger(SignInPage(state="confirm")),
    "404.html": _stranger(NotFoundPage()),
    "403.html": _stranger(ForbiddenPage(needs="billing approver")),
    "503.html": _stranger(NoDocumentPage(sentence="The invoicing service does not answer.")),
    "database.html": _stranger(DatabaseAwayPage(since=_AWAY_SINCE)),
    "500.html": _stranger(BrokenPage(trace_id="4bf92f3577b34da6a3ce929d0e0e4736")),
}

PAGES: Final[dict[str, Make]] = {
    **_OVERVIEW,
    **_CLOSE,
    **_MARGINS,
    **_AUDIT,
    **_CHANGES,
    **_HEALTH,
    **_SOURCES,
    **_BILLING,
    **_CUSTOMER,
    **_STRANGERS,
}
