from collections.abc import Callable
from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver

from shared.outside.database import database_probe
from shared.runtime.health import PROBES


class NoStore:
    """Answers hold one customer's data: no cache between here and the reader may keep them.

    ASVS 5.0, 14.3.2.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class DatabaseFirst:
    """Nobody waits for a database that stands still: `handler503` of the URLconf answers instead.

    It is given since when it does. Before all that asks the database.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in PROBES:
            since = database_probe().away_since(datetime.now(UTC))
            if since is not None:
                handler: Callable[..., HttpResponse] = get_resolver().resolve_error_handler(503)
                return handler(request, since)
        return self.get_response(request)
