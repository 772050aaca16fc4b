from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from services.portal.queries.customer_pages import (
    Mover,
    read_breakdown,
    read_customer_invoice,
    read_customer_invoices,
    read_home,
)
from services.portal.templatetags.portal_format import day, month_name, with_currency
from services.portal.views.access import CUSTOMERS, for_roles
from services.portal.views.csv_file import csv_answer
from services.portal.views.invoice_file import breakdown_file, customer_file
from shared.money import Money
from shared.periods import Month


@for_roles(*CUSTOMERS)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    page = read_home(Month.of(datetime.now(UTC)))
    context = {
        **page,
        "what_changed": _what_changed(page["mover"], page["period"]),
        "due_note": _due_note(page),
        "due_id": page["due_ids"][0] if len(page["due_ids"]) == 1 else None,
    }
    return render(request, "portal/customer/home.html", context)


@for_roles(*CUSTOMERS)
@require_safe
def breakdown(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/customer/breakdown.html", read_breakdown())


@for_roles(*CUSTOMERS)
@require_safe
def breakdown_csv(_request: HttpRequest) -> HttpResponse:
    return csv_answer(breakdown_file(read_breakdown(rows_max=None)), "charges")


@for_roles(*CUSTOMERS)
@require_safe
def invoices_csv(_request: HttpRequest) -> HttpResponse:
    return csv_answer(customer_file(read_customer_invoices()), "invoices")


@for_roles(*CUSTOMERS)
@require_safe
def invoice(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - named in templates
    page = read_customer_invoice(id)
    if page is None:
        raise Http404
    return render(request, "portal/customer/invoice.html", page)


def _what_changed(mover: Mover | None, period: Month) -> str:
    if mover is None:
        return ""
    direction = "up" if mover.by.amount > 0 else "down"
    by = with_currency(Money(abs(mover.by.amount), mover.by.currency))
    return f"{mover.description} is {direction} {by} on {month_name(period.previous)}."


def _due_note(page: dict[str, Any]) -> str:
    numbers, date = page["due_numbers"], page["due_date"]
    if not numbers:
        return ""
    what = numbers[0] if len(numbers) == 1 else f"{len(numbers)} invoices"
    return f"{what}, by {day(date)}" if date else str(what)
