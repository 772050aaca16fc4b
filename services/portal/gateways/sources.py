"""Sources and deliveries, at ingestion, and what a person does with them."""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from services.portal.gateways.owner import ask, reason_of, refusal_of, unanswered_change
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.money import Money
from shared.outside.http import Reply
from shared.outside.target import Unanswered

_OWNER: Final = "ingestion"
# It tries an address meanwhile, for at most six.
_ACT_SECONDS: Final = 12
SOURCE_ACTIONS: Final = ("address", "pause", "resume", "retire", "look")
DELIVERY_ACTIONS: Final = ("retry", "accept", "withdraw")


class UnableToReadSources(Fault):
    """The service does not answer, or not as it should."""


class NoSuchThing(Fault):
    """Of that name there is no source or delivery."""


class UnableToAct(Fault):
    """It was refused, or nobody answered. `nearest` is the address that may have been meant."""

    def __init__(self, message: str, *, nearest: str = "") -> None:
        super().__init__(message)
        self.nearest = nearest


@dataclass(frozen=True)
class ReadSource:
    """As ingestion has it; codes may be of a later release."""

    key: str
    kind: str
    uri: str
    state: str
    created_by: str
    created_at: datetime
    changed_by: str
    changed_at: datetime | None
    change_reason: str
    looked_at: datetime | None
    next_look_at: datetime | None
    object_count: int
    months: Sequence[str]
    unread_count: int
    unread_example: str
    billing_periods_fault: str
    failing_since: datetime | None
    failure: str
    failure_count: int


@dataclass(frozen=True)
class ReadContent:
    """`billed` is None of what is no bill; `counts`: it is what its month goes by."""

    counts: bool
    row_count: int
    billed: Money | None


@dataclass(frozen=True)
class ReadDelivery:
    """As ingestion has it; codes may be of a later release."""

    delivery_id: str
    source: str
    period: str
    state: str
    error: str
    delivered_at: datetime
    found_at: datetime
    refused_at: datetime | None
    manifest_uri: str
    file_name: str
    given_by: str
    reason: str
    replaces: str
    replaced_by: Sequence[str]
    accepted: Sequence[Mapping[str, str]]
    may_be_accepted: bool
    findings: Sequence[str]
    needs_a_person: bool
    taken: ReadContent | None


@dataclass(frozen=True)
class GivenFile:
    """`replaces` is a delivery whose place it takes, or empty."""

    source: str
    period: str
    name: str
    content: bytes
    reason: str
    replaces: str = ""


def read_sources(*, actor: Actor, now: datetime) -> list[ReadSource]:
    return [_source(one) for one in _listed("v1/sources", actor, now)]


def read_source(key: str, *, actor: Actor, now: datetime) -> ReadSource:
    """Raises NoSuchThing, too."""
    return _source(_read(f"v1/sources/{quote(key, safe='')}", actor, now))


def read_deliveries(*, actor: Actor, now: datetime, **asked: str) -> list[ReadDelivery]:
    path = f"v1/deliveries?{urlencode(asked)}"
    return [_delivery(one) for one in _listed(path, actor, now)]


def read_delivery(delivery_id: str, *, actor: Actor, now: datetime) -> ReadDelivery:
    """Raises NoSuchThing, too."""
    return _delivery(_read(f"v1/deliveries/{quote(delivery_id, safe='')}", actor, now))


def add_source(given: Mapping[str, Any], *, actor: Actor, now: datetime) -> None:
    _act("v1/sources", given, actor, now)


