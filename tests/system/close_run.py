"""A demo close under faults, and a checker that reads the promise and not the implementation.

The checker looks into the databases, the generator's truth and the store of Stripe's stand-in; it
uses no code of the services.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import psycopg
import redis
from psycopg import sql
from rich.console import Console

from deploy.demo.line import business_date, run_sample_line
from deploy.local.business_date import keep_business_date
from deploy.local.home import Home
from deploy.local.progress import Progress, StepLine
from deploy.local.servers import prepare_servers
from deploy.local.session import stack_session
from deploy.local.stack import Stack
from deploy.local.state import read_state
from deploy.local.waiting import Patience
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.write import Sample
from shared.faults import Fault
from shared.periods import Month
from shared.vocabulary.modes import Mode
from tests.system.running_month import RunningMonth
from tests.system.s3_proxy import S3Proxy, s3_proxy
from tests.system.small_disk import SmallDisk, small_disk
from tests.system.supervisor import MODULE as SUPERVISOR_MODULE

ANCHOR = Month(2026, 10)
ONLY_THE_ANCHOR = (0,)
# What is before it is billed first, and nearly all of it is issued and paid; what follows is
# delivered again and again (`RunningMonth`).
WITH_MONTHS_AROUND = (-1, 0, 1)
SERVICES = ("ingestion", "attribution", "invoicing", "portal")
# Service, table and condition of what is still on its way.
UNSETTLED = (
    *((name, f"{name}_outbox", "acked_at is null and dead_at is null") for name in SERVICES),
    *((name, f"{name}_job", "state in ('queued', 'running')") for name in SERVICES),
)
# A runner that is killed with a job leaves it leased for 20 s, and two are.
_COMPLETE_RUN_SECONDS = 180
_RUNNING = SampleMonth(anchor=ANCHOR, offset=1)
_RUNNING_MONTH_SECONDS = 180
_IS_FOUND = "state = 'found'"
# Dollars: what was drafted or issued, less what was given back.
_INVOICED = """
    select (sum(total_minor) - coalesce(
        (select sum(net_minor) from invoicing_creditnote where state = 'issued'), 0
    )) / 100.0 from invoicing_invoice where state <> 'void'
