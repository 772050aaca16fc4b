"""Attribution's periods: how one stands now, and its close in the name of a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from services.portal.domain.period_checks import Check, check_of, not_closed
from services.portal.domain.revision_causes import Cause
from services.portal.gateways.owner import ask, reason_of, refusal_of
from shared.auth.actors import Actor
from shared.contracts.attribution import Override
from shared.faults import Fault
from shared.outside.http import Reply
from shared.outside.target import Unanswered
from shared.vocabulary.proposals import ProposalRefusal

# A close waits for a lock that an attribution may hold.
CLOSE_SECONDS: Final = 20
# A question answers at once that a job is at it; its evidence may be some MB.
EXPLAIN_SECONDS: Final = 5


class UnableToRead(Fault):
    """Attribution does not answer, or not as it should: a page goes on without it."""


class UnableToClose(Fault):
    """Attribution refused."""


class NoAnswer(UnableToClose):
    """Attribution did not answer: it may have closed the period all the same."""


class UnableToReattribute(Fault):
    """Attribution refused, or nobody answered (then it may have been asked for)."""


@dataclass(frozen=True)
class RulesetOfPeriod:
    """What a month is attributed by; `is_kept`: since its first close."""

    version: int
    is_current: bool
    is_kept: bool


@dataclass(frozen=True)
class Close:
    """One of a month's closes; `causes` are codes of why it is on another run than before."""

    number: int
    closed_by: str
    closed_at: datetime
    causes: list[Cause]


@dataclass(frozen=True)
class Reclose:
    """A restated month is closed by itself at `due_at`, without `waits_for`; None: by a person."""

    due_at: datetime | None
    waits_for: list[str]


@dataclass(frozen=True)
class Standing:
    """How a period stands at its owner, now; `closed_at` is None while it is open.

    `run_id` is of the run that the checks are of, "" where there is none; `findings` are what was
    noted of it, quoted; `revision_causes` say why it is another than the one it was closed on.
    `ruleset` is None where attribution has none, or is of a release before it said which; such a
    one knows no `closes`, and 0 is its `closed_run_version`.
    """

    period: str
    run_id: str
    state: str
    version: int
    closed_by: str
    closed_at: datetime | None
    overrides: list[Override]
    checks: list[Check]
    findings: list[str]
    revision_causes: list[Cause]
    ruleset: RulesetOfPeriod | None
    closed_run_version: int
    closes: list[Close]
    reclose: Reclose | None


def read_standing(*, period: str, actor: Actor, now: datetime) -> Standing | None:
    """None for a period that attribution has never heard of."""
    try:
        answer = ask("attribution", "GET", f"v2/periods/{period}", actor=actor, now=now)
        return None if answer.status == HTTPStatus.NOT_FOUND else _standing(answer.result())
    except (Unanswered, ValueError, KeyError, TypeError) as error:
        raise UnableToRead(
            "The attribution service does not answer, so that the checks are not known.",
            remedy="Load the page again in a minute.",
        ) from error


@dataclass(frozen=True)
class AskedQuestion:
    """`answer` is attribution's evidence as it gives it, None while a job gathers it."""

    question_id: str
    answer: dict[str, Any] | None


def read_explanation(
    *, period: str, asked: Mapping[str, str], actor: Actor, now: datetime
) -> AskedQuestion:
    """Of the period's current run, or of the one that `asked["run"]` names."""
    try:
        answer = ask(
            "attribution",
            "GET",
            f"v1/periods/{period}/explanations?{urlencode(asked)}",
            actor=actor,
            now=now,
            seconds=EXPLAIN_SECONDS,
        )
        if answer.status not in {HTTPStatus.OK, HTTPStatus.ACCEPTED}:
            raise UnableToRead(_no_explanation(answer))
        content = answer.json()
        return AskedQuestion(str(content["question"]), content["answer"])
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(
            "The attribution service does not answer.", remedy="Load the page again in a minute."
        ) from error


def _no_explanation(answer: Reply) -> str:
    code = reason_of(answer).get("code")
    if code == "too_many_questions":
        return (
            "You wait for as many answers as one person may."
            " Look at those first, or cancel one; then load this page again."
        )
    if code == "lake_unanswered":
        return (
            "The storage that the evidence is kept in does not answer."
            " Load the page again in a minute."
        )
    return refusal_of("attribution", answer)


def cancel_question(question_id: str, *, actor: Actor, now: datetime) -> None:
    """Whether or not it was still being answered; raises UnableToRead where nobody answers."""
    try:
        ask(
            "attribution",
            "DELETE",
            f"v1/questions/{quote(question_id, safe='')}",
            actor=actor,
            now=now,
        )
    except Unanswered as error:
        raise UnableToRead("The attribution service does not answer.") from error


