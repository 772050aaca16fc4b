"""What a restated month corrects, and what people say to it: invoicing's, in a person's name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from services.portal.gateways.invoicing import (
    ACTION_SECONDS,
    UnableToAct,
    UnableToRead,
    not_done,
    refused_text,
)
from services.portal.gateways.owner import ask, reason_of
from shared.auth.actors import Actor
from shared.outside.http import Reply
from shared.outside.target import Unanswered

Data = Mapping[str, Any]

# A month of 800 accounts, each with its documents and lines.
_MONTH_SECONDS: Final = 8
# All of a close in one transaction.
_APPROVAL_SECONDS: Final = 30
_CHANGED: Final = "It has changed since you looked."
_SILENT: Final = "The invoicing service, which has the corrections, does not answer."


class CorrectionChanged(UnableToAct):
    """Another close is current, or somebody has acted on it, since the person looked."""


@dataclass(frozen=True)
class MonthsCorrections:
    """As invoicing has them; `close` is None of a month that it has no close of."""

    close: Data | None
    accounts: Sequence[Data]


@dataclass(frozen=True)
class Approved:
    count: int
    left: int


def read_corrections(*, period: str, actor: Actor, now: datetime) -> MonthsCorrections:
    """Raises UnableToRead."""
    path = f"v1/corrections?period={period}"
    try:
        answer = ask("invoicing", "GET", path, actor=actor, now=now, seconds=_MONTH_SECONDS)
        content = answer.result()
        return MonthsCorrections(content["close"], content["data"])
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(_SILENT, remedy="Load the page again in a minute.") from error


@dataclass(frozen=True)
class Waiting:
    """What a person is to look at: months, the newest first, and what people give on invoices."""

    months: Sequence[Data]
    given: Sequence[Data]


def read_waiting(*, actor: Actor, now: datetime) -> Waiting:
    """Raises UnableToRead."""
    try:
        answer = ask("invoicing", "GET", "v1/corrections/waiting", actor=actor, now=now)
        content = answer.result()
        waiting = Waiting(content["data"], content.get("given", []))
    except (Unanswered, ValueError, LookupError, TypeError) as error:
        raise UnableToRead(_SILENT, remedy="Load the page again in a minute.") from error
    return waiting


def approve_corrections(
    *, period: str, close: int, reason: str, actor: Actor, now: datetime
) -> Approved:
    """All that waits of the close; raises UnableToAct, CorrectionChanged."""
    answer = _post(
        f"v1/corrections/{period}/approve",
        {"close": close, "reason": reason},
        actor,
        now,
        seconds=_APPROVAL_SECONDS,
    )
    try:
        content = answer.json()
        return Approved(int(content["count"]), int(content["left"]))
    except (ValueError, LookupError, TypeError) as error:
        raise UnableToAct(
            "The invoicing service has done it, and answered in another form than is known here."
        ) from error


def act_on_note(
    *, note_id: str, action: str, version: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Approve, park or release; raises UnableToAct, CorrectionChanged."""
    path = f"v1/credit-notes/{quote(note_id, safe='')}/actions/{action}"
    _post(path, {"version": version, "reason": reason}, actor, now, seconds=ACTION_SECONDS)


def release_debit(*, debit_id: str, version: int, reason: str, actor: Actor, now: datetime) -> None:
    """Let one that is held go on the next invoice; raises as `act_on_note`."""
    path = f"v1/debits/{quote(debit_id, safe='')}/release"
    _post(path, {"version": version, "reason": reason}, actor, now, seconds=ACTION_SECONDS)


def _post(path: str, body: Data, actor: Actor, now: datetime, *, seconds: float) -> Reply:
    try:
        answer = ask("invoicing", "POST", path, actor=actor, now=now, seconds=seconds, body=body)
    except Unanswered as error:
        raise not_done(error, look="Load the page again in a minute.") from error
    if answer.status == HTTPStatus.NOT_FOUND:
        raise CorrectionChanged("It is not there any more.")
    if not answer.is_ok:
        if reason_of(answer).get("code") == "changed":
            raise CorrectionChanged(_CHANGED)
        raise UnableToAct(refused_text(answer, changed=_CHANGED))
    return answer
