"""Error pages: they need no database, no session and no frame, so that they always come."""

import logging
import re
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from django.http import HttpRequest, HttpResponse

from services.portal.pages.strangers import BrokenPage, ForbiddenPage, NotFoundPage
from services.portal.views.show import show

_log: Final = logging.getLogger(__name__)
_LINK: Final = re.compile(r"(/sign-in/)[^\s/]+")


class WithoutLinks(logging.Filter):
    """What fails is logged with its address: a sign-in link that nobody has used yet is a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if _LINK.search(message):
            record.msg, record.args = _LINK.sub(r"\1...", message), ()
        return True


def not_found(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """The same words for what isn't there and for what is somebody else's."""
    return show(None, NotFoundPage(), status=404)


def forbidden(*, needs: Sequence[str] = ()) -> HttpResponse:
    page = ForbiddenPage(needs=" or ".join(needs).replace("_", " "))
    return show(None, page, status=403)


def permission_denied(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return forbidden()


def csrf_failed(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or came from elsewhere."""
    _log.warning("a form was refused: %s", reason)
    return forbidden()


def broken(request: HttpRequest) -> HttpResponse:
    """The trace number on the page leads to the traceback in the log."""
    trace_id = uuid4().hex
    _log.exception("trace %s: %s %s failed", trace_id, request.method, request.path)
    return show(None, BrokenPage(trace_id=trace_id), status=500)
