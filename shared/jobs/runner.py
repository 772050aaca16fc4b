"""Starts each job in a fresh child process and holds its lease while the child lives.

A task from a queue never computes for long, and a heavy child that dies takes nobody with it.
"""

import ctypes
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError, connection

from shared.isolation.scope import as_ops
from shared.jobs.work import ATTEMPTS_MAX, on_jobs

logger = logging.getLogger(__name__)

# How long a job stands still after its runner was killed; renewed while the child lives.
LEASE_SECONDS: Final = 20
POLL_SECONDS: Final = 0.2
# Of prctl(2): the signal that a child gets when its parent dies, however it dies.
_PR_SET_PDEATHSIG: Final = 1

_CLAIM: Final = """
    with due as (
        select job_id from {table}
        where state in ('queued', 'running') and next_at <= now()
        order by next_at limit 1 for update skip locked
    )
    update {table} j set state = 'running', lease = %s, attempts = j.attempts + 1,
        next_at = now() + %s * interval '1 second',
        payload = j.payload - 'rerun'
    from due where j.job_id = due.job_id
    returning j.job_id, j.kind, j.key, j.attempts
"""
_RENEWED: Final = """
    update {table} set next_at = now() + %(seconds)s * interval '1 second'
    where job_id = %(job_id)s and lease = %(lease)s
"""
_RELEASED: Final = """
    update {table} set next_at = now() + interval '1 second'
    where job_id = %(job_id)s and lease = %(lease)s and state = 'running'
"""
_GIVEN_UP: Final = """
    update {table} set state = 'failed', finished_at = now(), error = 'it died each time'
    where job_id = %(job_id)s and lease = %(lease)s and state = 'running'
"""


class Runner:
    def __init__(self) -> None:
        self.scratch = Path(settings.ENVIRONMENT.scratch_dir) / settings.SERVICE_NAME
        self.stopping = False

    def run_forever(self) -> None:
        """Until SIGTERM or SIGINT; the child that runs then is told to stop too."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self.scratch.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self.stopping:
            try:
                busy = self.run_once()
            except OperationalError:
                logger.exception("the database does not answer")
                connection.close()
                time.sleep(1)
            else:
                if not busy:
                    time.sleep(POLL_SECONDS)

    def run_once(self) -> bool:
        """Claim one due job and run it to its end; False where none was due."""
        claimed = self._claim()
        if claimed is None:
            return False
        job_id, lease, attempts = claimed
        if attempts > ATTEMPTS_MAX:
            self._give_up(job_id, lease)
            return True
        scratch = self.scratch / lease
        scratch.mkdir(parents=True)
        try:
            self._run_child(job_id, lease, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return True

    def _stop(self, _signal: int, _frame: Any) -> None:
        self.stopping = True

    def _claim(self) -> tuple[str, str, int] | None:
        lease = str(uuid.uuid4())
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(on_jobs(_CLAIM), [lease, LEASE_SECONDS])
            row = cursor.fetchone()
        if row is None:
            return None
        job_id, kind, key, attempts = row
        logger.info("job %s %s, attempt %s", kind, key, attempts)
        return str(job_id), lease, attempts

    def _run_child(self, job_id: str, lease: str, scratch: Path) -> None:
        child = subprocess.Popen(  # noqa: S603 - our own module and two identifiers
            [
                *(sys.executable, "-m", f"services.{settings.SERVICE_NAME}.manage"),
                *("run_job", job_id, lease),
            ],
            env={**os.environ, "TRUEBACK_SCRATCH_DIR": str(scratch.resolve())},
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
        )
        renewed = time.monotonic()
        while child.poll() is None:
            time.sleep(0.05)
            if self.stopping:
                child.terminate()
                child.wait(timeout=10)
            # Four times within a lease, so that a database that is away for a while costs nothing.
            elif time.monotonic() - renewed > LEASE_SECONDS / 4:
                renewed = time.monotonic()
                if not self._renew(job_id, lease):
                    child.kill()  # another runner has the job: two of it must not write at once
        if child.returncode != 0:
            logger.warning("job %s ended with code %s", job_id, child.returncode)
            self._release(job_id, lease)

    def _renew(self, job_id: str, lease: str) -> bool:
        """False where the job is another's now; one that is done keeps the lease it was done by."""
        return self._update(_RENEWED, job_id, lease)

    def _release(self, job_id: str, lease: str) -> None:
        """A child that died is tried again soon; one that recorded its outcome is left alone."""
        self._update(_RELEASED, job_id, lease)

    def _give_up(self, job_id: str, lease: str) -> None:
        self._update(_GIVEN_UP, job_id, lease)

    def _update(self, statement: str, job_id: str, lease: str) -> bool:
        """False where the lease is lost; a database that is away is no reason to stop the child."""
        try:
            with as_ops(), connection.cursor() as cursor:
                cursor.execute(
                    on_jobs(statement),
                    {"job_id": job_id, "lease": lease, "seconds": LEASE_SECONDS},
                )
                return bool(cursor.rowcount)
        except OperationalError:
            logger.exception("the database does not answer")
            connection.close()
            return True


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
