"""What a page's address or form asks for: a period, a page, a filter, whose a thing is."""

from collections.abc import Iterable
from typing import Final

from django.http import Http404, HttpRequest

from services.portal.gateways.owner import Owner
from services.portal.queries.calendar import Calendar, read_calendar
from services.portal.queries.inbox import InboxFilter
from shared.faults import Fault
from shared.periods import Month
from shared.runtime.business_time import business_now

_DIGITS_MAX: Final = 9
_REASON_CHARACTERS_MAX: Final = 500


def asked_period(request: HttpRequest) -> tuple[Calendar, Month]:
    """The month of `?period=`, else the newest that there is; 404 for what is no month."""
    calendar = read_calendar(business_now())
    text = request.GET.get("period", "")
    if not text:
        return calendar, calendar.newest
    try:
        return calendar, Month.parse(text)
    except Fault as error:
        raise Http404(str(error)) from error


def asked_inbox(request: HttpRequest) -> InboxFilter:
    """Of all months where no one is asked for."""
    month = asked_period(request)[1] if request.GET.get("period", "") else None
    words = {name: request.GET.get(name, "") for name in ("view", "sort", "q")}
    return InboxFilter(month, **words)


def came_from(request: HttpRequest) -> InboxFilter | None:
    """The inbox that an invoice's address names; None where it names none."""
    return asked_inbox(request) if request.GET.get("view") else None


def asked_page(request: HttpRequest) -> int:
    return whole_number(request.GET.get("page", "")) or 1


def asked_reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:_REASON_CHARACTERS_MAX]


def whole_number(text: str) -> int | None:
    """None for what is none, and for more digits than a number that the portal has sent."""
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return int(text) if is_number else None


def asked_owner(text: str, owners: Iterable[Owner]) -> Owner:
    """One of `owners` by its name. Raises Http404."""
    for owner in owners:
        if owner == text:
            return owner
    raise Http404
