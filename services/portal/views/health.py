"""Health for administrators and analysts: what is stuck, and what moves it on."""

from datetime import UTC, datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.gateways.health import ACTIONS, OWNERS, UnableToMoveOn, move_on
from services.portal.queries.health import read_health
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_owner
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, NotAudited
from shared.runtime.path_ids import uuid_or_404
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS

_OWNERS: Final = NotAudited("the owner of what is stuck writes it down")
_CONFLICT: Final = 409


@for_roles(*ANALYSTS, audit=READ)
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return show(request, read_health(actor=actor_of(request), now=datetime.now(UTC)))


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def move_trouble(request: HttpRequest) -> HttpResponse:
    """Done: the page that follows lacks it, or shows that it has failed anew."""
    actor, now = actor_of(request), datetime.now(UTC)
    kind = request.POST.get("kind", "")
    if kind not in ACTIONS:
        raise Http404
    try:
        move_on(
            asked_owner(request.POST.get("service", ""), OWNERS),
            kind=kind,
            subject=str(uuid_or_404(request.POST.get("subject", ""))),
            actor=actor,
            now=now,
        )
    except UnableToMoveOn as refused:
        page = read_health(actor=actor, now=now, problem=str(refused))
        return show(request, page, status=_CONFLICT)
    return see_other(reverse("portal:health"))
