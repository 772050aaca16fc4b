"""Error pages: they need no database, no session and no frame, so that they always come."""

import logging
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse

from services.portal.pages.page import Page
from services.portal.pages.strangers import (
    BrokenPage,
    DatabaseAwayPage,
    ForbiddenPage,
    NoDocumentPage,
    NotFoundPage,
)
from services.portal.views.show import show

_log: Final = logging.getLogger(__name__)
_TRY_AGAIN_SECONDS: Final = 10


def not_found(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    """The same words for what isn't there and for what is somebody else's."""
    return show(None, NotFoundPage(), status=404)


def forbidden(*, needs: Sequence[str] = ()) -> HttpResponse:
    page = ForbiddenPage(needs=" or ".join(needs).replace("_", " "))
    return show(None, page, status=403)


def permission_denied(_request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return forbidden()


def unanswered(sentence: str) -> HttpResponse:
    """Instead of a file that another service has, which does not answer now."""
    return _try_again(NoDocumentPage(sentence=sentence))


def broken(request: HttpRequest) -> HttpResponse:
    """The trace number on the page leads to the traceback in the log.

    Without a connection left, or a server that is down, nothing is broken on our side.
    """
    if isinstance(sys.exc_info()[1], OperationalError):
        _log.exception("the database refused")
        return _try_again(DatabaseAwayPage())
    trace_id = uuid4().hex
    _log.exception("trace %s: %s %s failed", trace_id, request.method, request.path)
    return show(None, BrokenPage(trace_id=trace_id), status=500)


def database_away(_request: HttpRequest, since: datetime) -> HttpResponse:
    """`handler503`: the database has not answered this process since then."""
    return _try_again(DatabaseAwayPage(since=since))


def _try_again(page: Page) -> HttpResponse:
    response = show(None, page, status=503)
    response.headers["Retry-After"] = str(_TRY_AGAIN_SECONDS)
    return response
