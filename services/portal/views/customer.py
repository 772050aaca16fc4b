from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.portal.pages.customer import HomePage
from services.portal.queries.customer_pages import (
    Due,
    Mover,
    read_breakdown,
    read_customer_invoice,
    read_customer_invoices,
    read_home,
)
from services.portal.templatetags.portal_format import day, month_name, with_currency
from services.portal.views.access import for_roles
from services.portal.views.csv_file import csv_answer
from services.portal.views.invoice_file import breakdown_file, customer_file
from services.portal.views.show import show
from shared.audit.declared import READ, Audited
from shared.money import Money
from shared.periods import Month
from shared.runtime.business_time import business_now
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import CUSTOMERS


@for_roles(*CUSTOMERS, audit=READ)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    account = read_home(Month.of(business_now()))
    due = account.due
    page = HomePage(
        customer=account.customer,
        so_far=account.so_far,
        period=account.period,
        currency=account.currency,
        current=account.current,
        previous_total=account.previous_total,
        change=account.change,
        what_changed=_what_changed(account.mover, account.period),
        open_book=account.open_book,
        due=due.total if due else None,
        due_note=_due_note(due) if due else "",
        due_id=due.ids[0] if due and len(due.ids) == 1 else None,
        invoices=account.invoices,
        corrections=account.corrections,
    )
    return show(request, page)


@for_roles(*CUSTOMERS, audit=READ)
@require_safe
def breakdown(request: HttpRequest) -> HttpResponse:
    return show(request, read_breakdown())


@for_roles(*CUSTOMERS, audit=Audited(AuditAction.EXPORTED, "charges"))
@require_safe
def breakdown_csv(_request: HttpRequest) -> HttpResponse:
    return csv_answer(breakdown_file(read_breakdown(rows_max=None)), "charges")


@for_roles(*CUSTOMERS, audit=Audited(AuditAction.EXPORTED, "invoices"))
@require_safe
def invoices_csv(_request: HttpRequest) -> HttpResponse:
    return csv_answer(customer_file(read_customer_invoices()), "invoices")


@for_roles(*CUSTOMERS, audit=READ)
@require_safe
def invoice(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - named in templates
    page = read_customer_invoice(id)
    if page is None:
        raise Http404
    return show(request, page)


def _what_changed(mover: Mover | None, period: Month) -> str:
    if mover is None:
        return ""
    direction = "up" if mover.by.amount > 0 else "down"
    by = with_currency(Money(abs(mover.by.amount), mover.by.currency))
    return f"{mover.description} is {direction} {by} vs {month_name(period.previous)}."


def _due_note(due: Due) -> str:
    what = due.numbers[0] if len(due.numbers) == 1 else f"{len(due.numbers)} invoices"
    return f"{what}, by {day(due.due_date)}" if due.due_date else what
