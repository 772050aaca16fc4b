"""Relay, beat and acknowledgements of a service: one process, three loops.

A scheduled call only asks for jobs: what is due is a row in the database, so that a call that comes
twice or not at all changes nothing but the delay.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from celery import Celery
from celery.bootsteps import StartStopStep
from django.conf import settings
from django.db import close_old_connections, connection

from shared.contracts.routes import acks_queue, events_queue
from shared.heartbeats.heart import SILENT_AFTER, Heart
from shared.heartbeats.models import HeartbeatRow
from shared.messaging.broker import Broker
from shared.messaging.producer.relay import Relay

logger = logging.getLogger(__name__)

# A loop whose step fails at once would write a log line each millisecond.
FAILURE_PAUSE_SECONDS: Final = 1.0
# A scheduled call lists every source, of which one may have a hundred thousand objects; and a beat
# is a minute after the one before.
SCHEDULED_CALL_MAX: Final = timedelta(minutes=10)
# Of Celery's loop, which has other things to do in between.
_ROUND_SECONDS: Final = 5
_RELAY: Final = "relay"
_ACKS: Final = "acknowledgements"
_FACTS: Final = "facts"


def run_bus(app: Celery, schedule: Mapping[str, Callable[[], None]]) -> None:
    """Until the process is told to stop."""
    environment = settings.ENVIRONMENT
    relay = Relay(Broker(app))
    scheduled = dict.fromkeys(schedule, SCHEDULED_CALL_MAX)
    heart = Heart(
        HeartbeatRow.Process.BUS, {_RELAY: SILENT_AFTER, _ACKS: SILENT_AFTER, **scheduled}
    )
    _loop(_RELAY, relay.run_once, environment.bus_poll_seconds, heart)
    for name, call in schedule.items():
        _loop(name, call, environment.beat_seconds, heart)
    queue = acks_queue(settings.SERVICE_NAME)
    _run_celery(app, heart, loop=_ACKS, queue=queue, name="bus", pool="solo")


def run_worker(app: Celery) -> None:
    """Until the process is told to stop.

    Its own loop gives the signs of life, not the child that handles a message, which may take
    minutes: the loop ends a child that takes longer than `task_time_limit`.
    """
    heart = Heart(HeartbeatRow.Process.WORKER, {_FACTS: SILENT_AFTER})
    queue = events_queue(settings.SERVICE_NAME)
    _run_celery(app, heart, loop=_FACTS, queue=queue, name="worker", pool="prefork")


def _run_celery(app: Celery, heart: Heart, *, loop: str, queue: str, name: str, pool: str) -> None:
    app.steps["worker"].add(_beating(heart, loop))
    # Celery would make Django's checks of its own accord; see `UncheckedCommand`.
    os.environ["CELERY_SKIP_CHECKS"] = "1"
    app.worker_main(
        [
            "worker",
            f"--pool={pool}",
            "--concurrency=1",
            f"--queues={queue}",
            f"--hostname={name}@{settings.SERVICE_NAME}",
            "--without-gossip",
            "--without-mingle",
            "--loglevel=WARNING",
        ]
    )


def _beating(heart: Heart, loop: str) -> type[StartStopStep]:
    """What Celery's own loop calls in between; `loop` is its name."""

    def did_round() -> None:
        heart.did_round(loop)
        # A child that is forked later would have our connection; and who waits here for a database
        # that hangs waits for the five seconds in which it connects, no longer.
        connection.close()

    class Beating(StartStopStep):
        requires = ("celery.worker.components:Timer",)

        def start(self, worker: Any) -> None:
            worker.timer.call_repeatedly(_ROUND_SECONDS, did_round)

        def stop(self, _worker: Any) -> None:
            heart.end()

    return Beating


def _loop(name: str, step: Callable[[], object], seconds: float, heart: Heart) -> None:
    """A step that fails is no round: a loop that does nothing but fail hangs, too."""

    def forever() -> None:
        while True:
            try:
                close_old_connections()
                busy = step()
                heart.did_round(name)
            except Exception:
                logger.exception("%s: the step failed and is tried again", name)
                busy = 0
                time.sleep(FAILURE_PAUSE_SECONDS)
            if not busy:
                time.sleep(seconds)

    threading.Thread(target=forever, name=name, daemon=True).start()
