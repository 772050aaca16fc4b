"""What is stuck in the other services, and moving it on, in the name of who looks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from services.portal.gateways.owner import (
    Owner,
    ask,
    reason_of,
    refusal_of,
    unanswered_change,
)
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.outside.http import Reply
from shared.outside.target import Unanswered
from shared.runtime.problem_document import BUSY, DATABASE_AWAY
from shared.vocabulary.troubles import TroubleKind

OWNERS: Final[tuple[Owner, ...]] = ("ingestion", "attribution", "invoicing")
# It asks itself what it depends on, and takes up to 2.5 s for that (`shared.health.dependencies`).
READ_HEALTH_SECONDS: Final = 4
# Kinds that an administrator moves on, by what is posted to their service.
ACTIONS: Final[Mapping[str, str]] = {
    TroubleKind.DEAD_LETTER: "v1/health/messages/{subject}/replay",
    TroubleKind.FAILED_JOB: "v1/health/jobs/{subject}/retry",
}


class UnableToReadHealth(Fault):
    """The service does not answer, or not as it should."""


class OwnersDatabaseAway(UnableToReadHealth):
    """It answers, and its database does not; `since` where it says since when."""

    def __init__(self, owner: Owner, since: datetime | None) -> None:
        super().__init__(f"The database of {owner} does not answer.")
        self.since = since


class UnableToMoveOn(Fault):
    """The service refused, or did not answer."""


@dataclass(frozen=True)
class ReadTrouble:
    """As `shared.health` has it; kind and code may be of a later release."""

    kind: str
    code: str
    subject: str
    since: datetime
    figures: Mapping[str, str | int] = field(default_factory=dict)


def read_troubles(owner: Owner, *, actor: Actor, now: datetime) -> list[ReadTrouble]:
    try:
        answer = ask(owner, "GET", "v1/health", actor=actor, now=now, seconds=READ_HEALTH_SECONDS)
        if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise _database_away(owner, answer)
        return [_trouble(item) for item in answer.result()["data"]]
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToReadHealth(f"The {owner} service does not answer.") from error


def move_on(owner: Owner, *, kind: str, subject: str, actor: Actor, now: datetime) -> None:
    """Send a dead letter again, or ask for a failed job; `kind` is one of `ACTIONS`."""
    path = ACTIONS[kind].format(subject=subject)
    try:
        answer = ask(owner, "POST", path, actor=actor, now=now)
    except Unanswered as error:
        raise UnableToMoveOn(unanswered_change(owner, error)) from error
    if not answer.is_ok:
        raise UnableToMoveOn(refusal_of(owner, answer))


def _database_away(owner: Owner, answer: Reply) -> UnableToReadHealth:
    """Unless all its threads are busy: the edge says so, and knows no code of these."""
    if answer.json()["code"] not in (BUSY, DATABASE_AWAY):
        return UnableToReadHealth(f"The {owner} service is too busy to answer.")
    since = reason_of(answer).get("since")
    return OwnersDatabaseAway(owner, datetime.fromisoformat(since) if since else None)


def _trouble(item: Mapping[str, Any]) -> ReadTrouble:
    return ReadTrouble(
        kind=str(item["kind"]),
        code=str(item["code"]),
        subject=str(item["subject"]),
        since=datetime.fromisoformat(item["since"]),
        figures=dict(item["figures"]),
    )
