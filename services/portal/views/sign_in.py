"""Sign-in by a link that works once.

Opening the link only asks; the posted button uses it, so that a scanner of mails doesn't. The
views read and write users and sessions, so they step out of a signed-in customer's scope.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import login, logout
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from services.portal.models import User
from services.portal.operations.sign_in_links import use_link
from services.portal.pages.strangers import SignInPage, SignInState
from services.portal.queries.sign_in_links import is_usable
from services.portal.views.access import for_everyone, home_of
from services.portal.views.show import show
from services.portal.views.subjects import keep_subject
from shared.isolation.scope import as_ops

BACKEND = "services.portal.views.sign_in.ByName"


class ByName(BaseBackend):
    """Users come from one-time links; this backend only finds them again with each request."""

    def get_user(self, user_id: str) -> User | None:
        return User.objects.filter(name=user_id, is_active=True).first()

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> User | None:  # noqa: ARG002
        return None


@for_everyone
@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        return home_of(request.user)
    return _page(request, "signed_out" if "signed_out" in request.GET else "ask")


@for_everyone
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    now = datetime.now(UTC)
    with as_ops():
        if request.method != "POST":
            usable = is_usable(token=token, now=now)
            return _page(request, "confirm" if usable else "used")
        user = use_link(token=token, now=now)
        if user is None:
            return _page(request, "used", status=409)
        login(request, user, backend=BACKEND)
        keep_subject(request.session, user)
    return home_of(user)


@for_everyone
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    with as_ops():
        logout(request)
    return redirect(f"{reverse('portal:sign_in')}?signed_out=1")


def _page(request: HttpRequest, state: SignInState, *, status: int = 200) -> HttpResponse:
    return show(request, SignInPage(state=state), status=status)
