"""Starts each job in a fresh child process and holds its lease while the child lives.

A task from a queue never computes for long, and a heavy child that dies takes nobody with it. One
loop looks at all lanes, so that no child, however it hangs, holds up the others.
"""

import logging
import os
import shutil
import signal
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from shared.heartbeats.heart import SILENT_AFTER, Heart
from shared.heartbeats.models import HeartbeatRow
from shared.isolation.scope import as_ops
from shared.jobs.child import Child, Claimed
from shared.jobs.lanes import Lane, kinds_by_priority
from shared.jobs.table import on_jobs
from shared.jobs.work import ATTEMPTS_MAX

logger = logging.getLogger(__name__)

# How long a job stands still after its runner was killed; renewed while the child lives.
LEASE_SECONDS: Final = 20
POLL_SECONDS: Final = 0.2
# While a child runs: most jobs take a second or two.
_CHILD_POLL_SECONDS: Final = 0.05
# Of the file that tries whether children could write theirs.
_PROBE_BYTES: Final = 64 * 1024
# The name of its one loop.
_LANES: Final = "lanes"

_CLAIM: Final = """
    with due as (
        select job_id from {table}
        where state in ('queued', 'running') and next_at <= now() and kind = any(%(kinds)s)
        order by array_position(%(kinds)s, kind::text), next_at limit 1 for update skip locked
    )
    update {table} j set state = 'running', lease = %(lease)s, attempts = j.attempts + 1,
        next_at = now() + %(seconds)s * interval '1 second',
        payload = j.payload - 'rerun'
    from due where j.job_id = due.job_id
    returning j.job_id::text, j.lease::text, j.kind, j.key, j.attempts
"""
_RENEWED: Final = """
    update {table} set next_at = now() + %(seconds)s * interval '1 second'
    where job_id = %(job_id)s and lease = %(lease)s
"""
# The pause doubles as in `shared.jobs.work`, from 1 s: what ends each child may last a while.
_RELEASED: Final = """
    update {table} set next_at = now() + 2 ^ (attempts - 1) * interval '1 second', error = %(error)s
    where job_id = %(job_id)s and lease = %(lease)s and state = 'running'
"""
_GIVEN_UP: Final = """
    update {table} set state = 'failed', finished_at = now(),
        error = 'it ended without an outcome each time: ' || error
    where job_id = %(job_id)s and lease = %(lease)s and state = 'running'
"""


class Runner:
    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.scratch = Path(settings.ENVIRONMENT.scratch_dir) / settings.SERVICE_NAME
        self.stopping = False
        self._lanes = lanes
        self._children: dict[str, Child] = {}
        self._heart = Heart(
            HeartbeatRow.Process.RUNNER, {_LANES: SILENT_AFTER}, disk_error=self._disk_error
        )

    def run_forever(self) -> None:
        """Until SIGTERM or SIGINT; the children that run then are stopped too."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self.stopping:
                self._step()
                time.sleep(_CHILD_POLL_SECONDS if self._children else POLL_SECONDS)
        finally:
            self._end_all()
            self._heart.end()

    def run_once(self) -> bool:
        """Run what is due, one job per lane, to its end; False where none was due."""
        started = self._start_due()
        while self._children:
            self._look_after_children()
            time.sleep(_CHILD_POLL_SECONDS)
        return started

    def _step(self) -> None:
        self._look_after_children()
        try:
            self._start_due()
            self._heart.did_round(_LANES)
        except (OperationalError, InterfaceError):
            logger.exception("the database does not answer")
            connection.close()
            time.sleep(1)

    def _disk_error(self) -> str:
        """What the folder says to a file of the size of a small part of a job's; empty if nothing.

        Written through to the disk: one that is full may say so only then.
        """
        try:
            with TemporaryFile(dir=self.scratch) as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return f"{self.scratch}: {error.strerror or error}"
        return ""

    def _stop(self, _signal: int, _frame: Any) -> None:
        self.stopping = True

    def _start_due(self) -> bool:
        """Start one job in each lane that is free; False where none was due."""
        started = False
        while claimed := self._claim():
            started = True
            if claimed.attempts > ATTEMPTS_MAX:
                self._update(_GIVEN_UP, claimed)
            else:
                self._start(claimed)
        return started

    def _start(self, claimed: Claimed) -> None:
        """In its lane; where there is no room for its folder, or for a process, it waits."""
        lane = next(lane for lane in self._lanes if claimed.kind in lane.kinds)
        try:
            self._children[lane.name] = Child.start(
                claimed, self.scratch / claimed.lease, limit=lane.kinds[claimed.kind]
            )
        except OSError as error:
            logger.exception("job %s %s can't be started", claimed.kind, claimed.key)
            self._update(_RELEASED, claimed, error=f"it could not be started: {error}")

    def _claim(self) -> Claimed | None:
        kinds = kinds_by_priority(lane for lane in self._lanes if lane.name not in self._children)
        if not kinds:
            return None
        lease = str(uuid.uuid4())
        given: dict[str, Any] = {"kinds": kinds, "lease": lease, "seconds": LEASE_SECONDS}
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(on_jobs(_CLAIM), given)
            row = cursor.fetchone()
        if row is None:
            return None
        claimed = Claimed(*row)
        logger.info("job %s %s, attempt %s", claimed.kind, claimed.key, claimed.attempts)
        return claimed

    def _look_after_children(self) -> None:
        for lane, child in list(self._children.items()):
            if child.has_ended():
                self._settle(child)
                del self._children[lane]
            # Four times within a lease, so that a database that is away for a while costs nothing.
            elif child.seconds_since_renewal() > LEASE_SECONDS / 4:
                child.renewed()
                if not self._update(_RENEWED, child.claimed):
                    child.end("it was cancelled, or another runner has it")
                child.end_where_hung()

    def _settle(self, child: Child) -> None:
        """A child that died is tried again soon; one that recorded its outcome is left alone."""
        shutil.rmtree(child.scratch, ignore_errors=True)
        if child.failure():
            logger.warning("job %s: %s", child.claimed.job_id, child.failure())
            self._update(_RELEASED, child.claimed, error=child.failure())

    def _end_all(self) -> None:
        for child in self._children.values():
            child.stop()
        for child in self._children.values():
            child.wait()
            self._settle(child)

    def _update(self, statement: str, claimed: Claimed, *, error: str = "") -> bool:
        """False where the lease is lost; a database that is away is no reason to stop the child."""
        given: dict[str, Any] = {
            "job_id": claimed.job_id,
            "lease": claimed.lease,
            "seconds": LEASE_SECONDS,
            "error": error,
        }
        try:
            with as_ops(), connection.cursor() as cursor:
                cursor.execute(on_jobs(statement), given)
                return bool(cursor.rowcount)
        except (OperationalError, InterfaceError):
            logger.exception("the database does not answer")
            connection.close()
            return True
