"""What is done to a run, and undone again: each fault is a context, and lasts while it is open."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import psycopg
import redis
from kombu.exceptions import OperationalError

from deploy.local.process import child_environment
from deploy.local.stack import manage_process
from shared.contracts.contract import Contract
from shared.contracts.routes import CONTRACTS, events_queue
from shared.identifiers import uuid7
from shared.messaging.envelope import Envelope
from shared.vocabulary.troubles import TroubleCode, TroubleKind
from tests.bus import broker_of, bus_keys
from tests.system.close_run import SERVICES, CloseRun, count
from tests.system.s3_proxy import S3Proxy
from tests.system.supervisor import behind
from tests.system.watch import Row

_AWAIT_WORK_SECONDS: Final = 10
_STANDSTILL_SECONDS: Final = 0.7
# Before each request to a slow S3; it usually answers within milliseconds.
_SLOW_S3_SECONDS: Final = 1
# Less than any file of a run has.
_FULL_DISK_BYTES: Final = 0
_FAKETIME: Final = Path("/usr/lib")
# It issues invoices, and holds leases beside a runner whose clock is right.
_CLOCK_OFF: Final = "invoicing"
WITH_RUNNER: Final = tuple(name for name in SERVICES if name != "portal")
_SENT: Final = tuple(
    (name, f"{name}_outbox", "attempts > 0 and acked_at is null and dead_at is null")
    for name in WITH_RUNNER
)
PROCESSES: Final = tuple(
    f"{service}.{kind}"
    for service in SERVICES
    for kind in ("web", "bus", "worker", "runner")
    if (service, kind) != ("portal", "runner")
)


@dataclass(frozen=True)
class Fault:
    """`lasts` is false for what is over when it has been done, such as a kill.

    `shown_as`: one of these rows has to be on the page of health after a minute of it; None where
    no page may come (see `Operator.sees`).
    """

    name: str
    done_to: Callable[[CloseRun], AbstractContextManager[object]]
    lasts: bool = True
    shown_as: tuple[Row | None, ...] = ()


def kill(name: str) -> Fault:
    return Fault(f"kill -9 {name}", lambda run: _once(lambda: run.kill(name)), lasts=False)


def stop(name: str, *shown_as: Row | None) -> Fault:
    return Fault(f"SIGSTOP {name}", lambda run: _stopped(run, name), shown_as=shown_as)


@contextmanager
def _once(action: Callable[[], None]) -> Iterator[None]:
    action()
    yield


@contextmanager
def _stopped(run: CloseRun, name: str) -> Iterator[None]:
    """The process and its children; the one of that name now, whatever is started meanwhile."""
    group = run.pids().get(name)
    if group is None:
        yield
        return
    _signal_all([group], signal.SIGSTOP)
    try:
        yield
    finally:
        _signal_all([group], signal.SIGCONT)


def _signal_all(groups: Sequence[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)


def flush_the_broker(run: CloseRun) -> None:
    """While facts are on their way and every relay stands still: acknowledgements are lost, too."""
    run.wait(lambda: any(count(run, *sent) for sent in _SENT), seconds=_AWAIT_WORK_SECONDS)
    groups = [pid for name, pid in run.pids().items() if name.endswith(".bus")]
    _signal_all(groups, signal.SIGSTOP)
    time.sleep(_STANDSTILL_SECONDS)
    with suppress(redis.RedisError):
        run.broker.flushall()
    _signal_all(groups, signal.SIGCONT)


def stop_the_database_at_once(run: CloseRun) -> None:
    """PostgreSQL's immediate shutdown: no checkpoint, as if the machine had lost its power."""
    pid = run.pids().get("postgres")
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)


def _s3(run: CloseRun) -> S3Proxy:
    assert run.s3_proxy is not None, "this stack's services reach S3 without a proxy"
    return run.s3_proxy


def _full_disk(run: CloseRun) -> AbstractContextManager[None]:
    return _limited(run) if run.scratch_disk is None else run.scratch_disk.full()


@contextmanager
def _limited(run: CloseRun) -> Iterator[None]:
    """For runners and their children: a limit on what they write (EFBIG instead of ENOSPC)."""
    limited = []
    for service in WITH_RUNNER:
        for pid in _with_children(run.pids().get(f"{service}.runner")):
            with suppress(ProcessLookupError):
                soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FULL_DISK_BYTES, hard))
                limited.append((pid, soft, hard))
    try:
        yield
    finally:
        for pid, soft, hard in limited:
            for each in _with_children(pid):
                with suppress(ProcessLookupError):
                    resource.prlimit(each, resource.RLIMIT_FSIZE, (soft, hard))


def _with_children(pid: int | None) -> list[int]:
    if pid is None:
        return []
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [pid, *(each for child in children for each in _with_children(int(child)))]
    return [pid]


@contextmanager
def _no_connection_left(run: CloseRun) -> Iterator[None]:
    """As each service's own login, until PostgreSQL has none for anybody but its administrator."""
    with contextlib.ExitStack() as held:
        with suppress(psycopg.OperationalError):
            while True:
                for service in SERVICES:
                    url = run.stack.servers.database_url(service, "ops")
                    held.enter_context(psycopg.connect(url, connect_timeout=2, autocommit=True))
        yield


