"""The lease under which this process does its job, asked for before each effect outside.

A runner that was stopped and goes on again has lost its job to another, and so has its child. What
the child then writes to our database meets the successor's rows and locks; what it does at Stripe
or in S3 meets nothing, so it has to ask first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.db.models.functions import Now

from shared.isolation.scope import as_ops
from shared.jobs.table import jobs


class LeaseLost(Exception):
    """Another runner has the job, or nobody renews our hold on it: nothing more may be done."""


@dataclass(frozen=True)
class Lease:
    job_id: str
    lease: str


_held: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def under_lease(lease: Lease) -> Iterator[None]:
    token = _held.set(lease)
    try:
        yield
    finally:
        _held.reset(token)


def require_lease() -> None:
    """Raises LeaseLost in a job whose hold has ended; outside of one there is none to lose."""
    held = _held.get()
    if held is None or settings.ENVIRONMENT.injects("fencing_off"):  # a control of the attacks
        return
    with as_ops():
        is_held = (
            jobs()
            .objects.filter(
                job_id=held.job_id, lease=held.lease, state="running", next_at__gt=Now()
            )
            .exists()
        )
    if not is_held:
        raise LeaseLost(f"job {held.job_id} is not held by lease {held.lease} any more")
