"""The audit log for administrators: a page, and all of it as a file."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from services.portal.gateways.audit import UnableToReadAudit
from services.portal.queries.audit import AuditQuery, read_audit_page, whole_audit
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_page
from services.portal.views.csv_file import csv_answer, write_csv
from services.portal.views.errors import unanswered
from services.portal.views.show import show
from shared.audit.declared import Audited
from shared.csv_files import Cell
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import ADMINISTRATORS

HEADER: Final = (
    *("at", "service", "id", "actor", "role", "action", "object_kind", "object_id"),
    *("outcome", "reason", "count", "details", "address", "request_id"),
)


@for_roles(*ADMINISTRATORS, audit=Audited(AuditAction.AUDIT_READ, "audit"))
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    page = read_audit_page(
        AuditQuery.asked(request.GET.dict()),
        actor=actor_of(request),
        now=datetime.now(UTC),
        page=asked_page(request),
    )
    return show(request, page)


@for_roles(*ADMINISTRATORS, audit=Audited(AuditAction.EXPORTED, "audit"))
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponse:
    """All that the filter leaves, or nothing: a file of which a part is missing looks whole."""
    query = AuditQuery.asked(request.GET.dict())
    try:
        entries = whole_audit(query, actor=actor_of(request), now=lambda: datetime.now(UTC))
    except UnableToReadAudit as fault:
        sentence = f"{fault} Its part would be missing: export the other services one by one."
        return unanswered(sentence)
    content = write_csv(HEADER, ([*_cells(service, entry)] for service, entry in entries))
    return csv_answer(content, f"trueback_audit_{datetime.now(UTC):%Y-%m-%d}")


def _cells(service: str, entry: Mapping[str, Any]) -> list[Cell]:
    written = {
        **entry,
        "service": service,
        "at": entry["at"].astimezone(UTC).isoformat(),
        "details": json.dumps(entry["details"], ensure_ascii=False) if entry["details"] else "",
    }
    return [written[name] for name in HEADER]