"""
# What a run without faults gives, and what of it depends on its months.
EXPECTED = {
    "difference": "0",
    "truth_mismatches": 0,
    "restated_tenants": 12,
    "tenants": 12,
    "stripe_equals_ours": True,
}
EXPECTED_INVOICES = {
    ONLY_THE_ANCHOR: {"invoices_drafted": 10, "invoices_issued": 6, "stripe_invoices": 6},
    WITH_MONTHS_AROUND: {"invoices_drafted": 19, "invoices_issued": 15, "stripe_invoices": 15},
}


class _Reached(Exception):
    pass


@dataclass
class _Until(Progress):
    """Ends the line before a step of it, where it is given one."""

    before: str = ""

    def step(self, name: str) -> AbstractContextManager[StepLine]:
        if name == self.before:
            raise _Reached
        return super().step(name)


class CloseRun:
    """The sample line in a thread of its own, while the caller does harm."""

    def __init__(
        self,
        stack: Stack,
        *,
        patience_seconds: float,
        samples: dict[SampleMonth, Sample] | None = None,
        until: str = "",
        s3_proxy: S3Proxy | None = None,
        scratch_disk: SmallDisk | None = None,
        offsets: tuple[int, ...] = ONLY_THE_ANCHOR,
    ) -> None:
        """`samples` are those that an earlier close on this stack has written.

        `until` is the step that the line ends before; it then has no figures.
        """
        self.stack = stack
        self.offsets = offsets
        self.s3_proxy = s3_proxy
        self.scratch_disk = scratch_disk
        self.broker = redis.Redis.from_url(stack.servers.redis_url)
        self.figures: dict[str, Any] = {}
        self.problem = ""
        self._patience_seconds = patience_seconds
        self._samples = samples
        self._progress = _Until(Console(quiet=True), before=until)
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._running_month = (
            RunningMonth(
                stack.servers,
                _RUNNING,
                waiting_count=lambda: count(self, "ingestion", "ingestion_delivery", _IS_FOUND),
                patience_seconds=patience_seconds,
            )
            if _RUNNING.offset in offsets
            else None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.broker.close()
        for service in list(self._connections):
            self._disconnect(service)

    def start(self) -> None:
        if self._running_month is not None:
            self._running_month.start()
        self._thread.start()

    def is_running(self) -> bool:
        return self._thread.is_alive()

    def finish(self) -> None:
        """Its own end, and that of the deliveries of the running month, which has none."""
        if self._running_month is not None:
            self._running_month.finish()
        self._thread.join()

    def running_month_failure(self) -> str:
        """Empty where its last delivery has been attributed, soon at the latest, or is none."""
        month = self._running_month
        if month is None or month.problem:
            return month.problem if month else ""
        query = sql.SQL(
            "select (proof->>'bill_total')::numeric from attribution_run"
            " where period = {} and is_current"
        ).format(str(month))
        is_attributed = self.wait(
            lambda: self.query("attribution", query) == [(month.last_total,)],
            seconds=_RUNNING_MONTH_SECONDS,
        )
        return "" if is_attributed else f"the last delivery of {month} is not attributed"

    def _run(self) -> None:
        try:
            self.figures = run_sample_line(
                self.stack,
                self._progress,
                anchor=ANCHOR,
                offsets=[offset for offset in self.offsets if offset != _RUNNING.offset],
                patience=Patience(self._patience_seconds),
                samples=self._samples,
            )
        except _Reached:
            return
        except Fault as fault:
            self.problem = str(fault)

    def pids(self) -> dict[str, int]:
        state = read_state(self.stack.home)
        assert state is not None
        return {process.name: process.pid for process in state.processes if process.pid}

    def kill(self, name: str) -> None:
        """kill -9 of the process and all it has started: they share its group."""
        pid = self.pids().get(name)
        if pid is not None:
            try:
                os.killpg(pid, signal.SIGKILL)
            except ProcessLookupError:
                return

    def query(self, service: str, query: str | sql.Composed) -> list[tuple[Any, ...]]:
        """As the database's administrator; [] while it is down, and once after it was.

        Whoever waits asks many times a second: each connection would be a process of PostgreSQL's.
        """
        try:
            return self._connection(service).execute(query).fetchall()
        except psycopg.OperationalError:
            self._disconnect(service)
            return []

    def _connection(self, service: str) -> psycopg.Connection[Any]:
        if service not in self._connections:
            url = self.stack.servers.postgres_url.rsplit("/", 1)[0] + f"/{service}"
            connection = psycopg.connect(url, connect_timeout=3, autocommit=True)
            self._connections[service] = connection
        return self._connections[service]

    def _disconnect(self, service: str) -> None:
        connection = self._connections.pop(service, None)  # two threads ask
        if connection is not None:
            connection.close()

    def queue_length(self, queue: str) -> int:
        return int(self.broker.llen(f"tb:{queue}"))

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """The process and its children stand still."""
        group = self.pids()[name]
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    def wait(self, look: Callable[[], bool], *, seconds: float = 60) -> bool:
        """Also after the line has ended well: the stack goes on with what follows from it."""
        deadline = time.monotonic() + seconds
        while not look():
            if time.monotonic() > deadline or self.problem:
                return False
            time.sleep(0.05)
        return True


def forget_facts_in_the_queue(run: CloseRun) -> bool:
    """FLUSHALL while the first facts lie in the broker: published, and not yet consumed."""
    with run.frozen("attribution.worker"):
        reached = run.wait(lambda: run.queue_length("attribution.events") > 0)
        time.sleep(0.5)  # until the relay has retired what it wrongly thinks is done, if it does
        run.broker.flushall()
    return reached


def forget_acknowledgements(run: CloseRun) -> bool:
    """Revenue is recorded, and invoicing never learns so: it tells it again.

    The acknowledgements go into a process that stands still, which is then killed with what it has
    taken from the broker, and the broker forgets the rest.
    """
    complete = "is_current and signal_set_ids <> '[]'"
    sent = "topic = 'invoicing.revenue_recorded.v1' and attempts > 0 and acked_at is null"
    reached = run.wait(
        lambda: count(run, "attribution", "attribution_run", complete) > 0,
        seconds=_COMPLETE_RUN_SECONDS,
    )
    with run.frozen("attribution.worker"):
        reached &= run.wait(lambda: count(run, "invoicing", "invoicing_outbox", sent) > 0)
        time.sleep(0.5)  # claimed, and by now in the broker
        os.killpg(run.pids()["invoicing.bus"], signal.SIGSTOP)
    reached &= run.wait(lambda: count(run, "attribution", "attribution_revenueentry") > 0)
    time.sleep(0.5)  # committed, and by now acknowledged
    run.kill("invoicing.bus")
    run.broker.flushall()
    return reached and count(run, "invoicing", "invoicing_outbox", sent) > 0


def count(run: CloseRun, service: str, table: str, where: str = "true") -> int:
    query = sql.SQL("select count(*) from {} where {}")
    rows = run.query(service, query.format(sql.Identifier(table), sql.SQL(where)))
    return rows[0][0] if rows else 0


def kill_each_in_turn(run: CloseRun, *, first: str, pause_seconds: float) -> list[str]:
    """kill -9 every process once while the line runs, and FLUSHALL once in their midst.

    The names of those killed.
    """
    killed: list[str] = []
    names = sorted(run.pids(), key=lambda name: (name != first, name))
    for name in names:
        if not run.is_running():
            break
        if len(killed) == len(names) // 2:
            run.broker.flushall()
        run.kill(name)
        killed.append(name)
        time.sleep(pause_seconds)
    return killed


def failures(run: CloseRun) -> list[str]:
    """Each broken promise in a sentence; none if all is well."""
    if run.problem:
        return [run.problem]
    if month_failure := run.running_month_failure():
        return [month_failure]
    found = [
        f"{name}: {run.figures.get(name)} instead of {wanted}"
        for name, wanted in (EXPECTED | EXPECTED_INVOICES[run.offsets]).items()
        if run.figures.get(name) != wanted
    ]
    if not settled(run, seconds=60):
        found.append("messages are still unacknowledged after a minute")
    found += _revenue_failures(run)
    dead = {
        service: dead_count
        for service in SERVICES
        if (dead_count := count(run, service, f"{service}_outbox", "dead_at is not null"))
    }
    return [*found, *(f"{service}: {dead[service]} dead letters" for service in dead)]


def _revenue_failures(run: CloseRun) -> list[str]:
    """What tenants are said to have earned is what their invoices say, in attribution's books and
    in the portal's."""
    invoiced = _sum(run, "invoicing", _INVOICED)
    recorded = _sum(run, "attribution", "select sum(amount) from attribution_revenueentry")
    shown = _sum(run, "portal", "select sum(revenue) from portal_tenantmargin")
    found = []
    if recorded != invoiced:
        found.append(f"{recorded} of revenue is recorded, {invoiced} was invoiced")
    if shown != invoiced:
        found.append(f"{shown} of revenue is shown, {invoiced} was invoiced")
    return found


