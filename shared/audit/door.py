"""The one door of the audit log: what a view has declared is written as it answers.

Successes are written by what runs the view (`ScopedView`, the portal's `for_roles`), within its
transaction; refusals by `AuditTrail`, after the view's own transaction is undone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse

from shared.audit.counts import COUNTS, Kind, is_written
from shared.audit.declared import Audited, NotAudited, declared
from shared.audit.entries import write_entry
from shared.audit.origin import current_origin, request_origin
from shared.auth.actors import Actor
from shared.runtime.log import without_secrets
from shared.vocabulary.audit import AuditAction, AuditOutcome

_PATH_CHARACTERS_MAX: Final = 200
_READS: Final = frozenset({"GET", "HEAD"})


@dataclass
class _Noted:
    actor: Actor | None = None
    object_id: str = ""
    reason: str = ""
    details: Mapping[str, Any] | None = None


def note(
    request: Any,
    *,
    actor: Actor | None = None,
    object_id: str = "",
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """What only the view knows of its entry: who it was about, which object, why it was refused."""
    _inner(request).audit_noted = _Noted(actor, object_id, reason, details)


def write_done(request: Any) -> None:
    """The entry of a success, if the view has declared one; of nobody who is known there is none.

    Who reads the same again within the minute is counted, who changes something never.
    """
    request = _inner(request)
    match = request.resolver_match
    declaration = declared(match.func, request.method)
    if not isinstance(declaration, Audited):
        return
    noted = _noted(request)
    actor = noted.actor or _actor(request)
    if actor is None:
        return
    object_id = noted.object_id or match.kwargs.get(declaration.parameter, "")
    count = 1
    if request.method in _READS:
        what = f"{object_id} {sorted((noted.details or {}).items())}"
        kind = Kind(declaration.action, "", actor.name, current_origin().address, what)
        count = COUNTS.add(kind)[1]
    if is_written(count):
        write_entry(
            declaration.action,
            actor=actor,
            kind=declaration.kind,
            object_id=object_id,
            count=count,
            details=noted.details,
        )


class AuditTrail:
    """Counts what was refused, whoever refused it, and knows where each request came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with request_origin(str(request.META.get("REMOTE_ADDR", ""))):
            response = self.get_response(request)
            if response.status_code >= HTTPStatus.BAD_REQUEST:
                _count_refusal(request, response)
        return response


def _count_refusal(request: HttpRequest, response: HttpResponse) -> None:
    """An address that leads to no view is no refusal, and a fault of ours is one of an action."""
    match = request.resolver_match
    declaration = declared(match.func, request.method or "") if match else None
    is_fault = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    if match is None or declaration is None or (is_fault and isinstance(declaration, NotAudited)):
        return
    noted, actor = _noted(request), _actor(request)
    if isinstance(declaration, Audited):
        action, object_kind = declaration.action, declaration.kind
        object_id = noted.object_id or match.kwargs.get(declaration.parameter, "")
    else:
        action, object_kind = AuditAction.ROUTE_ASKED, "route"
        path = without_secrets(request.path)
        object_id = f"{request.method} {path}"[:_PATH_CHARACTERS_MAX]
    kind, count = COUNTS.add(
        Kind(
            action=action,
            reason=noted.reason or _reason(response),
            actor=actor.name if actor else "",
            address=current_origin().address,
        )
    )
    if is_written(count):
        write_entry(
            action,
            actor=actor if kind.actor else None,
            kind=object_kind,
            object_id=object_id,
            outcome=AuditOutcome.REFUSED,
            reason=kind.reason,
            count=count,
            details=noted.details,
            address=None if kind.address else "",
        )


def _reason(response: HttpResponse) -> str:
    """The code of the problem document, of its reason where it has one, else of the status."""
    problem = getattr(response, "data", None)
    if isinstance(problem, dict):
        reason = problem.get("reason") or {}
        return str(reason.get("code") or problem.get("code") or response.status_code)
    return HTTPStatus(response.status_code).name.lower()


def _noted(request: HttpRequest) -> _Noted:
    noted = getattr(request, "audit_noted", None)
    return noted if isinstance(noted, _Noted) else _Noted()


def _actor(request: HttpRequest) -> Actor | None:
    """At an API the actor of the token, at the portal that of the person."""
    user = getattr(request, "user", None)
    actor = user if isinstance(user, Actor) else getattr(user, "actor", None)
    return actor if isinstance(actor, Actor) else None


def _inner(request: Any) -> Any:
    """Django's request, which a REST framework's one holds."""
    return getattr(request, "_request", request)
