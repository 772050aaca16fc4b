"""Changes that wait for a second person, at their owners, and the person's decision on one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.portal.domain.change_words import refusal_words
from services.portal.gateways.owner import Owner, ask, reason_of, refusal_of, unanswered_change
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.outside.target import Unanswered

# Whose they are, and where each says so.
PATHS: Final[Mapping[Owner, str]] = {
    "attribution": "v1/ruleset/proposals",
    "invoicing": "v1/plans/proposals",
}
DECISIONS: Final = ("confirm", "reject")
# A file of 20,000 tenants is put in force within.
_DECIDE_SECONDS: Final = 20


class UnableToReadChanges(Fault):
    """The service does not answer, or not as it should."""


class UnableToDecide(Fault):
    """It was refused, or nobody answered (then it may have been done)."""


@dataclass(frozen=True)
class ReadDifference:
    kind: str
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class ReadDifferences:
    """The first of them, and how many there are."""

    count: int
    first: Sequence[ReadDifference]


@dataclass(frozen=True)
class ReadProposal:
    """As its owner has it; codes may be of a later release."""

    proposal_id: str
    subject: str
    state: str
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str
    reach: Mapping[str, Any]
    changes: ReadDifferences
    unconfirmed: ReadDifferences


def read_proposals(owner: Owner, *, actor: Actor, now: datetime) -> list[ReadProposal]:
    try:
        answer = ask(owner, "GET", PATHS[owner], actor=actor, now=now)
        return [_proposal(one) for one in answer.result()["data"]]
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToReadChanges(f"The {owner} service does not answer.") from error


def decide(
    owner: Owner, proposal_id: str, decision: str, *, reason: str, actor: Actor, now: datetime
) -> None:
    """`decision` is one of `DECISIONS`; raises UnableToDecide with a sentence for the person."""
    path = f"{PATHS[owner]}/{proposal_id}/{decision}"
    body = {"reason": reason}
    try:
        answer = ask(owner, "POST", path, actor=actor, now=now, seconds=_DECIDE_SECONDS, body=body)
    except Unanswered as error:
        raise UnableToDecide(unanswered_change(owner, error)) from error
    if answer.is_ok:
        return
    try:
        raise UnableToDecide(refusal_words(reason_of(answer)))
    except LookupError:
        raise UnableToDecide(refusal_of(owner, answer)) from None


def _proposal(item: Mapping[str, Any]) -> ReadProposal:
    decided_at = item["decided_at"]
    return ReadProposal(
        proposal_id=str(item["proposal_id"]),
        subject=str(item["subject"]),
        state=str(item["state"]),
        proposed_by=str(item["proposed_by"]),
        proposed_at=datetime.fromisoformat(item["proposed_at"]),
        decided_by=str(item["decided_by"]),
        decided_at=datetime.fromisoformat(decided_at) if decided_at else None,
        reason=str(item["reason"]),
        reach=dict(item["reach"]),
        changes=_differences(item["changes"]),
        unconfirmed=_differences(item["unconfirmed"]),
    )


def _differences(item: Mapping[str, Any]) -> ReadDifferences:
    first = [
        ReadDifference(str(one["kind"]), str(one["name"]), one["before"], one["after"])
        for one in item["first"]
    ]
    return ReadDifferences(int(item["count"]), first)
