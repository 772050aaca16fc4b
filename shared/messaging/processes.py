"""Relay, beat and acknowledgements of a service: one process, three loops.

A scheduled call only asks for jobs: what is due is a row in the database, so that a call that comes
twice or not at all changes nothing but the delay.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from celery import Celery
from django.conf import settings
from django.db import close_old_connections

from shared.contracts.routes import acks_queue
from shared.messaging.broker import Broker
from shared.messaging.producer.relay import Relay

logger = logging.getLogger(__name__)

# A loop whose step fails at once would write a log line each millisecond.
FAILURE_PAUSE_SECONDS: Final = 1.0


def run_bus(app: Celery, schedule: Mapping[str, Callable[[], None]]) -> None:
    """Until the process is told to stop."""
    environment = settings.ENVIRONMENT
    relay = Relay(Broker(app))
    _loop("relay", relay.run_once, environment.bus_poll_seconds)
    for name, call in schedule.items():
        _loop(f"beat {name}", call, environment.beat_seconds)
    run_worker(app, queue=acks_queue(settings.SERVICE_NAME), name="bus", pool="solo")


def run_worker(app: Celery, *, queue: str, name: str, pool: str) -> None:
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


def _loop(name: str, step: Callable[[], object], seconds: float) -> None:
    def forever() -> None:
        while True:
            try:
                close_old_connections()
                busy = step()
            except Exception:
                logger.exception("%s: the step failed and is tried again", name)
                busy = 0
                time.sleep(FAILURE_PAUSE_SECONDS)
            if not busy:
                time.sleep(seconds)

    threading.Thread(target=forever, name=name, daemon=True).start()
