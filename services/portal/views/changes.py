"""Changes of rules and prices that wait for a second person, and a person's decision on one."""

from datetime import UTC, datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.gateways.changes import DECISIONS, PATHS, UnableToDecide, decide
from services.portal.queries.changes import read_changes
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_owner
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, NotAudited
from shared.runtime.path_ids import uuid_or_404
from shared.vocabulary.roles import ADMINISTRATORS, ANALYSTS

_OWNERS: Final = NotAudited("the owner of what is changed writes it down")
_CONFLICT: Final = 409
_REASON_CHARACTERS_MAX: Final = 500


@for_roles(*ANALYSTS, audit=READ)
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    return show(request, read_changes(actor=actor_of(request), now=datetime.now(UTC)))


@for_roles(*ADMINISTRATORS, audit=_OWNERS)
@require_POST
def decide_change(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), datetime.now(UTC)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        raise Http404
    try:
        decide(
            asked_owner(request.POST.get("service", ""), PATHS),
            str(uuid_or_404(request.POST.get("proposal", ""))),
            decision,
            reason=request.POST.get("reason", "")[:_REASON_CHARACTERS_MAX],
            actor=actor,
            now=now,
        )
    except UnableToDecide as refused:
        page = read_changes(actor=actor, now=now, problem=str(refused))
        return show(request, page, status=_CONFLICT)
    return see_other(reverse("portal:changes"))
