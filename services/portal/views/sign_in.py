"""Sign-in by a link that works once.

Opening the link only asks; the posted button uses it, so that a scanner of mails doesn't. What is
posted holds the token in its body: an address is written down by whatever stands in between. The
views read and write users and sessions, so they step out of a signed-in customer's scope.
"""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import login, logout
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from services.portal.models import User
from services.portal.operations.sign_in_links import spend_link, use_link
from services.portal.pages.strangers import SignInPage, SignInState
from services.portal.queries.sign_in_links import is_usable
from services.portal.views.access import for_everyone, home_of
from services.portal.views.show import show
from services.portal.views.subjects import keep_subject
from shared.audit.declared import Audited, NotAudited
from shared.audit.door import note
from shared.isolation.scope import as_ops
from shared.vocabulary.audit import AuditAction

BACKEND = "services.portal.views.sign_in.ByName"
# Of a page whose address holds a token: no path goes out of it. `no-referrer` would do so, too, but
# makes browsers post a form with `Origin: null` (Fetch, "append a request Origin header"), which is
# refused as another site's.
_ORIGIN_ALONE = "strict-origin"


class ByName(BaseBackend):
    """Users come from one-time links; this backend only finds them again with each request."""

    def get_user(self, user_id: str) -> User | None:
        return User.objects.filter(name=user_id, is_active=True).first()

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> User | None:  # noqa: ARG002
        return None


@for_everyone(
    audit={
        "GET": NotAudited("it says how to sign in"),
        "POST": Audited(AuditAction.SIGNED_IN, "person"),
    }
)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _use(request, request.POST.get("token", ""))
    if isinstance(request.user, User):
        return home_of(request.user)
    return _page(request, "signed_out" if "signed_out" in request.GET else "ask")


@for_everyone(
    audit={
        "GET": NotAudited("to open a link doesn't use it"),
        "POST": Audited(AuditAction.SIGNED_IN, "person"),
    }
)
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Asks; whoever does anything else to the address has spent the link."""
    now = datetime.now(UTC)
    with as_ops():
        if request.method not in {"GET", "HEAD"}:
            spend_link(token=token, now=now)
            return HttpResponseNotAllowed(["GET", "HEAD"])
        usable = is_usable(token=token, now=now)
    page = _page(request, "confirm", token=token) if usable else _page(request, "used")
    page["Referrer-Policy"] = _ORIGIN_ALONE
    return page


def _use(request: HttpRequest, token: str) -> HttpResponse:
    with as_ops():
        user = use_link(token=token, now=datetime.now(UTC))
        if user is None:
            note(request, reason="link_not_usable")
            return _page(request, "used", status=409)
        login(request, user, backend=BACKEND)
        keep_subject(request.session, user)
    note(request, actor=user.actor, object_id=user.name)
    return home_of(user)


@for_everyone(audit=Audited(AuditAction.SIGNED_OUT, "person"))
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if isinstance(request.user, User):
        note(request, actor=request.user.actor, object_id=request.user.name)
    with as_ops():
        logout(request)
    return redirect(f"{reverse('portal:sign_in')}?signed_out=1")


def _page(
    request: HttpRequest, state: SignInState, *, token: str = "", status: int = 200
) -> HttpResponse:
    return show(request, SignInPage(state=state, token=token), status=status)
