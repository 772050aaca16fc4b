"""The database scope of a page: identity first, then exactly the rows of who is signed in."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from services.portal.models import User
from services.portal.views.subjects import subject_of
from shared.isolation.scope import as_ops, as_subject, undo_scope
from shared.runtime.health import PROBES

GetResponse = Callable[[HttpRequest], HttpResponse]

_FAILED = 500


class IdentityScope:
    """Sessions and users are read and written by the staff role, which no view keeps."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return self.get_response(request)
        with as_ops():
            return self.get_response(request)


class ActorScope:
    """A customer's page runs as `app`, by the subject of its session; staff and strangers as `ops`.

    A session whose subject has ended, or is not the person's customer any more, is over.

    A page that fails changes nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in PROBES:
            return self.get_response(request)
        user = getattr(request, "user", None)
        if isinstance(user, User) and user.customer:
            subject = subject_of(request, user)
            if not subject:
                logout(request)
                return redirect("portal:sign_in")
            with as_subject(subject):
                return self._respond(request)
        with transaction.atomic():
            return self._respond(request)

    def _respond(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= _FAILED:
            undo_scope()
        return response


class ContentSecurityPolicy:
    """Only our own files: no inline script or style, nothing from elsewhere, never in a frame."""

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response
