from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from services.portal.queries.margin_page import read_margins
from services.portal.queries.margin_rows import Selection
from services.portal.queries.tenant_page import read_tenant
from services.portal.views.access import OPERATORS, for_roles
from services.portal.views.asked import asked_page, asked_period
from services.portal.views.margin_file import margin_file


@for_roles(*OPERATORS)
@require_safe
def margins(request: HttpRequest) -> HttpResponse:
    calendar, month = asked_period(request)
    selection = Selection.asked(
        sort=request.GET.get("sort", ""),
        view=request.GET.get("view", ""),
        q=request.GET.get("q", ""),
    )
    page = read_margins(month, selection, page=asked_page(request))
    context = {"period": month, "period_state": calendar.state_of(month), **page}
    return render(request, "portal/operator/margins.html", context)


@for_roles(*OPERATORS)
@require_safe
def margins_csv(request: HttpRequest) -> HttpResponse:
    _, month = asked_period(request)
    content = margin_file(month)
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="trueback_margins_{month}.csv"'
    return response


@for_roles(*OPERATORS)
@require_safe
def tenant(request: HttpRequest, key: str) -> HttpResponse:
    calendar, month = asked_period(request)
    page = read_tenant(key, month)
    if page is None:
        raise Http404
    context = {"period": month, "period_state": calendar.state_of(month), **page}
    return render(request, "portal/operator/tenant.html", context)
