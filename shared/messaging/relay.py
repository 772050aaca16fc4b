"""From the outbox to the broker; a row is retired by the consumer's acknowledgement alone.

The lease is the back-off: a claimed row is due again after it, so that a relay killed anywhere is
only a delay. The broker may forget everything at any time (docs/decisions/0002).
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from shared.contracts.routes import acks_queue, events_queue
from shared.isolation.scope import as_ops
from shared.messaging.broker import Broker
from shared.messaging.envelope import Envelope
from shared.messaging.registry import outbox

logger = logging.getLogger(__name__)

CLAIM_MAX: Final = 200
ENVELOPE_MAX: Final = 100
IN_FLIGHT_MAX: Final = 2_000
QUEUE_LENGTH_MAX: Final = 500
BACKOFF_SECONDS_MAX: Final = 900
ATTEMPTS_MAX: Final = 20

# One statement claims and leases. Attempts are counted here, before the send, so that a message
# that kills its consumer is counted too.
_CLAIM: Final = """
    with due as (
        select message_id from {table}
        where acked_at is null and dead_at is null and next_at <= now()
        order by next_at, message_id limit %(claim_max)s for update skip locked
    )
    update {table} o set
        attempts = o.attempts + 1,
        next_at = now() + least(%(base)s * power(2, least(o.attempts, 10)), %(max)s)
            * (0.8 + 0.4 * random()) * interval '1 second',
        dead_at = case when o.attempts + 1 > %(attempts_max)s then now() end,
        last_error = case when o.attempts + 1 > %(attempts_max)s
            then 'never acknowledged' else o.last_error end
    from due where o.message_id = due.message_id
    returning o.message_id::text, o.dest, o.topic, o.subject, o.payload::text, o.dead_at is not null
"""
_IN_FLIGHT: Final = (
    "select count(*) from {table} where acked_at is null and dead_at is null"
    " and attempts > 0 and next_at > now()"
)
_AFTER_AMNESIA: Final = (
    "update {table} set next_at = now() where acked_at is null and dead_at is null and attempts > 0"
)


@dataclass(frozen=True)
class Claimed:
    message_id: str
    dest: str
    topic: str
    subject: str
    payload: str
    dead: bool


class Relay:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.service: str = settings.SERVICE_NAME
        self.environment = settings.ENVIRONMENT
        self.keys = self.environment.bus_keys()

    def run_once(self) -> int:
        """Send what is due; number of messages sent."""
        self.notice_amnesia()
        if self._is_full():
            return 0
        claimed = self._claim()
        dead = [message for message in claimed if message.dead]
        for message in dead:
            logger.error(
                "dead letter: %s %s to %s", message.topic, message.message_id, message.dest
            )
        live = [message for message in claimed if not message.dead]
        by_dest: dict[str, list[Claimed]] = defaultdict(list)
        for message in live:
            by_dest[message.dest].append(message)
        for dest, messages in by_dest.items():
            for start in range(0, len(messages), ENVELOPE_MAX):
                self._publish(dest, messages[start : start + ENVELOPE_MAX])
        if self.environment.injects("retire_at_publish"):
            self._retire(live)
        return len(live)

    def notice_amnesia(self) -> bool:
        """The broker has lost its memory when our mark in it is gone: all in flight is due now."""
        if not self.broker.has_lost_its_memory(self.service):
            return False
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(_sql(_AFTER_AMNESIA))
            if cursor.rowcount:
                logger.warning(
                    "the broker was emptied: %s messages are sent again", cursor.rowcount
                )
        return True

    def _is_full(self) -> bool:
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(_sql(_IN_FLIGHT))
            in_flight: int = cursor.fetchone()[0]
        return in_flight > IN_FLIGHT_MAX

    def _claim(self) -> list[Claimed]:
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(
                _sql(_CLAIM),
                {
                    "claim_max": CLAIM_MAX,
                    "base": self.environment.bus_backoff_seconds,
                    "max": BACKOFF_SECONDS_MAX,
                    "attempts_max": ATTEMPTS_MAX,
                },
            )
            return [Claimed(*row) for row in cursor.fetchall()]

    def _publish(self, dest: str, messages: Sequence[Claimed]) -> None:
        if self.broker.length(events_queue(dest)) > QUEUE_LENGTH_MAX:
            return  # the lease brings them back
        items = [
            {"id": m.message_id, "topic": m.topic, "subject": m.subject, "payload": m.payload}
            for m in messages
        ]
        envelope = Envelope(self.service, dest, "facts", items).sealed(self.keys)
        self.broker.publish(queue=events_queue(dest), task="bus.receive", envelope=envelope)

    def _retire(self, messages: Sequence[Claimed]) -> None:
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(
                _sql("update {table} set acked_at = now() where message_id = any(%s::uuid[])"),
                [[message.message_id for message in messages]],
            )


def send_acks(broker: Broker, *, to: str, done: Sequence[str], failed: dict[str, str]) -> None:
    """Tell a producer what is committed; needs no durability, a lost one costs one redelivery."""
    items = [{"id": message_id, "error": ""} for message_id in done]
    items += [{"id": message_id, "error": error} for message_id, error in failed.items()]
    if not items:
        return
    envelope = Envelope(settings.SERVICE_NAME, to, "acks", items)
    sealed = envelope.sealed(settings.ENVIRONMENT.bus_keys())
    broker.publish(queue=acks_queue(to), task="bus.ack", envelope=sealed)


def _sql(text: str) -> str:
    return text.format(table=connection.ops.quote_name(outbox()._meta.db_table))  # noqa: SLF001
