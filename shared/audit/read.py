"""Reading the audit log, newest first, from one key to the next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.audit.entries import audit_entries
from shared.vocabulary.audit import AuditAction, AuditOutcome

PAGE_MAX: Final = 500
_COLUMNS: Final = (
    *("id", "at", "actor", "role", "action", "object_kind", "object_id"),
    *("outcome", "reason", "count", "details", "address", "request_id"),
)


@dataclass(frozen=True)
class AuditFilter:
    """`since` <= at < `until`; empty or None leaves a field out.

    Who has read the log is left out unless it is asked for: each look at it would be its own first
    lines.
    """

    actor: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


def read_entries(
    wanted: AuditFilter, *, before: int | None = None, limit: int = PAGE_MAX
) -> list[dict[str, Any]]:
    """With `before`, those older than the entry of that id."""
    entries = audit_entries().objects.order_by("-id")
    if not wanted.action:
        entries = entries.exclude(action=AuditAction.AUDIT_READ, outcome=AuditOutcome.DONE)
    conditions = {
        "actor": wanted.actor,
        "action": wanted.action,
        "outcome": wanted.outcome,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
        "id__lt": before,
    }
    given = {name: value for name, value in conditions.items() if value}
    return list(entries.filter(**given).values(*_COLUMNS)[:limit])
