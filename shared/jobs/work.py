"""Asking for a job, and doing it in a child process."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Now

from shared.faults import Fault, PassingFault
from shared.isolation.scope import as_ops
from shared.jobs.lease import Lease, LeaseLost, under_lease
from shared.jobs.table import jobs, on_jobs

logger = logging.getLogger(__name__)

# After the last one a job stays failed, to be seen; between them the back-off doubles from 2 s.
ATTEMPTS_MAX: Final = 8
# A scheduled call asks for no new job this long after one of the same kind and key has failed.
RETRY_AFTER: Final = timedelta(minutes=5)
JobHandler = Callable[[dict[str, Any]], None]


def request_job(*, kind: str, key: str, payload: dict[str, Any], requested_by: str = "") -> None:
    """Insert a job in the caller's transaction, unless the same one waits already.

    One that is running does not count as waiting: its input may be older than this request, so the
    request is put behind it (`rerun` in the payload makes it run again).
    """
    job = jobs()(kind=kind, key=key, payload=payload)
    with as_ops(), connection.cursor() as cursor:
        cursor.execute(
            on_jobs(
                "insert into {table}"
                " (job_id, kind, key, payload, requested_by, state, attempts, error)"
                " values (%s, %s, %s, %s, %s, 'queued', 0, '')"
                " on conflict (kind, key) where state in ('queued', 'running')"
                " do update set payload = excluded.payload || jsonb_build_object('rerun', true)"
            ),
            [job.job_id, kind, key, json.dumps(payload), requested_by],
        )


def cancel_job(job: Any) -> None:
    """In the caller's transaction, which holds the row; its runner ends the child that is at it.

    `job` is unfinished. Whatever the child still does, it can't record an outcome.
    """
    job.state, job.lease, job.finished_at = "cancelled", None, Now()
    job.save()


def ensure_job(*, kind: str, key: str, payload: dict[str, Any]) -> None:
    """For scheduled calls: a job that the state calls for, unless one is at it or has just failed.

    Whoever asks looks at the state and not at the clock, so that nothing that was lost stays lost.
    """
    with as_ops():
        same = jobs().objects.filter(kind=kind, key=key)
        since = datetime.now(UTC) - RETRY_AFTER
        if not same.filter(Q(state__in=["queued", "running"]) | Q(finished_at__gt=since)).exists():
            request_job(kind=kind, key=key, payload=payload)


def work(job_id: str, lease: str, kinds: Mapping[str, JobHandler]) -> None:
    """Do a leased job and record the outcome.

    A fault ends it; one that may pass, and any other error, is tried again.

    The operation's own writes are idempotent: a job that dies between them and this record is run
    again and changes nothing.
    """
    with as_ops():
        job = jobs().objects.filter(job_id=job_id, lease=lease, state="running").first()
    if job is None:
        logger.warning("job %s is not held by lease %s any more", job_id, lease)
        return
    payload = {name: value for name, value in job.payload.items() if name != "rerun"}
    try:
        with under_lease(Lease(job_id, lease)):
            kinds[job.kind](payload)
    except LeaseLost as lost:
        logger.warning("job %s %s is left to its new holder: %s", job.kind, job.key, lost)
    except PassingFault as fault:
        logger.warning("job %s %s is tried again: %s", job.kind, job.key, fault)
        _retry(job, lease, str(fault))
    except Fault as fault:
        logger.warning("job %s %s: %s", job.kind, job.key, fault)
        _finish(job, lease, state="failed", error=str(fault))
    except Exception as error:
        logger.exception("job %s %s failed", job.kind, job.key)
        _retry(job, lease, f"{type(error).__name__}: {error}")
        raise
    else:
        _finish(job, lease, state="done", error="")


def _finish(job: Any, lease: str, *, state: str, error: str) -> None:
    with as_ops():
        held = jobs().objects.select_for_update().filter(job_id=job.job_id, lease=lease).first()
        if held is None:
            return
        if held.payload.get("rerun"):
            held.state, held.lease, held.attempts, held.next_at = "queued", None, 0, Now()
        else:
            held.state, held.finished_at = state, Now()
        held.error = error
        held.save()


def _retry(job: Any, lease: str, error: str) -> None:
    """Back-off doubles from 2 s; after the last attempt the job is failed and stays to be seen."""
    with as_ops():
        held = jobs().objects.select_for_update().filter(job_id=job.job_id, lease=lease).first()
        if held is None:
            return
        is_last = held.attempts >= ATTEMPTS_MAX and not held.payload.get("rerun")
        held.state = "failed" if is_last else "queued"
        held.error, held.lease = error, None
        held.next_at = datetime.now(UTC) + timedelta(seconds=2**held.attempts)
        held.finished_at = Now() if is_last else None
        if held.payload.get("rerun"):
            held.attempts = 0
        held.save()