def act_on_source(
    key: str, action: str, given: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    """`action` is one of `SOURCE_ACTIONS`; raises UnableToAct with a sentence for the person."""
    _act(f"v1/sources/{quote(key, safe='')}/{action}", given, actor, now)


def act_on_delivery(
    delivery_id: str, action: str, *, reason: str, actor: Actor, now: datetime
) -> None:
    """`action` is one of `DELIVERY_ACTIONS`; raises UnableToAct."""
    path = f"v1/deliveries/{quote(delivery_id, safe='')}/{action}"
    _act(path, {"reason": reason}, actor, now)


def give_file(file: GivenFile, *, actor: Actor, now: datetime) -> str:
    """Part by part into the lake; the id of its delivery. Raises UnableToAct."""
    about = {"source": file.source, "period": file.period, "file_name": file.name}
    start = {**about, "reason": file.reason, "replaces": file.replaces}
    begun = _act("v1/uploads", start, actor, now)
    path = f"v1/uploads/{begun['upload_id']}"
    for number, part in _parts(file.content, int(begun["part_bytes_max"])):
        body = {"content": base64.b64encode(part).decode()}
        _act(f"{path}/parts/{number}", body, actor, now)
    digest = hashlib.sha256(file.content).hexdigest()
    end = {"size_bytes": len(file.content), "sha256": digest}
    return str(_act(f"{path}/finish", end, actor, now)["delivery_id"])


def _parts(content: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    for number, at in enumerate(range(0, len(content), size), start=1):
        yield number, content[at : at + size]


def _listed(path: str, actor: Actor, now: datetime) -> list[Any]:
    try:
        return list(_read(path, actor, now)["data"])
    except (LookupError, TypeError) as error:
        raise UnableToReadSources("The ingestion service answers otherwise.") from error


def _read(path: str, actor: Actor, now: datetime) -> Any:
    try:
        answer = ask(_OWNER, "GET", path, actor=actor, now=now)
        if answer.status == HTTPStatus.NOT_FOUND:
            raise NoSuchThing("It is not there.")
        return answer.result()
    except (Unanswered, ValueError) as error:
        raise UnableToReadSources("The ingestion service does not answer.") from error


def _act(path: str, body: Mapping[str, Any], actor: Actor, now: datetime) -> Any:
    try:
        answer = ask(
            _OWNER, "POST", path, actor=actor, now=now, seconds=_ACT_SECONDS, body=dict(body)
        )
    except Unanswered as error:
        raise UnableToAct(unanswered_change(_OWNER, error)) from error
    if answer.status == HTTPStatus.NOT_FOUND:
        raise NoSuchThing("It is not there.")
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return answer.json()
    nearest = str(reason_of(answer).get("nearest", ""))
    raise UnableToAct(_refusal(answer), nearest=nearest)


def _refusal(answer: Reply) -> str:
    """Where fields of a form were refused, what is wrong with each."""
    try:
        errors = answer.json()["errors"]
    except (ValueError, LookupError, TypeError):
        errors = {}
    if isinstance(errors, Mapping) and "detail" not in errors and errors:
        return " ".join(f"{field}: {_first(why)}" for field, why in errors.items())
    return refusal_of(_OWNER, answer)


def _first(why: Any) -> str:
    return str(why[0]) if isinstance(why, list) and why else str(why)


def _source(item: Mapping[str, Any]) -> ReadSource:
    try:
        return ReadSource(
            key=str(item["key"]),
            kind=str(item["kind"]),
            uri=str(item["uri"]),
            state=str(item["state"]),
            created_by=str(item["created_by"]),
            changed_by=str(item["changed_by"]),
            changed_at=_time(item["changed_at"]),
            change_reason=str(item["change_reason"]),
            looked_at=_time(item["looked_at"]),
            next_look_at=_time(item["next_look_at"]),
            failing_since=_time(item["failing_since"]),
            failure=str(item["failure"]),
            created_at=datetime.fromisoformat(item["created_at"]),
            object_count=int(item["seen"]["objects"]),
            months=[str(month) for month in item["seen"]["months"]],
            unread_count=int(item["seen"]["unread"]),
            unread_example=str(item["seen"]["unread_example"]),
            billing_periods_fault=str(item["seen"].get("billing_periods_fault", "")),
            failure_count=int(item["failure_count"]),
        )
    except (LookupError, TypeError, ValueError) as error:
        raise UnableToReadSources("The ingestion service answers otherwise.") from error


def _delivery(item: Mapping[str, Any]) -> ReadDelivery:
    try:
        return ReadDelivery(
            **{name: str(item[name] or "") for name in _DELIVERY_TEXTS},
            delivered_at=datetime.fromisoformat(item["delivered_at"]),
            found_at=datetime.fromisoformat(item["found_at"]),
            refused_at=_time(item["refused_at"]),
            replaced_by=[str(one) for one in item["replaced_by"]],
            accepted=[{name: str(one[name]) for name in _ACCEPTED} for one in item["accepted"]],
            may_be_accepted=bool(item["may_be_accepted"]),
            findings=[str(one) for one in item["findings"]],
            needs_a_person=bool(item["needs_a_person"]),
            taken=_content(item["taken"]) if item["taken"] else None,
        )
    except (LookupError, TypeError, ValueError) as error:
        raise UnableToReadSources("The ingestion service answers otherwise.") from error


def _content(taken: Mapping[str, Any]) -> ReadContent:
    billed = taken["billed_total"]
    return ReadContent(
        counts=bool(taken["is_current"]),
        row_count=int(taken["row_count"]),
        billed=None if billed is None else Money(Decimal(billed), str(taken["currency"])),
    )


_DELIVERY_TEXTS: Final = (
    *("delivery_id", "source", "period", "state", "error", "manifest_uri"),
    *("file_name", "given_by", "reason", "replaces"),
)
_ACCEPTED: Final = ("by", "reason")


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
