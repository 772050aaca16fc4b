"""Where data comes from: sources, deliveries that were refused, and a way on with each."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.gateways.sources import (
    DELIVERY_ACTIONS,
    SOURCE_ACTIONS,
    GivenFile,
    NoSuchThing,
    UnableToAct,
    UnableToReadSources,
    act_on_delivery,
    act_on_source,
    add_source,
    give_file,
    read_delivery,
)
from services.portal.pages.page import Page
from services.portal.pages.sources import Given, NoSourcesPage, Refusal
from services.portal.queries.sources import (
    read_delivery_page,
    read_source_page,
    read_sources_page,
)
from services.portal.views.access import actor_of, for_roles
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, NotAudited
from shared.vocabulary.roles import ADMINISTRATORS, OPERATORS

_OWNERS: Final = NotAudited("the owner of what is changed writes it down")
_CONFLICT: Final = 409
_UNAVAILABLE: Final = 503
_ADDRESS_CHARACTERS_MAX: Final = 500
_FILE: Final = "file"


@for_roles(*OPERATORS, audit=READ)
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    page = read_sources_page(actor=actor_of(request), now=datetime.now(UTC))
    return show(request, page)


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def new_source(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    given = _given(request)
    is_expected = request.POST.get("awaits_first_delivery") == "on"
    try:
        body = {"key": given.key, "kind": given.kind, "uri": given.uri}
        add_source({**body, "awaits_first_delivery": is_expected}, actor=actor, now=now)
    except UnableToAct as refused:
        page = read_sources_page(
            actor=actor, now=now, refusal=_refusal(refused, "new"), given=given
        )
        return show(request, page, status=_CONFLICT)
    return see_other(reverse("portal:source", args=[given.key]))


@for_roles(*OPERATORS, audit=READ)
@require_safe
def source(request: HttpRequest, key: str) -> HttpResponse:
    return _shown(
        request, lambda: read_source_page(key, actor=actor_of(request), now=datetime.now(UTC))
    )


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def source_action(request: HttpRequest, key: str, action: str) -> HttpResponse:
    """Of `SOURCE_ACTIONS`, or a file that is given for it."""
    if action not in (*SOURCE_ACTIONS, _FILE):
        raise Http404
    actor, now = actor_of(request), datetime.now(UTC)
    given = _given(request)
    try:
        if action == _FILE:
            file = _file(request, source=key, period=given.period, reason=given.reason)
            delivery = give_file(file, actor=actor, now=now)
            return see_other(reverse("portal:delivery", args=[delivery]))
        is_expected = request.POST.get("awaits_first_delivery") == "on"
        body: dict[str, Any] = {"reason": given.reason}
        if action == "address":
            body |= {"uri": given.uri, "awaits_first_delivery": is_expected}
        act_on_source(key, action, body, actor=actor, now=now)
    except NoSuchThing as absent:
        raise Http404 from absent
    except UnableToAct as refused:
        refusal = _refusal(refused, action)
        return _shown(
            request,
            lambda: read_source_page(key, actor=actor, now=now, refusal=refusal, given=given),
            status=_CONFLICT,
        )
    return see_other(reverse("portal:source", args=[key]))


@for_roles(*OPERATORS, audit=READ)
@require_safe
def delivery(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - the route's name
    return _shown(
        request, lambda: read_delivery_page(id, actor=actor_of(request), now=datetime.now(UTC))
    )


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def delivery_action(request: HttpRequest, id: str, action: str) -> HttpResponse:  # noqa: A002
    """Of `DELIVERY_ACTIONS`, or a file that is given in its place."""
    if action not in (*DELIVERY_ACTIONS, _FILE):
        raise Http404
    actor, now = actor_of(request), datetime.now(UTC)
    given = _given(request)
    try:
        if action == _FILE:
            read = read_delivery(id, actor=actor, now=now)
            about = {"source": read.source, "period": read.period, "replaces": id}
            file = _file(request, **about, reason=given.reason)
            given_id = give_file(file, actor=actor, now=now)
            return see_other(reverse("portal:delivery", args=[given_id]))
        act_on_delivery(id, action, reason=given.reason, actor=actor, now=now)
    except NoSuchThing as absent:
        raise Http404 from absent
    except UnableToReadSources:
        return show(request, NoSourcesPage(), status=_UNAVAILABLE)
    except UnableToAct as refused:
        refusal = _refusal(refused, action)
        return _shown(
            request,
            lambda: read_delivery_page(id, actor=actor, now=now, refusal=refusal, given=given),
            status=_CONFLICT,
        )
    return see_other(reverse("portal:delivery", args=[id]))


def _shown(request: HttpRequest, read: Callable[[], Page], *, status: int = 200) -> HttpResponse:
    try:
        return show(request, read(), status=status)
    except NoSuchThing as absent:
        raise Http404 from absent
    except UnableToReadSources:
        return show(request, NoSourcesPage(), status=_UNAVAILABLE)


def _given(request: HttpRequest) -> Given:
    names = ("key", "kind", "uri", "period", "reason")
    return Given(**{name: _text(request, name) for name in names})


def _text(request: HttpRequest, name: str) -> str:
    return request.POST.get(name, "").strip()[:_ADDRESS_CHARACTERS_MAX]


def _file(request: HttpRequest, **about: str) -> GivenFile:
    """Raises UnableToAct where none was chosen."""
    sent = request.FILES.get(_FILE)
    if not isinstance(sent, UploadedFile) or not sent.size:
        raise UnableToAct("No file was chosen, or it is empty.")
    return GivenFile(name=sent.name or "", content=sent.read(), **about)


def _refusal(refused: UnableToAct, about: str) -> Refusal:
    return Refusal(str(refused), refused.nearest, about)
