"""Which processes of a service give no sign of life, and what those that live complain of."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from shared.health.trouble import Trouble, quoted
from shared.heartbeats.heart import SILENT_AFTER, heartbeats
from shared.heartbeats.models import HeartbeatRow
from shared.jobs.table import jobs
from shared.messaging.producer.outbox import outbox
from shared.runtime.service import job_lanes
from shared.vocabulary.troubles import TroubleCode, TroubleKind

Process = HeartbeatRow.Process
_KINDS: Final[Mapping[str, TroubleKind]] = {
    Process.RUNNER: TroubleKind.RUNNER,
    Process.BUS: TroubleKind.BUS,
    Process.WORKER: TroubleKind.WORKER,
}
# A process that has never given a sign may be about to start: it has as long as one that was
# silent since this process, which is asked, has started.
_STARTED_AT: Final = datetime.now(UTC)


def process_troubles(
    now: datetime, *, without_broker: bool = False, started_at: datetime = _STARTED_AT
) -> Iterator[Trouble]:
    """In the staff's scope. `without_broker`: those that can't work without it are left out.

    Their silence says nothing then, and that the broker is away is trouble enough.
    """
    rows: dict[str, list[Any]] = {}
    for row in heartbeats().objects.order_by("instance"):
        rows.setdefault(row.process, []).append(row)
    for process in _expected(without_broker=without_broker):
        yield from _of_process(process, rows.get(process, []), now - SILENT_AFTER, started_at)


def _expected(*, without_broker: bool) -> Iterator[Process]:
    if job_lanes():
        yield Process.RUNNER
    if not without_broker:
        yield from (Process.BUS, Process.WORKER)


def _of_process(
    process: Process, rows: Sequence[Any], limit: datetime, started_at: datetime
) -> Iterator[Trouble]:
    kind = _KINDS[process]
    newest = max((row.beat_at for row in rows), default=started_at)
    if newest < limit:
        yield Trouble(kind, TroubleCode.NONE_ALIVE, process, newest, {"count": _WAITING[process]()})
        return
    for row in rows:
        if row.ended_at is not None:
            continue
        named = {"instance": row.instance}
        if row.beat_at < limit:
            yield Trouble(kind, TroubleCode.ONE_SILENT, process, row.beat_at, named)
            continue
        if row.hanging_loops:
            loops = {**named, "loops": row.hanging_loops}
            yield Trouble(kind, TroubleCode.LOOP_HANGS, process, row.hanging_since, loops)
        if row.disk_error:
            text = {**named, "text": quoted(row.disk_error)}
            yield Trouble(
                kind, TroubleCode.SCRATCH_NOT_WRITABLE, process, row.disk_failing_since, text
            )


def waiting_jobs() -> int:
    return int(jobs().objects.filter(state__in=["queued", "running"]).count())


def waiting_facts() -> int:
    return int(outbox().objects.filter(acked_at=None, dead_at=None).count())


# What waits for a worker is known where it was sent from: it is shown there.
_WAITING: Final[Mapping[str, Callable[[], int]]] = {
    Process.RUNNER: waiting_jobs,
    Process.BUS: waiting_facts,
    Process.WORKER: lambda: 0,
}
