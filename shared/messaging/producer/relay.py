"""From the outbox to the broker; a row is retired by the consumer's acknowledgement alone.

The lease is the back-off: a claimed row is due again after it, so that a relay killed anywhere is
only a delay. The broker may forget everything at any time (docs/decisions/0002).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

from shared.contracts.routes import events_queue
from shared.isolation.scope import as_ops
from shared.messaging.broker import Broker
from shared.messaging.envelope import Envelope
from shared.messaging.producer.outbox import on_outbox

logger = logging.getLogger(__name__)

# Why each is what it is: docs/reference/messaging.md.
# Facts that one statement claims and leases.
CLAIM_MAX: Final = 200
# Facts of one envelope, which the consumer commits at once.
ENVELOPE_MAX: Final = 100
# Unacknowledged facts of a consumer, and envelopes in its queue, beyond which the relay waits.
IN_FLIGHT_MAX: Final = 2_000
QUEUE_LENGTH_MAX: Final = 500
# The longest time until a fact is sent again to a consumer that is away.
BACKOFF_SECONDS_MAX: Final = 900

# One statement claims and leases. A fact waits for as long as its consumer is away: it dies only
# of the consumer's own refusal.
_CLAIM: Final = """
    with due as (
        select message_id from {table}
        where acked_at is null and dead_at is null and next_at <= now() and dest = %(dest)s
        order by next_at, message_id limit %(claim_max)s for update skip locked
    )
    update {table} o set
        attempts = o.attempts + 1,
        next_at = now() + least(%(base)s * power(2, least(o.attempts, 10)), %(max)s)
            * (0.8 + 0.4 * random()) * interval '1 second'
    from due where o.message_id = due.message_id
    returning o.message_id::text, o.topic, o.subject, o.payload::text
"""
# Per consumer: what is due, and what is under way (sent, and its lease not over).
_WAITING: Final = """
    select dest, count(*) filter (where next_at <= now()),
        count(*) filter (where attempts > 0 and next_at > now())
    from {table} where acked_at is null and dead_at is null group by dest
"""
_AFTER_RESET: Final = (
    "update {table} set next_at = now() where acked_at is null and dead_at is null and attempts > 0"
)


@dataclass(frozen=True)
class Claimed:
    message_id: str
    topic: str
    subject: str
    payload: str


class Relay:
    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.service: str = settings.SERVICE_NAME
        self.environment = settings.ENVIRONMENT

    def run_once(self) -> int:
        """Send what is due, to each consumer as much as it takes; number of facts sent.

        One that is down or slow has its own window and its own queue: it holds up nobody else.
        """
        self.notice_broker_reset()
        sent = 0
        for dest in self._ready():
            claimed = self._claim(dest)
            for start in range(0, len(claimed), ENVELOPE_MAX):
                self._publish(dest, claimed[start : start + ENVELOPE_MAX])
            sent += len(claimed)
            # The control of the chaos test: what every other outbox does, and loses facts by.
            if self.environment.injects("retire_at_publish"):
                self._retire(claimed)
        return sent

    def notice_broker_reset(self) -> bool:
        """The broker was reset when our mark in it is gone: all in flight is due now."""
        if not self.broker.was_reset(self.service):
            return False
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(on_outbox(_AFTER_RESET))
            if cursor.rowcount:
                logger.warning(
                    "the broker was emptied: %s messages are sent again", cursor.rowcount
                )
        return True

    def _ready(self) -> list[str]:
        """Consumers with facts due and room for them."""
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(on_outbox(_WAITING))
            waiting = cursor.fetchall()
        return [
            dest
            for dest, due, in_flight in sorted(waiting)
            if due
            and in_flight <= IN_FLIGHT_MAX
            and self.broker.length(events_queue(dest)) <= QUEUE_LENGTH_MAX
        ]

    def _claim(self, dest: str) -> list[Claimed]:
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(
                on_outbox(_CLAIM),
                {
                    "dest": dest,
                    "claim_max": CLAIM_MAX,
                    "base": self.environment.bus_backoff_seconds,
                    "max": BACKOFF_SECONDS_MAX,
                },
            )
            return [Claimed(*row) for row in cursor.fetchall()]

    def _publish(self, dest: str, messages: Sequence[Claimed]) -> None:
        items = [
            {"id": m.message_id, "topic": m.topic, "subject": m.subject, "payload": m.payload}
            for m in messages
        ]
        envelope = Envelope(self.service, dest, "facts", items).sealed(self.environment.bus_keys())
        self.broker.publish(queue=events_queue(dest), task="bus.receive", envelope=envelope)

    def _retire(self, messages: Sequence[Claimed]) -> None:
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(
                on_outbox("update {table} set acked_at = now() where message_id = any(%s::uuid[])"),
                [[message.message_id for message in messages]],
            )
