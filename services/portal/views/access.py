"""Which roles a page is for. A view without one of these decorators fails a test."""

import functools
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, TypeVar, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from services.portal.models import User
from services.portal.views.errors import forbidden, not_found
from services.portal.views.subjects import subject_of
from shared.audit.declared import Declarations
from shared.audit.door import write_done
from shared.auth.actors import Actor
from shared.vocabulary.modes import Mode
from shared.vocabulary.roles import BILLING, Role

EVERYONE: Final = ("everyone",)

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def for_roles(*roles: str, audit: Declarations) -> Callable[[View], View]:
    """Strangers go to sign-in; a customer isn't told that the page exists; staff read why not.

    `audit` is what the audit log gets of it.
    """
    if not set(roles) <= set(Role):
        raise ValueError(f"no such role among {roles}")

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User):
                return redirect("portal:sign_in")
            if user.role in roles:
                return _audited(request, view(request, *args, **kwargs))
            return not_found(request) if user.customer else forbidden(needs=roles)

        guarded.roles = roles  # type: ignore[attr-defined]
        guarded.audit = audit  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def for_everyone(*, audit: Declarations) -> Callable[[View], View]:
    """Also for those who are not signed in; such a page shows nothing of anybody."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def open_to_all(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return _audited(request, view(request, *args, **kwargs))

        open_to_all.roles = EVERYONE  # type: ignore[attr-defined]
        open_to_all.audit = audit  # type: ignore[attr-defined]
        return cast(View, open_to_all)

    return decorate


def _audited(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code < HTTPStatus.BAD_REQUEST:
        write_done(request)
    return response


def only_in(mode: Mode) -> Callable[[View], View]:
    """Elsewhere the address does not exist, for strangers neither. It stands before `for_roles`.

    A test finds each such view by its mark and asks it in every other mode.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if settings.ENVIRONMENT.environment != mode:
                return not_found(request)
            return view(request, *args, **kwargs)

        guarded.mode = mode  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def actor_of(request: HttpRequest) -> Actor:
    """Who asks, as the other services know them; `for_roles` has let nobody else through."""
    if not isinstance(request.user, User):
        raise Http404
    actor = request.user.actor
    return replace(actor, subject=subject_of(request, request.user)) if actor.is_customer else actor


def home_of(user: User) -> HttpResponse:
    """The first page of a person's role."""
    if user.customer:
        return redirect("portal:customer_home")
    if user.role in BILLING:
        return redirect("portal:invoices")
    return redirect("portal:overview")