def _sum(run: CloseRun, service: str, query: str) -> Decimal:
    return Decimal(run.query(service, query)[0][0] or 0).quantize(Decimal("0.01"))


def wait_until_reachable(run: CloseRun, *, seconds: float) -> None:
    """A database that is down answers nothing, which is not the same as having nothing."""
    deadline = time.monotonic() + seconds
    while not all(run.query(name, "select 1") for name in SERVICES):
        assert time.monotonic() < deadline, "the databases do not come back"
        time.sleep(0.5)


def settled(run: CloseRun, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        wait_until_reachable(run, seconds=seconds)
        if not any(count(run, *each) for each in UNSETTLED):
            return True
        time.sleep(0.5)
    return False


@contextmanager
def close_run(
    home: Path, *, patience_seconds: float, offsets: tuple[int, ...] = ONLY_THE_ANCHOR
) -> Iterator[CloseRun]:
    """On a stack of its own, whose services reach S3 by a proxy, and a disk for scratch alone."""
    keep_business_date(Home(home.resolve()), business_date(ANCHOR))
    servers = prepare_servers(Home(home.resolve()), Mode.TEST)
    with (
        s3_proxy(servers.s3.endpoint_url) as proxy,
        small_disk(servers.home.scratch) as disk,
        stack_session(
            servers.home,
            Mode.TEST,
            supervised_by=(SUPERVISOR_MODULE, proxy.url),
        ) as stack,
        CloseRun(
            stack,
            patience_seconds=patience_seconds,
            s3_proxy=proxy,
            scratch_disk=disk,
            offsets=offsets,
        ) as run,
    ):
        yield run
