from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


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
