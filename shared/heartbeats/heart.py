"""What a process says of itself while it works: that all its loops still do their rounds.

The sign is given by the loops that do the work, in between, and by no thread of its own: that one
would go on while the work hangs.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from shared.heartbeats.models import HeartbeatRow
from shared.isolation.scope import as_ops

logger = logging.getLogger(__name__)

BEAT_SECONDS: Final = 15
# Three beats: one may be late behind a slow statement, and a restart takes some seconds.
SILENT_AFTER: Final = timedelta(seconds=3 * BEAT_SECONDS)
# An instance that does not come back, such as a container that was replaced, is forgotten then.
FORGOTTEN_AFTER: Final = timedelta(hours=1)


def heartbeats() -> Any:
    return apps.get_model(settings.SERVICE_NAME, "Heartbeat")


class Heart:
    """Of one process; its threads share it.

    `loops` are names and the time that one round of each may take. `disk_error` tries whether the
    process can write where it must, and is empty where it can.
    """

    def __init__(
        self,
        process: HeartbeatRow.Process,
        loops: Mapping[str, timedelta],
        *,
        disk_error: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._process = process
        self._loops = loops
        self._disk_error = disk_error
        self._clock = clock
        self._lock = threading.Lock()
        self._rounds = dict.fromkeys(loops, clock())
        self._written: float | None = None
        self._has_ended = False
        self._disk_failing_since: datetime | None = None

    def did_round(self, loop: str) -> None:
        """Called by `loop` after each round that succeeded; writes what is due every 15 seconds.

        A database that is away is no reason to stop: the health's own answer says so.
        """
        with self._lock:
            now = self._rounds[loop] = self._clock()
            is_due = self._written is None or now - self._written >= BEAT_SECONDS
            if self._has_ended or not is_due:
                return
            if self._written is not None and now - self._written > SILENT_AFTER.total_seconds():
                # The whole process stood still: each of its loops has its time anew.
                self._rounds = dict.fromkeys(self._loops, now)
            self._written = now
            late = {
                name: now - at
                for name, at in self._rounds.items()
                if now - at > self._loops[name].total_seconds()
            }
        self._write(late, self._disk_error())

    def end(self) -> None:
        """The process ends as it should: its silence is no trouble while another lives."""
        self._has_ended = True
        try:
            with as_ops():
                heartbeats().objects.filter(
                    process=self._process, instance=settings.ENVIRONMENT.instance
                ).update(ended_at=datetime.now(UTC))
        except (DatabaseError, InterfaceError):
            logger.warning("the end of this %s could not be written down", self._process)
            connection.close()

    def _write(self, late: Mapping[str, float], disk_error: str) -> None:
        now = datetime.now(UTC)
        self._disk_failing_since = (self._disk_failing_since or now) if disk_error else None
        table = heartbeats()
        row = table(
            process=self._process,
            instance=settings.ENVIRONMENT.instance,
            beat_at=now,
            hanging_loops=", ".join(late),
            hanging_since=now - timedelta(seconds=max(late.values())) if late else None,
            disk_error=disk_error,
            disk_failing_since=self._disk_failing_since,
        )
        key = ["process", "instance"]
        fields = [field.name for field in table._meta.fields if field.name not in {"id", *key}]  # noqa: SLF001 - the public name of a model's fields
        try:
            with as_ops():
                table.objects.bulk_create(
                    [row], update_conflicts=True, unique_fields=key, update_fields=fields
                )
                others = table.objects.filter(process=self._process)
                others.filter(beat_at__lt=now - FORGOTTEN_AFTER).delete()
        except (DatabaseError, InterfaceError):
            logger.warning("no sign of life of this %s could be written", self._process)
            connection.close()
