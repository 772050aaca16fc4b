"""What is stuck of a service's jobs."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.db.models import Count, Min

from shared.health.trouble import ITEMS_MAX, Trouble, quoted
from shared.jobs.table import jobs, on_jobs
from shared.vocabulary.troubles import TroubleCode, TroubleKind

# A runner that lives takes what is due in a free lane within a second, a new one within a minute.
NO_RUNNER_AFTER: Final = timedelta(minutes=2)
# Behind one that takes long a job waits for it, and hours are right for a whole bill; after one of
# them a person should know what waits behind what.
LANE_IS_BUSY_AFTER: Final = timedelta(hours=1)
# The first repetition is a matter of two seconds, and mends what was a moment's.
REPEATED_FROM: Final = 3

# What a person has asked for is left out: its fault is the answer that the person has got.
_FAILED: Final = """
    select kind, key, min(finished_at), count(*),
        (array_agg(job_id::text order by finished_at desc))[1],
        (array_agg(error order by finished_at desc))[1]
    from {table} failed
    where state = 'failed' and requested_by = '' and key <> all(%(settled)s)
        and not exists (
            select from {table} done
            where done.kind = failed.kind and done.key = failed.key and done.state = 'done'
                and done.finished_at > failed.finished_at
        )
    group by kind, key order by min(finished_at) limit %(limit)s
"""


def job_troubles(now: datetime, *, settled: Collection[str] = ()) -> Iterator[Trouble]:
    """`settled` are keys of failed jobs of which nothing more is to come, told otherwise."""
    yield from _failed(settled)
    yield from _repeated()
    yield from _waiting(now)


def _failed(settled: Collection[str]) -> Iterator[Trouble]:
    """A kind and key that no later job has made good; since the first of its failures."""
    with connection.cursor() as cursor:
        cursor.execute(on_jobs(_FAILED), {"settled": list(settled), "limit": ITEMS_MAX})
        rows = cursor.fetchall()
    for kind, key, since, count, job_id, error in rows:
        yield Trouble(
            TroubleKind.FAILED_JOB,
            TroubleCode.GAVE_UP,
            job_id,
            since,
            {"job": kind, "key": key, "count": count, "text": quoted(error)},
        )


def _repeated() -> Iterator[Trouble]:
    unfinished = jobs().objects.filter(state__in=["queued", "running"])
    for job in unfinished.filter(attempts__gte=REPEATED_FROM).order_by("created_at")[:ITEMS_MAX]:
        yield Trouble(
            TroubleKind.REPEATED_JOB,
            TroubleCode.TRIED_AGAIN,
            str(job.job_id),
            job.created_at,
            {"job": job.kind, "key": job.key, "count": job.attempts, "text": quoted(job.error)},
        )


def _waiting(now: datetime) -> Iterator[Trouble]:
    """One for each kind of job. A runner that lives has renewed what it holds."""
    unfinished = jobs().objects.filter(state__in=["queued", "running"])
    is_running = unfinished.filter(state="running", next_at__gt=now).exists()
    patience = LANE_IS_BUSY_AFTER if is_running else NO_RUNNER_AFTER
    overdue = unfinished.filter(next_at__lt=now - patience).values("kind")
    for row in overdue.annotate(count=Count("*"), oldest=Min("next_at")).order_by("kind"):
        yield Trouble(
            TroubleKind.WAITING_JOBS,
            TroubleCode.LANE_IS_BUSY if is_running else TroubleCode.NO_RUNNER,
            row["kind"],
            row["oldest"],
            {"count": row["count"]},
        )
