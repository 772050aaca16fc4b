"""What a page's address asks for: a period, a page, a filter."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest

from services.portal.queries.calendar import Calendar, read_calendar
from shared.faults import Fault
from shared.periods import Month


def asked_period(request: HttpRequest) -> tuple[Calendar, Month]:
    """The month of `?period=`, else the newest that has figures; 404 for what is no month."""
    calendar = read_calendar(datetime.now(UTC))
    text = request.GET.get("period", "")
    if not text:
        return calendar, calendar.newest
    try:
        return calendar, Month.parse(text)
    except Fault as error:
        raise Http404(str(error)) from error


def asked_page(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() else 1
