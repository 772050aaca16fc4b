import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.domain.explanation import UnableToUnderstand, explained
from services.portal.gateways.attribution import (
    UnableToRead,
    cancel_question,
    read_explanation,
    read_standing,
)
from services.portal.gateways.corrections import read_waiting
from services.portal.gateways.invoicing import UnableToRead as InvoicingSilent
from services.portal.pages.inbox import CorrectionMonth
from services.portal.pages.overview import NextClose
from services.portal.pages.page import TenantName
from services.portal.pages.why import WhyPage
from services.portal.queries.calendar import Calendar
from services.portal.queries.margin_page import read_margins
from services.portal.queries.margin_rows import Selection
from services.portal.queries.overview import next_close, read_overview
from services.portal.queries.pools import read_pools
from services.portal.queries.tenant_page import read_tenant, tenant_name
from services.portal.queries.waiting_corrections import correction_months
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_page, asked_period
from services.portal.views.cost_files import pool_file, tenant_file
from services.portal.views.csv_file import csv_answer
from services.portal.views.margin_file import margin_file
from services.portal.views.show import show
from shared.audit.declared import READ, Audited, NotAudited
from shared.audit.door import note
from shared.periods import Month
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.names import charge_group_label
from shared.vocabulary.roles import OPERATORS, STAFF

_log: Final = logging.getLogger(__name__)
_OWNERS: Final = NotAudited("nothing that is kept is changed by it")


@for_roles(*OPERATORS, audit=READ)
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    calendar, month = asked_period(request)
    page = read_overview(
        month, state=calendar.state_of(month), next_close=_next_close(request, calendar)
    )
    return show(request, replace(page, corrections=_waiting_corrections(request)))


def _waiting_corrections(request: HttpRequest) -> list[CorrectionMonth]:
    """None where nobody answers: the page of health says so."""
    try:
        waiting = read_waiting(actor=actor_of(request), now=datetime.now(UTC))
    except InvoicingSilent:
        return []
    return correction_months(waiting.months)


@for_roles(*OPERATORS, audit=READ)
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


@for_roles(*OPERATORS, audit=Audited(AuditAction.EXPORTED, "margins"))
@require_safe
def margins_csv(request: HttpRequest) -> HttpResponse:
    _, month = asked_period(request)
    return _file(request, margin_file(month), "margins", month)


@for_roles(*OPERATORS, audit=READ)
@require_safe
def tenant(request: HttpRequest, key: str) -> HttpResponse:
    calendar, month = asked_period(request)
    page = read_tenant(key, month, state=calendar.state_of(month))
    if page is None:
        raise Http404
    return show(request, page)


@for_roles(*STAFF, audit=READ)
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
        question = read_explanation(
            period=str(page.period), asked=asked, actor=actor_of(request), now=datetime.now(UTC)
        )
        if question.answer is None:
            return replace(page, question_id=question.question_id)
        return replace(page, state="known", **vars(explained(question.answer)))
    except (UnableToRead, UnableToUnderstand) as fault:
        return replace(page, state="unknown", problem=str(fault))


@for_roles(*STAFF, audit=_OWNERS)
@require_POST
def cancel_why(request: HttpRequest, key: str) -> HttpResponse:
    """Back to where the question came from; one that is not theirs goes on."""
    try:
        cancel_question(
            request.POST.get("question", ""), actor=actor_of(request), now=datetime.now(UTC)
        )
    except UnableToRead:
        _log.warning("a question could not be cancelled: attribution does not answer")
    sees_margins = actor_of(request).role in OPERATORS
    back = reverse("portal:tenant", args=[key]) if sees_margins else reverse("portal:invoices")
    period = urlencode({"period": request.POST.get("period", "")})
    return HttpResponseRedirect(f"{back}?{period}")


@for_roles(*OPERATORS, audit=Audited(AuditAction.EXPORTED, "tenant", "key"))
@require_safe
def tenant_csv(request: HttpRequest, key: str) -> HttpResponse:
    _, month = asked_period(request)
    return _file(request, tenant_file(key, month), f"costs_{key}", month)


@for_roles(*OPERATORS, audit=READ)
@require_safe
def pools(request: HttpRequest) -> HttpResponse:
    calendar, month = asked_period(request)
    return show(request, read_pools(month, state=calendar.state_of(month)))


@for_roles(*OPERATORS, audit=Audited(AuditAction.EXPORTED, "pools"))
@require_safe
def pools_csv(request: HttpRequest) -> HttpResponse:
    _, month = asked_period(request)
    return _file(request, pool_file(month), "pools", month)


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


def _file(request: HttpRequest, content: str | None, name: str, month: Month) -> HttpResponse:
    """404 where there is nothing to put into it."""
    note(request, details={"period": str(month)})
    if content is None:
        raise Http404
    return csv_answer(content, f"trueback_{name}_{month}")