def close(
    *, period: str, run_id: str, reasons: Mapping[str, str], actor: Actor, now: datetime
) -> Standing:
    """The period as it is afterwards; raises UnableToClose with a sentence for the person.

    `run_id` is the run that the person has seen; no other is closed.
    """
    try:
        answer = ask(
            "attribution",
            "POST",
            f"v2/periods/{period}/close",
            actor=actor,
            now=now,
            seconds=CLOSE_SECONDS,
            body={"run_id": run_id, "reasons": dict(reasons)},
        )
        if not answer.is_ok:
            raise UnableToClose(_refusal(period, answer))
        return _standing(answer.json())
    except (Unanswered, ValueError, KeyError, TypeError) as error:
        if isinstance(error, Unanswered) and not error.was_asked:
            raise UnableToClose(
                "The attribution service does not answer, so it was not asked to close the month.",
                remedy="Try again in a minute.",
            ) from error
        raise NoAnswer(
            "The attribution service does not answer; it may have closed the month all the same.",
            remedy="Load the page again in a minute.",
        ) from error


def reattribute(*, period: str, reason: str, actor: Actor, now: datetime) -> None:
    """Ask for a closed month by the current rules; a second person confirms it.

    Raises UnableToReattribute with a sentence for the person.
    """
    path = f"v2/periods/{period}/ruleset"
    body = {"reason": reason}
    try:
        answer = ask(
            "attribution", "PUT", path, actor=actor, now=now, seconds=CLOSE_SECONDS, body=body
        )
    except Unanswered as error:
        raise UnableToReattribute(
            "The attribution service does not answer.", remedy="Try again in a minute."
        ) from error
    if answer.status != HTTPStatus.ACCEPTED:
        raise UnableToReattribute(_not_reattributed(answer))


def _not_reattributed(answer: Reply) -> str:
    match reason_of(answer).get("code"):
        case "never_closed":
            return "The month was never closed, so it goes by the rules in force."
        case "same_rules":
            return "The month goes by the rules in force already."
        case ProposalRefusal.ANOTHER_WAITS:
            return "Another month waits for a second person. Confirm or reject that one first."
    return refusal_of("attribution", answer)


def _standing(answer: Any) -> Standing:
    closed_at = answer["closed_at"]
    run = answer["run"] or {}
    return Standing(
        period=str(answer["period"]),
        run_id=str(run.get("run_id", "")),
        state=str(answer["state"]),
        version=int(answer["version"]),
        closed_by=str(answer["closed_by"]),
        closed_at=datetime.fromisoformat(closed_at) if closed_at else None,
        overrides=[Override(**one) for one in answer["overrides"]],
        checks=_checks(answer["checks"]),
        findings=[str(one) for one in run.get("findings", [])],
        revision_causes=[
            Cause(
                code=str(one["code"]),
                source=str(one["source"]),
                line_count=int(one["line_count"]),
                billed=Decimal(one["billed"]),
                currency=str(run["currency"]),
                bill_period=str(one.get("bill_period") or ""),
            )
            for one in answer.get("revision_causes", [])
        ],
        ruleset=_ruleset(answer.get("ruleset")),
        closed_run_version=int((answer.get("closed_run") or {}).get("activation", 0)),
        closes=[_close(one, str(run.get("currency", ""))) for one in answer.get("closes", [])],
        reclose=_reclose(answer.get("reclose")),
    )


def _reclose(answered: Mapping[str, Any] | None) -> Reclose | None:
    if answered is None:
        return None
    due_at = answered["due_at"]
    return Reclose(
        due_at=datetime.fromisoformat(due_at) if due_at else None,
        waits_for=[str(name) for name in answered["waits_for"]],
    )


def _close(answered: Mapping[str, Any], currency: str) -> Close:
    return Close(
        number=int(answered["number"]),
        closed_by=str(answered["closed_by"]),
        closed_at=datetime.fromisoformat(answered["closed_at"]),
        causes=[
            Cause(
                code=str(one["code"]),
                source=str(one["source"]),
                line_count=0,
                billed=Decimal(one["billed"]),
                currency=currency,
                bill_period=str(one.get("bill_period") or ""),
            )
            for one in answered["causes"]
        ],
    )


def _ruleset(answered: Mapping[str, Any] | None) -> RulesetOfPeriod | None:
    if answered is None:
        return None
    return RulesetOfPeriod(
        version=int(answered["version"]),
        is_current=bool(answered["is_current"]),
        is_kept=bool(answered["is_kept"]),
    )


def _checks(answered: Iterable[Mapping[str, Any]]) -> list[Check]:
    return [
        check_of(name=str(one["name"]), passed=bool(one["passed"]), figures=one["figures"])
        for one in answered
    ]


def _refusal(period: str, answer: Reply) -> str:
    reason = reason_of(answer)
    match reason.get("code"):
        case "checks_failed":
            return not_closed(_checks(reason["checks"]))
        case "not_attributed":
            return f"{period} has not been attributed. Deliver its bill first."
        case "attributed_anew":
            return (
                f"{period} has been attributed anew since you looked."
                " Look at it again, then close it."
            )
    return refusal_of("attribution", answer)
