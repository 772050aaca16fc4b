"""Start the whole stack, keep it alive, end it: one process, one thread, one loop.

    python -m deploy.local.supervisor

SIGTERM or SIGINT ends it; nothing it started outlives it, not even a kill -9 (see `leftovers`).
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from deploy.local import migrations
from deploy.local.children import Child, Children
from deploy.local.home import Home, find_home
from deploy.local.leftovers import MARK, Guard, end_leftovers, marked_processes, memory_mb
from deploy.local.servers import Servers, prepare_servers, provision_servers, server_processes
from deploy.local.stack import (
    GROUPS,
    ROOT,
    assets_process,
    existing_services,
    manage_process,
    service_processes,
    stripe_process,
)
from deploy.local.state import StackState, Step, only_one, write_state
from shared.faults import Fault

_SAMPLE_SECONDS: Final = 2.0
_AT_ONCE: Final = 2

OnStep = Callable[[Step], None]


def supervise(home: Home, *, on_step: OnStep, also_count: int | None = None) -> None:
    """Returns after a signal has ended it all; `also_count` is a process whose memory counts too.

    Call it from the main thread of a process that has no other.
    """
    home.create()
    with only_one(home):
        servers = prepare_servers(home)
        mark = servers.credentials["stack"]
        end_leftovers(mark)
        supervisor = Supervisor(servers, on_step=on_step, also_count=also_count)
        guard = Guard(mark)
        try:
            supervisor.run()
        finally:
            supervisor.end()
            end_leftovers(mark)
            guard.dismiss()


class Supervisor:
    def __init__(self, servers: Servers, *, on_step: OnStep, also_count: int | None) -> None:
        self._servers = servers
        self._on_step = on_step
        self._mark = servers.credentials["stack"]
        self._counted = [os.getpid(), *([also_count] if also_count else [])]
        self._state = StackState(pid=os.getpid(), started_at=time.time())
        self._children = Children(servers.home.log / "trueback.log", {MARK: self._mark})
        self._stopping = False
        self._sampled_at = 0.0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def run(self) -> None:
        started = time.monotonic()
        try:
            self._start()
        except Fault as fault:
            self._state.failure = str(fault)
            self._write()
            raise
        if not self._stopping:
            self._state.ready = True
            self._state.seconds_to_ready = round(time.monotonic() - started, 2)
            self._write()
        while not self._stopping:
            self._children.poll(0.2)
            self._sample()

    def end(self) -> None:
        """The reverse of the start; servers last, so that everyone can finish what he does."""
        for group in reversed(GROUPS):
            self._children.stop(group)
        self._children.close()
        self._write()

    def _start(self) -> None:
        assets = self._children.start(assets_process(), once=True)
        with self._step("PostgreSQL, Valkey, S3"):
            self._wait(self._children.start(process) for process in server_processes(self._servers))
            if not self._stopping:
                provision_servers(self._servers)
        with self._step("pages and databases"):
            self._migrate(assets)
        with self._step("Stripe stand-in"):
            self._wait([self._children.start(stripe_process(self._servers))])
        with self._step("services"):
            processes = service_processes(self._servers)
            self._wait([self._children.start(process) for process in processes])

    def _migrate(self, assets: Child) -> None:
        digests = {name: migrations.migration_digest(ROOT, name) for name in existing_services()}
        due = [
            service
            for service, digest in digests.items()
            if not self._stopping and not migrations.is_migrated(self._servers, service, digest)
        ]
        if not self._stopping:
            self._children.wait_done(
                [manage_process(self._servers, service, "migrate") for service in due],
                lambda: self._stopping,
                at_once=_AT_ONCE,
                started=[assets],
            )
        for service in due:
            if not self._stopping:
                migrations.note_migrated(self._servers, service, digests[service])

    def _wait(self, children: Iterator[Child] | list[Child]) -> None:
        if not self._stopping:
            self._children.wait_ready(list(children), lambda: self._stopping)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        if not self._stopping:
            step = Step(name, round(time.monotonic() - started, 2))
            self._state.steps.append(step)
            self._sample()
            self._write()
            self._on_step(step)

    def _sample(self) -> None:
        if time.monotonic() - self._sampled_at < _SAMPLE_SECONDS:
            return
        used = memory_mb([*self._counted, *marked_processes(self._mark)])
        self._state.peak_mb = max(self._state.peak_mb, used)
        self._sampled_at = time.monotonic()
        self._write()

    def _write(self) -> None:
        self._state.processes = self._children.states()
        write_state(self._servers.home, self._state)

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True


def main() -> None:
    also_count = int(sys.argv[1]) if sys.argv[1:] else None
    try:
        supervise(find_home(), on_step=lambda _: None, also_count=also_count)
    except Fault as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
