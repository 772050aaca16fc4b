"""Start the whole stack, keep it alive, end it: one process, one thread, one loop.

    python -m deploy.local.supervisor MODE [PID]

SIGTERM or SIGINT ends it; nothing it started outlives it, not even a kill -9 (see `leftovers`).
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from deploy.local.children import Child, Children
from deploy.local.home import Home, find_home
from deploy.local.leftovers import MARK, Guard, end_leftovers, marked_processes, memory_mb
from deploy.local.movement import log_file
from deploy.local.plan import GROUPS, WHOLE_STACK, Plan
from deploy.local.servers import Servers, prepare_servers
from deploy.local.state import Listener, StackState, Step, only_one, write_state
from deploy.local.waiting import Patience
from shared.faults import Fault
from shared.vocabulary.modes import Mode

_SAMPLE_SECONDS: Final = 2.0
# Where a sample takes long, the next is taken later: a slow machine has other work to do.
_SAMPLE_PAUSE: Final = 20
_AT_ONCE: Final = 2


def supervise(
    home: Home,
    mode: Mode,
    listener: Listener,
    *,
    also_count: int | None = None,
    plan: Plan | None = None,
) -> None:
    """Returns after a signal has ended it all; `also_count` is a process whose memory counts too.

    Call it from the main thread of a process that has no other.
    """
    home.create()
    with only_one(home):
        servers = prepare_servers(home, mode)
        mark = servers.credentials["stack"]
        end_leftovers(mark)
        chosen = plan or WHOLE_STACK[mode]
        supervisor = Supervisor(servers, chosen, listener, also_count=also_count)
        guard = Guard(mark)
        try:
            supervisor.run()
        finally:
            supervisor.end()
            end_leftovers(mark)
            guard.dismiss()


class Supervisor:
    def __init__(
        self, servers: Servers, plan: Plan, listener: Listener, *, also_count: int | None
    ) -> None:
        self._servers = servers
        self._plan = plan
        self._listener = listener
        self._mark = servers.credentials["stack"]
        self._counted = [os.getpid(), *([also_count] if also_count else [])]
        self._state = StackState(pid=os.getpid(), started_at=time.time())
        log = log_file(servers.home)
        self._children = Children(
            Path(log),
            {MARK: self._mark},
            patience=Patience(say=self._note_wait, log=log),
            on_trouble=self._note_trouble,
        )
        self._stopping = False
        self._sample_at = 0.0
        self._written_count = 0
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def run(self) -> None:
        started = time.monotonic()
        self._write()
        try:
            self._start()
        except Fault as fault:
            self._state.failure = str(fault)
            raise
        if not self._stopping:
            self._state.ready = True
            self._state.seconds_to_ready = round(time.monotonic() - started, 2)
            self._write()
        while not self._stopping:
            self._children.poll(0.2)
            self._sample()
            if self._children.change_count != self._written_count:
                self._write()

    def end(self) -> None:
        """The reverse of the start; servers last, so that everyone can finish what he does."""
        for group in reversed(GROUPS):
            self._children.stop(group)
        self._write()
        self._children.close()

    def _start(self) -> None:
        """What is slow to come up goes first and is waited for only where it is needed."""
        servers = self._servers
        once = [self._children.start(process, once=True) for process in self._plan.builds(servers)]
        slow = [self._children.start(process) for process in self._plan.slow_servers(servers)]
        with self._step(self._plan.servers_title):
            self._wait([self._children.start(one) for one in self._plan.servers(servers)])
            self._unless_stopping(lambda: self._plan.provision(servers))
        with self._step("pages and databases"):
            self._unless_stopping(lambda: self._run_once(once))
        with self._step(self._plan.slow_servers_title):
            self._wait(slow)
            self._unless_stopping(lambda: self._plan.provision_slow(servers))
        with self._step("services"):
            self._wait([self._children.start(one) for one in self._plan.services(servers)])

    def _run_once(self, started: list[Child]) -> None:
        """Whatever the databases still lack, beside what was started before."""
        due = self._plan.migrations(self._servers)
        self._children.wait_done(
            list(due), lambda: self._stopping, at_once=_AT_ONCE, started=started
        )

    def _unless_stopping(self, action: Callable[[], None]) -> None:
        if not self._stopping:
            action()

    def _wait(self, children: list[Child]) -> None:
        self._children.wait_ready(children, lambda: self._stopping)

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        if not self._stopping:
            step = Step(name, round(time.monotonic() - started, 2))
            self._state.steps.append(step)
            self._state.waiting = self._state.failure = ""
            self._sample()
            self._write()
            self._listener.on_step(step)

    def _note_wait(self, text: str) -> None:
        self._state.waiting = text
        self._write()
        self._listener.on_wait(text)

    def _note_trouble(self, text: str) -> None:
        self._state.failure = text
        self._write()
        self._listener.on_trouble(text)

    def _sample(self) -> None:
        started = time.monotonic()
        if started < self._sample_at:
            return
        used = memory_mb([*self._counted, *marked_processes(self._mark)])
        self._state.peak_mb = max(self._state.peak_mb, used)
        ended = time.monotonic()
        self._sample_at = ended + max(_SAMPLE_SECONDS, _SAMPLE_PAUSE * (ended - started))
        self._write()

    def _write(self) -> None:
        self._written_count = self._children.change_count
        self._state.processes = self._children.states()
        write_state(self._servers.home, self._state)

    def _ask_to_stop(self, *_: object) -> None:
        self._stopping = True


def main() -> None:
    mode = Mode(sys.argv[1])
    also_count = int(sys.argv[2]) if sys.argv[2:] else None
    try:
        supervise(find_home(), mode, Listener(), also_count=also_count)
    except Fault as fault:
        sys.stderr.write(f"{fault}\n")
        sys.exit(fault.exit_code)


if __name__ == "__main__":
    main()
