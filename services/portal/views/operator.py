from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.portal.domain.explanation import UnableToUnderstand, explained
from services.portal.gateways.attribution import UnableToRead, read_explanation, read_standing
from services.portal.pages.overview import NextClose
from services.portal.pages.page import TenantName
from services.portal.pages.why import WhyPage
from services.portal.queries.calendar import Calendar
from services.portal.queries.margin_page import read_margins
from services.portal.queries.margin_rows import Selection
from services.portal.queries.overview import next_close, read_overview
from services.portal.queries.pools import read_pools
from services.portal.queries.tenant_page import read_tenant, tenant_name
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_page, asked_period
from services.portal.views.cost_files import pool_file, tenant_file
from services.portal.views.csv_file import csv_answer
from services.portal.views.margin_file import margin_file
from services.portal.views.show import show
from shared.vocabulary.names import charge_group_label
from shared.vocabulary.roles import OPERATORS, STAFF


@for_roles(*OPERATORS)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    calendar, month = asked_period(request)
    page = read_overview(
        month, state=calendar.state_of(month), next_close=_next_close(request, calendar)
    )
    return show(request, page)


@for_roles(*OPERATORS)
@require_safe
def margins(request: HttpRequest) -> HttpResponse:
    calendar, month = asked_period(request)
    selection = Selection.asked(
        sort=request.GET.get("sort", ""),
        view=request.GET.get("view", ""),
        q=request.GET.get("q", ""),
    )
    page = read_margins(month, selection, page=asked_page(request), state=calendar.state_of(month))
    return show(request, page)


@for_roles(*OPERATORS)
@require_safe
def margins_csv(request: HttpRequest) -> HttpResponse:
    _, month = asked_period(request)
    return _file(margin_file(month), f"margins_{month}")


@for_roles(*OPERATORS)
@require_safe
def tenant(request: HttpRequest, key: str) -> HttpResponse:
    calendar, month = asked_period(request)
    page = read_tenant(key, month, state=calendar.state_of(month))
    if page is None:
        raise Http404
    return show(request, page)


@for_roles(*STAFF)
@require_safe
def why(request: HttpRequest, key: str) -> HttpResponse:
    """The evidence of a tenant's cost, or of one of its charge groups, from its owner."""
    _, month = asked_period(request)
    name = tenant_name(key)
    if name is None:
        raise Http404
    group = request.GET.get("group", "")
    asked = {"tenant": key, "charge_group": group, "run": request.GET.get("run", "")}
    page = WhyPage(
        period=month,
        tenant=TenantName(key, name),
        group=charge_group_label(group),
        state="computed",
    )
    return show(
        request, _explained(request, page, {name: text for name, text in asked.items() if text})
    )


def _explained(request: HttpRequest, page: WhyPage, asked: Mapping[str, str]) -> WhyPage:
    try:
        answer = read_explanation(
            period=str(page.period), asked=asked, actor=actor_of(request), now=datetime.now(UTC)
        )
        if answer is None:
            return page
        return replace(page, state="known", **vars(explained(answer)))
    except (UnableToRead, UnableToUnderstand) as fault:
        return replace(page, state="unknown", problem=str(fault))


@for_roles(*OPERATORS)
@require_safe
def tenant_csv(request: HttpRequest, key: str) -> HttpResponse:
    _, month = asked_period(request)
    return _file(tenant_file(key, month), f"costs_{key}_{month}")


@for_roles(*OPERATORS)
@require_safe
def pools(request: HttpRequest) -> HttpResponse:
    calendar, month = asked_period(request)
    return show(request, read_pools(month, state=calendar.state_of(month)))


@for_roles(*OPERATORS)
@require_safe
def pools_csv(request: HttpRequest) -> HttpResponse:
    _, month = asked_period(request)
    return _file(pool_file(month), f"pools_{month}")


def _next_close(request: HttpRequest, calendar: Calendar) -> NextClose | None:
    """Its checks are read from their owner; without an answer the page goes on without them."""
    known = next_close(calendar)
    if known is None:
        return None
    checks, problem = [], ""
    try:
        standing = read_standing(
            period=str(known.month), actor=actor_of(request), now=datetime.now(UTC)
        )
        checks = standing.checks if standing else []
    except UnableToRead as fault:
        problem = str(fault)
    return NextClose(known.month, known.state, checks, problem)


def _file(content: str | None, name: str) -> HttpResponse:
    """404 where there is nothing to put into it."""
    if content is None:
        raise Http404
    return csv_answer(content, f"trueback_{name}")
