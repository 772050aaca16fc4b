"""From the broker to the handlers: the effect and the inbox row are one transaction."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from shared.contracts.routes import CONTRACTS
from shared.faults import Fault
from shared.isolation.scope import as_ops, as_subject
from shared.messaging.broker import Broker
from shared.messaging.consumer.acknowledge import acknowledge
from shared.messaging.consumer.inbox import inbox_failures, on_inbox
from shared.messaging.envelope import Envelope, ForgedEnvelope

logger = logging.getLogger(__name__)

# With the relay's back-off about an hour; then a person looks (docs/reference/messaging.md).
FAILURES_MAX: Final = 8
Handler = Callable[[Any], None]


class UnknownVersion(Fault):
    """A message of a version that this release does not take, such as one of a later release."""


@dataclass
class _Outcome:
    done: list[str] = field(default_factory=list)
    failed: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)


def receive(broker: Broker, handlers: Mapping[str, Handler], data: Mapping[str, Any]) -> None:
    """Handle an envelope of facts, then acknowledge what is committed.

    One commit per envelope, a savepoint per message. When the database itself fails nothing is
    counted against a message: the error goes up, and the lease brings the envelope back.
    """
    try:
        envelope = Envelope.opened(data, settings.ENVIRONMENT.bus_keys(), at=settings.SERVICE_NAME)
    except ForgedEnvelope:
        logger.exception("an envelope was dropped")
        return
    outcome = _Outcome()
    with as_ops():
        for item in envelope.items:
            _receive_one(envelope.source, item, handlers, outcome)
    refused = {
        item["id"]: error
        for item, error in outcome.failed
        if _count_failure(envelope.source, item, error) >= FAILURES_MAX
    }
    # A control of the chaos tests: every acknowledgement is lost.
    if settings.ENVIRONMENT.injects("drop_acks"):
        return
    acknowledge(broker, to=envelope.source, done=outcome.done, failed=refused)


def _receive_one(
    source: str, item: Mapping[str, Any], handlers: Mapping[str, Handler], outcome: _Outcome
) -> None:
    try:
        with transaction.atomic():
            if _is_new(source, item):
                _handle(item, handlers)
                _check_constraints()
    except (OperationalError, InterfaceError):
        raise  # the database is away: no fault of the message, and the envelope comes back
    except Exception as error:
        logger.exception("%s %s could not be handled", item["topic"], item["id"])
        outcome.failed.append((item, f"{type(error).__name__}: {error}"))
    else:
        outcome.done.append(item["id"])


def _is_new(source: str, item: Mapping[str, Any]) -> bool:
    if settings.ENVIRONMENT.injects("inbox_off"):
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            on_inbox(
                "insert into {table} (message_id, source, topic) values (%s, %s, %s)"
                " on conflict do nothing"
            ),
            [item["id"], source, item["topic"]],
        )
        return bool(cursor.rowcount == 1)


def _handle(item: Mapping[str, Any], handlers: Mapping[str, Handler]) -> None:
    """What comes in an older version is handled in the newest; in an unknown one, not at all."""
    topic = item["topic"]
    if topic not in CONTRACTS:
        raise UnknownVersion(_unknown(topic, CONTRACTS))
    contract, payload = CONTRACTS[topic].newest(json.loads(item["payload"]))
    if contract.name not in handlers:
        raise UnknownVersion(_unknown(topic, handlers))
    handler = handlers[contract.name]
    if item["subject"]:
        with as_subject(item["subject"]):
            handler(payload)
    else:
        handler(payload)


def _unknown(topic: str, known: Iterable[str]) -> str:
    fact = topic.rpartition(".")[0]
    versions = sorted(name for name in known if name.rpartition(".")[0] == fact)
    taken = f"takes {', '.join(versions)}" if versions else "takes nothing of that name"
    return f"{settings.SERVICE_NAME} does not take {topic}: this release of it {taken}."


def _check_constraints() -> None:
    """Now, in the message's own savepoint: at the commit they would fail the whole envelope."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _count_failure(source: str, item: Mapping[str, Any], error: str) -> int:
    """The failures of this message so far; a database that can't count them counts none."""
    try:
        with as_ops():
            failure, new = inbox_failures().objects.get_or_create(
                message_id=item["id"],
                defaults={"source": source, "topic": item["topic"], "attempts": 1, "error": error},
            )
            if new:
                return 1
            inbox_failures().objects.filter(pk=failure.pk).update(
                attempts=F("attempts") + 1, error=error
            )
            return int(failure.attempts) + 1
    except DatabaseError:
        logger.exception("a failure could not be counted")
        return 0
