"""From the broker to the handlers: the effect and the inbox row are one transaction."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from shared.contracts.versions import RefusedFact
from shared.faults import printable
from shared.isolation.conflicts import is_conflict
from shared.isolation.scope import as_ops
from shared.messaging.broker import Broker
from shared.messaging.consumer.acknowledge import acknowledge
from shared.messaging.consumer.fact_item import FactItem, MalformedItem
from shared.messaging.consumer.inbox import inbox, inbox_failures, on_inbox
from shared.messaging.envelope import Envelope, ForgedEnvelope

logger = logging.getLogger(__name__)

# With the relay's back-off about an hour; then a person looks (docs/reference/messaging.md).
FAILURES_MAX: Final = 8
Handler = Callable[[Any], None]


@dataclass(frozen=True)
class _Failure:
    """`count` is how many failures this one is worth: what is refused is not tried again."""

    item: FactItem
    error: str
    count: int = 1


@dataclass
class _Outcome:
    done: list[str] = field(default_factory=list)
    failed: list[_Failure] = field(default_factory=list)


def receive(broker: Broker, handlers: Mapping[str, Handler], data: Mapping[str, Any]) -> None:
    """Handle an envelope of facts, then acknowledge what is committed.

    One commit per envelope, a savepoint per message. When the database itself fails nothing is
    counted against a message: the error goes up, and the lease brings the envelope back. A limit of
    the database or a deadlock is of one message: it alone is tried again.
    """
    keys = settings.ENVIRONMENT.bus_keys()
    try:
        envelope = Envelope.opened(data, keys, at=settings.SERVICE_NAME, kind="facts")
    except ForgedEnvelope:
        logger.exception("an envelope was dropped")
        return
    outcome = _Outcome()
    with as_ops():
        for item in _read(envelope):
            _receive_one(envelope.source, item, handlers, outcome)
    refused = {
        failed.item.message_id: failed.error
        for failed in outcome.failed
        if _count_failure(envelope.source, failed) >= FAILURES_MAX
    }
    # A control of the chaos tests: every acknowledgement is lost.
    if settings.ENVIRONMENT.injects("drop_acks"):
        return
    acknowledge(broker, to=envelope.source, done=outcome.done, failed=refused)


def _read(envelope: Envelope) -> Iterator[FactItem]:
    """What is no message is left out: it has no name to be acknowledged by, the others have."""
    for raw in envelope.items:
        try:
            yield FactItem.read(raw)
        except MalformedItem:
            logger.exception("an item of %s was dropped", envelope.source)


def _receive_one(
    source: str, item: FactItem, handlers: Mapping[str, Handler], outcome: _Outcome
) -> None:
    try:
        with transaction.atomic():
            if _is_new(source, item):
                _handle(source, item, handlers)
                _check_constraints()
    except (OperationalError, InterfaceError) as error:
        if not is_conflict(error):
            raise  # the database is away: no fault of the message, and the envelope comes back
        logger.exception("%s %s met a limit of the database", item.topic, item.message_id)
        outcome.failed.append(_Failure(item, _text(error)))
    except RefusedFact as error:
        logger.error("%s %s of %s is refused: %s", item.topic, item.message_id, source, error)  # noqa: TRY400 - it says itself what is wrong
        outcome.failed.append(_Failure(item, _text(error), count=FAILURES_MAX))
    except Exception as error:
        logger.exception("%s %s could not be handled", item.topic, item.message_id)
        outcome.failed.append(_Failure(item, _text(error)))
    else:
        outcome.done.append(item.message_id)


def _text(error: Exception) -> str:
    """As PostgreSQL holds it: the text may quote what it can't hold of the payload."""
    return printable(f"{type(error).__name__}: {error}")


def _is_new(source: str, item: FactItem) -> bool:
    if settings.ENVIRONMENT.injects("inbox_off"):
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            on_inbox(
                "insert into {table} (message_id, source, topic) values (%s, %s, %s)"
                " on conflict do nothing"
            ),
            [item.message_id, source, item.topic],
        )
        return bool(cursor.rowcount == 1)


def _handle(source: str, item: FactItem, handlers: Mapping[str, Handler]) -> None:
    """What comes in an older version is handled in the newest; in an unknown one, not at all."""
    contract, payload = item.judged(source=source, handled=handlers)
    handlers[contract.name](payload)


def _check_constraints() -> None:
    """Now, in the message's own savepoint: at the commit they would fail the whole envelope."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused_messages() -> Any:
    """The failures of which the producer was told and that were not handled since, oldest first.

    The producer's own list has them too, unless the message never was in its outbox.
    """
    return (
        inbox_failures()
        .objects.filter(attempts__gte=FAILURES_MAX)
        .exclude(message_id__in=inbox().objects.values("message_id"))
        .order_by("failed_at")
    )


def _count_failure(source: str, failed: _Failure) -> int:
    """The failures of this message so far; a database that can't count them counts none."""
    try:
        with as_ops():
            known, new = inbox_failures().objects.get_or_create(
                message_id=failed.item.message_id,
                defaults={
                    "source": source,
                    "topic": failed.item.topic,
                    "attempts": failed.count,
                    "error": failed.error,
                },
            )
            if new:
                return failed.count
            inbox_failures().objects.filter(pk=known.pk).update(
                attempts=F("attempts") + failed.count, error=failed.error
            )
            return int(known.attempts) + failed.count
    except DatabaseError:
        logger.exception("a failure could not be counted")
        return 0
