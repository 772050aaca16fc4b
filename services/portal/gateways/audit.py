"""The audit logs of the other services, in the name of the administrator who reads them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from services.portal.gateways.owner import Owner, ask
from shared.audit.read import AuditFilter
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.outside.target import Unanswered

OWNERS: Final[tuple[Owner, ...]] = ("attribution", "ingestion", "invoicing")
# A page is shown without the log of whoever takes longer.
READ_SECONDS: Final = 3


class UnableToReadAudit(Fault):
    """The service does not answer, or not as it should: its part of the log is missing."""


def read_audit(
    owner: Owner, wanted: AuditFilter, *, actor: Actor, now: datetime, before: int | None = None
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of entries, newest first, and the `before` of the next, None at the end."""
    asked = {
        "actor": wanted.actor,
        "action": wanted.action,
        "outcome": wanted.outcome,
        "since": wanted.since and wanted.since.isoformat(),
        "until": wanted.until and wanted.until.isoformat(),
        "before": before,
    }
    query = urlencode({name: value for name, value in asked.items() if value})
    try:
        answer = ask(owner, "GET", f"v1/audit?{query}", actor=actor, now=now, seconds=READ_SECONDS)
        page = answer.result()
        rows = [{**row, "at": datetime.fromisoformat(row["at"])} for row in page["data"]]
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToReadAudit(f"The {owner} service does not answer.") from error
    return rows, page["next"]


def read_whole_audit(
    owner: Owner, wanted: AuditFilter, *, actor: Actor, now: Callable[[], datetime], rows_max: int
) -> Iterator[dict[str, Any]]:
    """Every entry, newest first, to `rows_max` of them; a token is made for each page of them."""
    before, left = None, rows_max
    while left > 0:
        rows, before = read_audit(owner, wanted, actor=actor, now=now(), before=before)
        yield from rows[:left]
        left -= len(rows)
        if before is None:
            return
