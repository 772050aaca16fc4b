"""What a page's address or form asks for: a period, a page, a filter, whose a thing is."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from django.http import Http404, HttpRequest

from services.portal.gateways.owner import Owner
from services.portal.queries.calendar import Calendar, read_calendar
from services.portal.queries.inbox import newest_billed
from shared.faults import Fault
from shared.periods import Month

_DIGITS_MAX: Final = 9
_INBOX: Final = frozenset({"invoices", "invoices_csv"})


def asked_period(request: HttpRequest) -> tuple[Calendar, Month]:
    """The month of `?period=`, else the newest that the page is for; 404 for what is no month."""
    calendar = read_calendar(datetime.now(UTC))
    text = request.GET.get("period", "")
    if not text:
        match = request.resolver_match
        is_inbox = match is not None and match.url_name in _INBOX
        return calendar, (newest_billed() if is_inbox else None) or calendar.newest
    try:
        return calendar, Month.parse(text)
    except Fault as error:
        raise Http404(str(error)) from error


def asked_page(request: HttpRequest) -> int:
    return whole_number(request.GET.get("page", "")) or 1


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
