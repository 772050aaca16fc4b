"""Attribution's periods: how one stands now, and its close in the name of a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from services.portal.domain.period_checks import Check, check_of, not_closed
from services.portal.gateways.owner import ask, reason_of, refusal_of
from shared.auth.actors import Actor
from shared.contracts.attribution import Override
from shared.faults import Fault

# A page goes on without its checks after the first; a question answers at once that a job is at it;
# a close waits for a lock that an attribution may hold.
READ_SECONDS = 2
EXPLAIN_SECONDS = 10
CLOSE_SECONDS = 20
_MISSING = httpx.codes.NOT_FOUND


class UnableToRead(Fault):
    """Attribution does not answer, or not as it should: a page goes on without it."""


class UnableToClose(Fault):
    """Attribution refused."""


class NoAnswer(UnableToClose):
    """Attribution did not answer: it may have closed the period all the same."""


@dataclass(frozen=True)
class Standing:
    """How a period stands at its owner, now; `closed_at` is None while it is open.

    `run_id` is of the run that the checks are of, "" where there is none.
    """

    period: str
    run_id: str
    state: str
    version: int
    closed_by: str
    closed_at: datetime | None
    overrides: list[Override]
    checks: list[Check]


def read_standing(*, period: str, actor: Actor, now: datetime) -> Standing | None:
    """None for a period that attribution has never heard of."""
    try:
        answer = ask(
            "attribution",
            "GET",
            f"v2/periods/{period}",
            actor=actor,
            now=now,
            timeout_seconds=READ_SECONDS,
        )
        if answer.status_code == _MISSING:
            return None
        answer.raise_for_status()
        return _standing(answer.json())
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise UnableToRead(
            "The attribution service does not answer, so that the checks are not known.",
            remedy="Load the page again in a minute.",
        ) from error


def read_explanation(
    *, period: str, asked: Mapping[str, str], actor: Actor, now: datetime
) -> dict[str, Any] | None:
    """Attribution's evidence as it gives it; None while a job gathers it.

    Of the period's current run, or of the one that `asked["run"]` names.
    """
    try:
        answer = ask(
            "attribution",
            "GET",
            f"v1/periods/{period}/explanations?{urlencode(asked)}",
            actor=actor,
            now=now,
            timeout_seconds=EXPLAIN_SECONDS,
        )
        if answer.status_code == httpx.codes.ACCEPTED:
            return None
        if answer.status_code != httpx.codes.OK:
            raise UnableToRead(refusal_of("attribution", answer))
        return dict[str, Any](answer.json()["answer"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(
            "The attribution service does not answer.", remedy="Load the page again in a minute."
        ) from error


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
            timeout_seconds=CLOSE_SECONDS,
            body={"run_id": run_id, "reasons": dict(reasons)},
        )
        if answer.status_code != httpx.codes.OK:
            raise UnableToClose(_refusal(period, answer))
        return _standing(answer.json())
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise NoAnswer(
            "The attribution service does not answer; it may have closed the month all the same.",
            remedy="Load the page again in a minute.",
        ) from error


def _standing(answer: Any) -> Standing:
    closed_at = answer["closed_at"]
    return Standing(
        period=str(answer["period"]),
        run_id=str((answer["run"] or {}).get("run_id", "")),
        state=str(answer["state"]),
        version=int(answer["version"]),
        closed_by=str(answer["closed_by"]),
        closed_at=datetime.fromisoformat(closed_at) if closed_at else None,
        overrides=[Override(**one) for one in answer["overrides"]],
        checks=_checks(answer["checks"]),
    )


def _checks(answered: Iterable[Mapping[str, Any]]) -> list[Check]:
    return [
        check_of(name=str(one["name"]), passed=bool(one["passed"]), figures=one["figures"])
        for one in answered
    ]


def _refusal(period: str, answer: httpx.Response) -> str:
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
