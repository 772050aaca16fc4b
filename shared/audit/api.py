from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from shared.audit.declared import Audited
from shared.audit.read import PAGE_MAX, AuditFilter, read_entries
from shared.auth.api import ScopedView
from shared.vocabulary.audit import AuditAction, AuditOutcome
from shared.vocabulary.roles import ADMINISTRATORS


class AuditAsked(serializers.Serializer[Any]):
    actor = serializers.CharField(default=AuditFilter.actor, max_length=100)
    action = serializers.ChoiceField(choices=[*AuditAction], default=AuditFilter.action)
    outcome = serializers.ChoiceField(choices=[*AuditOutcome], default=AuditFilter.outcome)
    since = serializers.DateTimeField(default=None)
    until = serializers.DateTimeField(default=None)
    before = serializers.IntegerField(default=None, min_value=1, max_value=2**63 - 1)
    limit = serializers.IntegerField(default=PAGE_MAX, min_value=1, max_value=PAGE_MAX)


class AuditedAction(TypedDict):
    id: int
    at: datetime
    actor: str
    role: str
    action: str
    object_kind: str
    object_id: str
    outcome: str
    reason: str
    count: int
    details: dict[str, Any]
    address: str
    request_id: str


class AuditPage(TypedDict):
    data: list[AuditedAction]
    next: int | None


class AuditView(ScopedView):
    """Who did what here, newest first; `next` is the `before` of the next page, null at the end."""

    roles = {"GET": ADMINISTRATORS}
    audit = {"GET": Audited(AuditAction.AUDIT_READ, "audit")}
    request_serializers = {"GET": AuditAsked}
    response_types = {"GET": {200: AuditPage}}

    def get(self, _request: Request) -> Response:
        asked = self.given()
        limit = asked.pop("limit")
        before = asked.pop("before")
        rows = read_entries(AuditFilter(**asked), before=before, limit=limit)
        return Response({"data": rows, "next": rows[-1]["id"] if len(rows) == limit else None})
