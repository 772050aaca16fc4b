"""What no request may hold, whatever it is for: refused before a view or a query sees it.

A text column of PostgreSQL takes no NUL, so one in an address, a cookie or a form would come back
as a fault of the database.
"""

from collections.abc import Callable, Iterator
from typing import Final

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict

# A `trueback.yaml` of 20,000 tenants is 4 MB; everything else is some kB.
BODY_BYTES_MAX: Final = 8 * 1024 * 1024
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class RequestLimits:
    """Raises BadRequest, which the service's `handler400` answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # WSGI ends the stream at what is declared; whoever declares nothing sends nothing.
        if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_BYTES_MAX:
            raise RequestDataTooBig(f"The body is larger than {BODY_BYTES_MAX} bytes.")
        is_held = not settings.ENVIRONMENT.injects("nul_check_off")  # of the fuzz drill
        if is_held and any("\0" in text for text in _texts(request)):
            raise BadRequest("The address, a cookie or the form holds a NUL character.")
        return self.get_response(request)


def _texts(request: HttpRequest) -> Iterator[str]:
    yield request.path_info
    for name, value in request.COOKIES.items():
        yield from (name, value)
    forms = [request.POST] if request.content_type in _FORMS else []
    for form in (request.GET, *forms):
        yield from _texts_of(form)


def _texts_of(form: QueryDict) -> Iterator[str]:
    for name, values in form.lists():
        yield name
        yield from (value for value in values if isinstance(value, str))
