"""The running processes: their output into one log, their deaths answered, their end orderly."""

import collections
import logging
import logging.handlers
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final

from deploy.local.movement import processor_times
from deploy.local.process import Process, kill_group, launch
from deploy.local.state import ProcessState
from deploy.local.waiting import Patience, Stuck, Wait

_LOG_BYTES: Final = 20_000_000
_LOG_FILES: Final = 3
_READ_BYTES: Final = 65536
_LAST_LINES: Final = 20
_LONGEST_BACK_OFF_SECONDS: Final = 30.0
# Lived this long: its next death is a new story, not one more of the same.
_SETTLED_SECONDS: Final = 60.0
_MOMENT_SECONDS: Final = 1.0
_DEATHS_UNTIL_NAMED: Final = 3
_POLL_SECONDS: Final = 0.05


@dataclass
class Child:
    process: Process
    popen: subprocess.Popen[bytes]
    once: bool
    started_at: float
    was_ready: bool = False
    deaths: int = 0
    output_bytes: int = 0
    restart_at: float | None = None
    partial: bytes = b""
    last_lines: collections.deque[str] = field(
        default_factory=lambda: collections.deque(maxlen=_LAST_LINES)
    )

    @property
    def is_done(self) -> bool:
        """Of one that runs to its end: it has, and well."""
        return self.once and self.popen.poll() == 0

    @property
    def output(self) -> IO[bytes]:
        assert self.popen.stdout is not None  # noqa: S101 - always launched with a pipe
        return self.popen.stdout