def send_poison(run: CloseRun) -> None:
    """To each service from each that may tell it anything: no envelope, no item, no payload, and
    facts that are well signed and say what can't be."""
    for contract in CONTRACTS.values():
        for dest in contract.consumers:
            with suppress(OperationalError, OSError):
                _send_poison(run, contract, dest)


def _send_poison(run: CloseRun, contract: Contract[Any], dest: str) -> None:
    good = {
        "id": str(uuid7()),
        "topic": contract.name,
        "subject": "",
        "payload": json.dumps(contract.dump(contract.example)),
    }
    bad: list[Any] = [
        {},
        {"id": 1},
        good | {"payload": "{"},
        good | {"id": str(uuid7()), "payload": json.dumps({"period": "\x00"})},
        good | {"id": str(uuid7()), "topic": "nobody.knows.v1"},
    ]
    keys = bus_keys(run.stack, contract.producer)
    broker = broker_of(run.stack, contract.producer)
    envelope = Envelope(contract.producer, dest, "facts", bad).sealed(keys)
    shapes: tuple[Any, ...] = (envelope, {"source": contract.producer}, [], None)
    for sent in shapes:
        broker.publish(queue=events_queue(dest), task="bus.receive", envelope=sent)


def faketime() -> str:
    """The library of Debian's package; empty where it isn't."""
    return next((str(file) for file in _FAKETIME.glob("*/faketime/libfaketimeMT.so.1")), "")


def _clock_off() -> dict[str, str]:
    """Ten minutes ahead; a monotonic clock is never set, and so never wrong."""
    library = faketime()
    if not library:
        return {}
    return {"LD_PRELOAD": library, "FAKETIME": "+600", "DONT_FAKE_MONOTONIC": "1"}


@contextmanager
def second_runners(run: CloseRun) -> Iterator[None]:
    """One more of each, beside those of the stack, for as long as the run goes on.

    The clock of one is off, where Debian's faketime is.
    """
    if not faketime():
        print("faketime is not installed: the clock of no process is off.", file=sys.stderr)
    started = []
    for service in WITH_RUNNER:
        servers = behind(_s3(run).url, run.stack.servers)
        process = manage_process(servers, service, "runner", name=f"{service}.second")
        # Of its own, as a second machine has it.
        scratch = run.stack.home.scratch / f"{service}-second"
        clock = _clock_off() if service == _CLOCK_OFF else {}
        env = {**process.env, **clock, "TRUEBACK_SCRATCH_DIR": str(scratch)}
        process = replace(process, env=env)
        started.append(
            subprocess.Popen(
                process.args,
                cwd=process.cwd,
                env=child_environment(process.env),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                process_group=0,
            )
        )
    try:
        yield
    finally:
        for runner in started:
            runner.terminate()
        for runner in started:
            runner.wait(timeout=60)


_S3_AWAY: Final = Row(TroubleKind.S3, TroubleCode.AWAY)
# The portal has a database, too: no page of it comes, or one that is 503 and names it.
_DATABASE_AWAY: Final = (Row(TroubleKind.DATABASE, TroubleCode.AWAY), None)
# Whoever is connected already answers, and names it.
_NO_CONNECTION: Final = (Row(TroubleKind.DATABASE, TroubleCode.NO_CONNECTION), *_DATABASE_AWAY)
BASIC: Final = (
    Fault(
        "postgres immediate stop",
        lambda run: _once(lambda: stop_the_database_at_once(run)),
        lasts=False,
    ),
    kill("valkey"),
    Fault("FLUSHALL", lambda run: _once(lambda: flush_the_broker(run)), lasts=False),
)
KILLS: Final = tuple(map(kill, PROCESSES))
# A second runner lives beside the one that is stopped.
LASTING: Final = (
    stop("s3", _S3_AWAY),
    stop("stripe", Row(TroubleKind.STRIPE, TroubleCode.AWAY)),
    stop("postgres", *_DATABASE_AWAY),
    stop("valkey", Row(TroubleKind.BROKER, TroubleCode.AWAY)),
    *(
        stop(f"{name}.runner", Row(TroubleKind.RUNNER, TroubleCode.ONE_SILENT, name))
        for name in WITH_RUNNER
    ),
    *(
        stop(f"{name}.web", Row(TroubleKind.SERVICE, TroubleCode.NO_ANSWER, name))
        for name in WITH_RUNNER
    ),
    stop("portal.web", None),
    Fault(
        "slow s3",
        lambda run: _s3(run).slow(_SLOW_S3_SECONDS),
        shown_as=(_S3_AWAY, Row(TroubleKind.S3, TroubleCode.SLOW)),
    ),
    Fault("5xx of s3", lambda run: _s3(run).refusing(), shown_as=(_S3_AWAY,)),
    Fault(
        "full disk",
        _full_disk,
        shown_as=(Row(TroubleKind.RUNNER, TroubleCode.SCRATCH_NOT_WRITABLE),),
    ),
    Fault("no connection left", _no_connection_left, shown_as=_NO_CONNECTION),
)
OTHERS: Final = (
    kill("s3"),
    kill("stripe"),
    Fault("poison messages", lambda run: _once(lambda: send_poison(run)), lasts=False),
    *LASTING,
)
