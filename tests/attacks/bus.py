"""Whoever has one service: its user at the broker, and its keys of the bus."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import redis

from shared.contracts.contract import Contract
from shared.contracts.invoicing import CUSTOMER_CONTRACTED
from shared.contracts.routes import acks_queue, events_queue
from shared.contracts.versions import VERSION_MAX
from shared.faults import Fault
from shared.identifiers import uuid7
from shared.messaging.app import KEY_PREFIX
from shared.messaging.broker import Broker
from shared.messaging.envelope import Envelope, Kind
from tests.attacks.attack import Case, attack
from tests.attacks.victim import SERVICES, Victim, until
from tests.bus import broker_of, bus_keys

_HANDLED_SECONDS: Final = 20
_MALLORY: Final = "mallory"


def _item(contract: Contract[Any], **changes: Any) -> dict[str, Any]:
    fact = replace(contract.example, **changes)
    payload = contract.dump(fact)
    return {
        "id": str(uuid7()),
        "topic": contract.name,
        "subject": str(payload[contract.subject]) if contract.subject else "",
        "payload": json.dumps(payload),
    }


def _contracted(customer: str, **changes: Any) -> dict[str, Any]:
    return _item(CUSTOMER_CONTRACTED, customer=customer, **changes)


def _refusal(victim: Victim, item: Mapping[str, Any]) -> str:
    """What the portal wrote down of a message; empty where nothing."""
    query = "select error from portal_inboxfailures where message_id = %s"
    rows = victim.rows("portal", query, item["id"])
    return str(rows[0][0]) if rows else ""


def _is_known(victim: Victim, customer: str) -> bool:
    query = "select 1 from portal_customeraccount where customer_id = %s"
    return bool(victim.rows("portal", query, customer))


def is_taken(victim: Victim, customer: str, keys: Mapping[str, Sequence[bytes]]) -> bool:
    """Whether the portal takes a fact of invoicing's about `customer` that is sealed with `keys`.

    The queue is read in order: once what is behind it is refused, it has been looked at.
    """
    broker, own = broker_of(victim.stack, "ingestion"), bus_keys(victim.stack, "ingestion")
    foreign = _contracted(f"{customer}-f")
    _publish(broker, Envelope("invoicing", "portal", "facts", [_contracted(customer)]).sealed(keys))
    _publish(broker, Envelope("ingestion", "portal", "facts", [foreign]).sealed(own))
    if not until(lambda: bool(_refusal(victim, foreign)), seconds=_HANDLED_SECONDS):
        raise Fault("the portal has not looked at the fact.")
    return _is_known(victim, customer)


@attack("a customer, an invoice or a margin that another service never told")
def facts_of_others(victim: Victim) -> Iterator[Case]:
    """The queue is read in order: when the last is refused, all have been looked at."""
    broker, keys = broker_of(victim.stack, "ingestion"), dict(bus_keys(victim.stack, "ingestion"))
    forged = {
        "signed with another pair's key": {"invoicing>portal": keys["ingestion>portal"]},
        "signed with no key": {"invoicing>portal": [b""]},
        "signed with a key of its own": {"invoicing>portal": [secrets.token_bytes(32)]},
    }
    for number, made_up in enumerate(forged.values()):
        item = _contracted(f"{_MALLORY}-{number}")
        envelope = Envelope("invoicing", "portal", "facts", [item]).sealed(made_up)
        _publish(broker, envelope)
    unsigned = Envelope("invoicing", "portal", "facts", [_contracted(f"{_MALLORY}-u")])
    _publish(broker, unsigned.sealed(forged["signed with no key"]) | {"signature": ""})
    foreign = _contracted(f"{_MALLORY}-f")
    _publish(broker, Envelope("ingestion", "portal", "facts", [foreign]).sealed(keys))
    looked_at = until(lambda: bool(_refusal(victim, foreign)), seconds=_HANDLED_SECONDS)
    reason = _refusal(victim, foreign)
    is_refused = (
        looked_at and reason.startswith("ForeignFact") and not _is_known(victim, f"{_MALLORY}-f")
    )
    yield Case("a foreign fact by its own key", "" if is_refused else f"refusal: {reason!r}")
    for number, name in enumerate(forged):
        is_taken = _is_known(victim, f"{_MALLORY}-{number}")
        yield Case(name, "the portal took it" if is_taken else "")
    is_taken = _is_known(victim, f"{_MALLORY}-u")
    yield Case("not signed at all", "the portal took it" if is_taken else "")


@attack("no true fact of that customer is ever taken again")
def absurd_versions(victim: Victim) -> Iterator[Case]:
    """Who has invoicing may tell its facts, in versions that can be true."""
    broker, keys = broker_of(victim.stack, "invoicing"), bus_keys(victim.stack, "invoicing")
    items = {
        version: _contracted(victim.theirs["customer"], name="Mallory", version=version)
        for version in (VERSION_MAX, VERSION_MAX + 1, 2**31 - 1, 0)
    }
    for item in items.values():
        _publish(broker, Envelope("invoicing", "portal", "facts", [item]).sealed(keys))
    for version, item in items.items():
        until(lambda item=item: bool(_refusal(victim, item)), seconds=_HANDLED_SECONDS)
        reason = _refusal(victim, item)
        is_refused = reason.startswith("ImplausibleVersion")
        yield Case(f"version {version}", "" if is_refused else f"refusal: {reason!r}")
    query = "select version from portal_customeraccount where name = 'Mallory'"
    kept = victim.rows("portal", query)
    yield Case("nothing of it is kept", f"the portal has version {kept}" if kept else "")


def _publish(broker: Broker, envelope: dict[str, Any]) -> None:
    kind: Kind = envelope["kind"]
    task = "bus.receive" if kind == "facts" else "bus.ack"
    queue = events_queue if kind == "facts" else acks_queue
    broker.publish(queue=queue(envelope["dest"]), task=task, envelope=envelope)


@attack("others' facts, read or taken away, or the broker itself")
def broker_users(victim: Victim) -> Iterator[Case]:
    for service in SERVICES:
        url = victim.stack.servers.broker_url(service)
        with redis.Redis.from_url(url) as client:
            for command in _commands(service):
                yield Case(f"{service}: {' '.join(command)}", _done(client, command))


def _commands(service: str) -> Iterator[tuple[str, ...]]:
    for other in SERVICES:
        if other == service:
            continue
        for queue in (events_queue(other), acks_queue(other)):
            yield ("LRANGE", f"{KEY_PREFIX}{queue}", "0", "-1")
            yield ("RPOP", f"{KEY_PREFIX}{queue}")
        yield ("HGETALL", f"{KEY_PREFIX}{other}.unacked")
        yield ("DEL", f"{KEY_PREFIX}epoch:{other}")
    yield from (("KEYS", "*"), ("FLUSHALL",), ("CONFIG", "GET", "*"), ("ACL", "LIST"))
    yield from (("MONITOR",), ("SHUTDOWN",), ("CLIENT", "LIST"))
    yield ("EVAL", f"return redis.call('LRANGE', '{KEY_PREFIX}nobody', 0, -1)", "0")


def _done(client: "redis.Redis", command: tuple[str, ...]) -> str:
    try:
        answer = client.execute_command(*command)
    except redis.exceptions.NoPermissionError:
        return ""
    except redis.exceptions.ResponseError as error:
        is_refused = "ACL" in str(error) or "NOPERM" in str(error) or "permission" in str(error)
        return "" if is_refused else f"refused for another reason: {error}"
    return f"the broker did it: {str(answer)[:80]}"