class Children:
    """Used from one thread (see `process.launch`)."""

    def __init__(
        self,
        log_file: Path,
        mark: dict[str, str],
        *,
        patience: Patience,
        on_trouble: Callable[[str], None],
    ) -> None:
        """`on_trouble` is told of who does not come up; we go on waiting, and stop nobody."""
        self._mark = mark
        self._patience = patience
        self._on_trouble = on_trouble
        self._children: dict[str, Child] = {}
        self._selector = selectors.DefaultSelector()
        self._log = _open_log(log_file)
        self.change_count = 0  # of starts and deaths: what `states` tells is news if it rose

    def start(self, process: Process, *, once: bool = False) -> Child:
        child = Child(process, self._launch(process), once=once, started_at=time.monotonic())
        self._children[process.name] = child
        self.change_count += 1
        self._selector.register(child.output, selectors.EVENT_READ, child)
        return child

    def poll(self, seconds: float = _POLL_SECONDS) -> None:
        """Wait at most so long; write what was said, bury who died, start who is due."""
        for key, _ in self._selector.select(seconds):
            self._read(key.data)
        now = time.monotonic()
        for child in self._children.values():
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._restart(child)
            elif child.popen.poll() is not None and not child.is_done:
                self._bury(child, now)

    def wait_ready(self, children: Sequence[Child], interrupted: Callable[[], bool]) -> None:
        """Until each one's check holds."""
        waiting = list(children)
        wait = self._wait(waiting)
        while waiting and not interrupted():
            self.poll()
            for child in [child for child in waiting if _is_ready(child)]:
                child.was_ready = True
                waiting.remove(child)
            wait.look()

    def wait_done(
        self,
        processes: Sequence[Process],
        interrupted: Callable[[], bool],
        *,
        at_once: int,
        started: Sequence[Child] = (),
    ) -> None:
        """Run each to its end, so many at a time; one that fails is started again.

        `started` were started with `once` before and are waited for too.
        """
        todo, running = list(processes), list(started)
        wait = self._wait(running)
        while (todo or running) and not interrupted():
            while todo and len(running) < at_once:
                running.append(self.start(todo.pop(0), once=True))
            self.poll()
            for child in [child for child in running if child.is_done]:
                self._drain(child)
                running.remove(child)
                del self._children[child.process.name]
                if child.process.on_success is not None:
                    child.process.on_success()
            wait.look()

    def stop(self, group: str) -> None:
        """Ask all of a group together, wait, then kill what is left of their process groups."""
        ending = [child for child in self._children.values() if child.process.group == group]
        for child in ending:
            self._children.pop(child.process.name)
            if child.popen.poll() is None:
                child.popen.send_signal(child.process.stop_signal)
        for child in ending:
            deadline = time.monotonic() + child.process.stop_seconds
            while child.popen.poll() is None and time.monotonic() < deadline:
                self.poll()
        for child in ending:
            kill_group(child.popen)
            self._drain(child)
            if child.process.after_stop is not None:
                child.process.after_stop()

    def states(self) -> list[ProcessState]:
        return [
            ProcessState(
                name=child.process.name,
                pid=child.popen.pid,
                restarts=child.deaths,
                running=child.popen.poll() is None,
            )
            for child in self._children.values()
        ]

    def say(self, name: str, line: str) -> None:
        self._log.info("%-20s | %s", name, line)

    def close(self) -> None:
        self._selector.close()
        for handler in list(self._log.handlers):
            handler.close()
            self._log.removeHandler(handler)

    def _wait(self, waiting: Sequence[Child]) -> "_ChildrenWait":
        return _ChildrenWait(waiting, self._patience, self._on_trouble)

    def _launch(self, process: Process) -> subprocess.Popen[bytes]:
        popen = launch(process, subprocess.PIPE, extra=self._mark)
        assert popen.stdout is not None  # noqa: S101 - asked for just above
        os.set_blocking(popen.stdout.fileno(), False)
        return popen

    def _restart(self, child: Child) -> None:
        child.restart_at = None
        self.change_count += 1
        child.popen = self._launch(child.process)
        child.started_at = time.monotonic()
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def _bury(self, child: Child, now: float) -> None:
        kill_group(child.popen)
        self._drain(child)
        if child.was_ready and now - child.started_at > _SETTLED_SECONDS:
            child.deaths = 0
        back_off = min(0.25 * 2**child.deaths, _LONGEST_BACK_OFF_SECONDS)
        child.deaths += 1
        self.change_count += 1
        child.restart_at = now + back_off
        self.say(child.process.name, f"{_end_of(child.popen)}; starts again in {back_off} s")

    def _read(self, child: Child) -> bool:
        """Whether there was anything; the pipe is closed where nothing more can come."""
        if child.output.closed:
            return False
        try:
            data = os.read(child.output.fileno(), _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(child.output)
            child.output.close()
            return False
        child.output_bytes += len(data)
        *lines, child.partial = (child.partial + data).split(b"\n")
        for line in lines:
            self._say_as(child, line)
        return True

    def _drain(self, child: Child) -> None:
        while self._read(child):
            pass
        if child.partial:
            self._say_as(child, child.partial)
            child.partial = b""
        if not child.output.closed:
            self._selector.unregister(child.output)
            child.output.close()

    def _say_as(self, child: Child, line: bytes) -> None:
        text = line.decode(errors="replace").rstrip()
        child.last_lines.append(text)
        self.say(child.process.name, text)


class _ChildrenWait:
    """For those in the list that don't do what they shall; each trouble is told once."""

    def __init__(
        self, waiting: Sequence[Child], patience: Patience, on_trouble: Callable[[str], None]
    ) -> None:
        self._waiting = waiting
        self._wait = Wait(replace(patience, moves=self._moves), self._what)
        self._log = patience.log
        self._on_trouble = on_trouble
        self._named: set[str] = set()

    def look(self) -> None:
        if not self._waiting:
            return
        for child in self._waiting:
            if child.deaths >= _DEATHS_UNTIL_NAMED and child.restart_at is not None:
                self._name(child, f"{_end_of(child.popen)}, {child.deaths} times")
        try:
            self._wait.look()
        except Stuck:
            for child in self._waiting:
                still = f"{self._wait.still_seconds:.0f} s"
                self._name(child, f"does not come up, and nothing of it has moved for {still}")

    def _name(self, child: Child, problem: str) -> None:
        name = child.process.name
        if name not in self._named:
            self._named.add(name)
            last_words = "\n  ".join(child.last_lines)
            self._on_trouble(f"{name} {problem}. Its last words in {self._log}:\n  {last_words}")

    def _what(self) -> str:
        return ", ".join(child.process.name for child in self._waiting)

    def _moves(self) -> object:
        times = processor_times({child.popen.pid for child in self._waiting})
        return times, [child.output_bytes for child in self._waiting]


def _is_ready(child: Child) -> bool:
    """Who can't be asked is taken for ready once it has lived a moment."""
    if child.popen.poll() is not None:
        return False
    if child.process.ready_check is None:
        return time.monotonic() - child.started_at > _MOMENT_SECONDS
    return child.process.ready_check()


def _end_of(popen: subprocess.Popen[bytes]) -> str:
    code = popen.returncode
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _open_log(file: Path) -> logging.Logger:
    """One handler of a logger that nobody else writes to; rotated by size."""
    logger = logging.getLogger("trueback.stack")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.handlers.RotatingFileHandler(
        file, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES
    )
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logger.addHandler(handler)
    return logger
