"""The audit logs of all services as one, newest first."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.core.paginator import Paginator

from services.portal.domain.audit_words import ACTIONS, OUTCOMES, action_label
from services.portal.domain.labels import role_label
from services.portal.gateways.audit import (
    OWNERS,
    UnableToReadAudit,
    read_audit,
    read_whole_audit,
)
from services.portal.pages.audit import AuditPage, AuditRow, Option
from shared.audit.read import PAGE_MAX, AuditFilter, read_entries
from shared.auth.actors import Actor
from shared.vocabulary.audit import AuditOutcome

ROWS: Final = 50
EXPORT_ROWS_MAX: Final = 100_000
"""Of each service; who needs more exports a shorter time."""
_PORTAL: Final = "portal"
_SERVICES: Final = (_PORTAL, *OWNERS)


@dataclass(frozen=True)
class AuditQuery:
    """What a page or an export asks for; `until` is a day that still counts."""

    service: str = ""
    person: str = ""
    action: str = ""
    outcome: str = ""
    since: date | None = None
    until: date | None = None

    @classmethod
    def asked(cls, given: Mapping[str, str]) -> "AuditQuery":
        """What is no value of a filter leaves the filter open."""
        return cls(
            service=_one_of(given.get("service", ""), _SERVICES),
            person=given.get("person", "").strip()[:100],
            action=_one_of(given.get("action", ""), ACTIONS),
            outcome=_one_of(given.get("outcome", ""), OUTCOMES),
            since=_day(given.get("since", "")),
            until=_day(given.get("until", "")),
        )

    @property
    def services(self) -> Sequence[str]:
        return (self.service,) if self.service else _SERVICES

    def filter(self) -> AuditFilter:
        return AuditFilter(
            actor=self.person,
            action=self.action,
            outcome=self.outcome,
            since=_start(self.since) if self.since else None,
            until=_start(self.until) + timedelta(days=1) if self.until else None,
        )


def read_audit_page(query: AuditQuery, *, actor: Actor, now: datetime, page: int) -> AuditPage:
    """Of the newest `PAGE_MAX` entries of each service."""
    rows: list[AuditRow] = []
    missing, is_cut = [], False
    for service in query.services:
        try:
            entries = _newest(service, query.filter(), actor, now)
        except UnableToReadAudit:
            missing.append(service)
            continue
        is_cut = is_cut or len(entries) == PAGE_MAX
        rows += [_row(service, entry) for entry in entries]
    paging = Paginator(_newest_first(rows), ROWS).get_page(max(page, 1))
    return AuditPage(
        rows=list(paging),
        paging=paging,
        missing=missing,
        is_cut=is_cut,
        services=[Option("", "All services"), *(Option(name, name) for name in _SERVICES)],
        actions=[Option("", "All actions"), *_options(ACTIONS)],
        outcomes=[Option("", "Any outcome"), *_options(OUTCOMES)],
        service=query.service,
        action=query.action,
        outcome=query.outcome,
        person=query.person,
        since=query.since,
        until=query.until,
        is_filtered=query != AuditQuery(),
    )


def whole_audit(
    query: AuditQuery, *, actor: Actor, now: Callable[[], datetime]
) -> list[tuple[str, dict[str, Any]]]:
    """Each entry with its service, newest first. Raises UnableToReadAudit: no part is left out."""
    entries: list[tuple[str, dict[str, Any]]] = []
    for service in query.services:
        entries += [(service, entry) for entry in _all(service, query.filter(), actor, now)]
    return sorted(entries, key=lambda entry: entry[1]["at"], reverse=True)


def _newest(service: str, wanted: AuditFilter, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    for owner in OWNERS:
        if owner == service:
            return read_audit(owner, wanted, actor=actor, now=now)[0]
    return read_entries(wanted)


def _all(
    service: str, wanted: AuditFilter, actor: Actor, now: Callable[[], datetime]
) -> Iterable[dict[str, Any]]:
    for owner in OWNERS:
        if owner == service:
            return read_whole_audit(owner, wanted, actor=actor, now=now, rows_max=EXPORT_ROWS_MAX)
    return read_entries(wanted, limit=EXPORT_ROWS_MAX)


def _row(service: str, entry: Mapping[str, Any]) -> AuditRow:
    return AuditRow(
        at=entry["at"],
        service=service,
        actor=entry["actor"],
        role_label=role_label(entry["role"]),
        action_label=action_label(entry["action"]),
        object_kind=entry["object_kind"],
        object_id=entry["object_id"],
        is_refused=entry["outcome"] == AuditOutcome.REFUSED,
        reason=entry["reason"].replace("_", " "),
        count=entry["count"],
        details=written_details(entry["details"]),
        address=entry["address"],
        request_id=entry["request_id"],
    )


def written_details(details: Mapping[str, Any]) -> str:
    """`version 4, version before 3`; what is empty is left out."""
    shown = {name: value for name, value in details.items() if value not in ("", [], None)}
    return ", ".join(
        f"{name.replace('_', ' ')} {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in shown.items()
    )


def _newest_first(rows: list[AuditRow]) -> list[AuditRow]:
    """Stable, so that entries of one service and time stay as they were written."""
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _options(labels: Mapping[str, str]) -> list[Option]:
    return [Option(str(key), label) for key, label in labels.items()]


def _one_of(text: str, known: Iterable[str]) -> str:
    return text if text in {*known} else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.year < date.max.year else None  # the day after the last is none


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
