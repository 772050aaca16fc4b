"""Only in the demo: be another person with a click, and a tour of five stops.

`trueback demo` alone starts one; elsewhere these addresses do not exist.
"""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from services.portal.domain.labels import role_label
from services.portal.models import User
from services.portal.pages.frame import DemoStrip, OtherPerson
from services.portal.queries.tour import STOPS, address_of, person_for, stop_at
from services.portal.views.access import actor_of, for_roles, home_of, only_in
from services.portal.views.errors import not_found
from services.portal.views.sign_in import BACKEND
from services.portal.views.subjects import keep_subject
from shared.audit.declared import Audited
from shared.audit.door import note
from shared.isolation.scope import as_ops
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.modes import Mode
from shared.vocabulary.roles import CUSTOMERS, STAFF

_ANYBODY: Final = (*STAFF, *CUSTOMERS)
_TOUR: Final = "tour"
_STARTED_BY: Final = "tour_started_by"


@only_in(Mode.DEMO)
@for_roles(*_ANYBODY, audit=Audited(AuditAction.SIGNED_IN, "person"))
@require_POST
def demo_person(request: HttpRequest) -> HttpResponse:
    """Go on as another person, on the same page where it is one of that person's, too."""
    with as_ops():
        person = User.objects.filter(name=request.POST.get("name", ""), is_active=True).first()
        if person is None:
            return not_found(request)
        _become(request, person)
    here = request.POST.get("next", "")
    return redirect(here) if _may_open(person, here) else home_of(person)


def _may_open(person: User, address: str) -> bool:
    """Never a customer, whose pages are each their own tenant's."""
    if person.customer or not url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return False
    try:
        view = resolve(urlsplit(address).path).func
    except Resolver404:
        return False
    return person.role in getattr(view, "roles", ())


@only_in(Mode.DEMO)
@for_roles(*_ANYBODY, audit=Audited(AuditAction.SIGNED_IN, "person"))
@require_POST
def demo_tour(request: HttpRequest) -> HttpResponse:
    """Go to a stop as the person who would look at it; stop 0 ends it, as whom it began with."""
    number = request.POST.get("stop", "")
    stop = next((known for known in STOPS if str(known.number) == number), None)
    with as_ops():
        if stop is None:
            _end(request)
            return redirect("portal:home")
        request.session.setdefault(_STARTED_BY, actor_of(request).name)
        person = person_for(stop)
        if person is not None:
            _become(request, person)
        request.session[_TOUR] = stop.number
        return redirect(address_of(stop))


def _end(request: HttpRequest) -> None:
    request.session.pop(_TOUR, None)
    name = request.session.pop(_STARTED_BY, None)
    person = User.objects.filter(name=name, is_active=True).first()
    if person is not None:
        _become(request, person)


def _become(request: HttpRequest, person: User) -> None:
    """A new session, as at a sign-in; the tour goes on in it."""
    note(request, actor=actor_of(request), object_id=person.name)
    kept = {key: request.session[key] for key in (_TOUR, _STARTED_BY) if key in request.session}
    login(request, person, backend=BACKEND)
    keep_subject(request.session, person)
    request.session.update(kept)


def demo_frame(request: HttpRequest, user: User) -> DemoStrip | None:
    """What the demo's strip shows; None where this is no demo."""
    if settings.ENVIRONMENT.environment != Mode.DEMO:
        return None
    with as_ops():
        people = list(User.objects.filter(is_active=True).order_by("customer", "role", "name"))
        stop = stop_at(request.session.get(_TOUR) or 0)
    previous = stop_at(stop.number - 1) if stop else None
    return DemoStrip(
        people=[
            OtherPerson(person.name, person.full_name, role_label(person.role, person.customer))
            for person in people
            if person.name != user.name
        ],
        stop=stop,
        stop_count=len(STOPS),
        next=stop_at(stop.number + 1) if stop else STOPS[0],
        previous=previous,
        is_other_person=bool(stop and previous and stop.roles != previous.roles),
    )
