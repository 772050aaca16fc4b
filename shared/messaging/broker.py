"""The few things that are asked of Redis; it may forget all of them at any time."""

import uuid
from functools import cached_property
from typing import Any

from celery import Celery


class Broker:
    def __init__(self, app: Celery) -> None:
        self._app = app

    def publish(self, *, queue: str, task: str, envelope: dict[str, Any]) -> None:
        """Once, never again: a retry after a lost answer would double, the outbox's does not.

        Straight to the queue through the nameless exchange: the others are routed by a table in the
        broker, and after it was emptied a publisher that has declared its queue once loses all.
        """
        message = self._app.amqp.create_task_message(
            str(uuid.uuid4()), task, args=(), kwargs={"envelope": envelope}, ignore_result=True
        )
        with self._app.producer_or_acquire() as producer:
            producer.publish(
                message.body,
                exchange="",
                routing_key=queue,
                serializer="json",
                headers=message.headers,
                retry=False,
                **message.properties,
            )

    def length(self, queue: str) -> int:
        return int(self._client().llen(queue))

    def was_reset(self, service: str) -> bool:
        """True where our mark was not there; it is then set."""
        return bool(self._client().set(f"epoch:{service}", uuid.uuid4().hex, nx=True))

    @cached_property
    def _connection(self) -> Any:
        """Kept: the relay asks five times a second. It connects again by itself."""
        return self._app.connection_for_write()

    def _client(self) -> Any:
        """Kombu's own client: it puts the key prefix before every key by itself."""
        return self._connection.default_channel.client
