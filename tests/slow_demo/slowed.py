"""A process and all that it starts, stopped most of the time: what a slow machine is to it.

Clocks go on, so whatever waits by the clock meets what it would meet there, on any machine and for
any user. Busy processes beside it would slow it by as much as this machine has processors and other
work; a quota of processor time needs a control group that may be written.
"""

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

# A scheduler's quota goes by periods of this order, too (`cpu.cfs_period_us` is 100 ms).
_RUN_SECONDS: Final = 0.02


class Slowed:
    """By a thread of its own, from `start` until `end`; then the processes run on."""

    def __init__(self, pid: int, share: float) -> None:
        """`share` of the time it runs; `pid` is of one that leads a session of its own."""
        self._pid = pid
        self._share = share
        self._known: set[int] = {pid}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slowed")
        self._run_seconds = self._all_seconds = 0.0

    @property
    def measured_share(self) -> float:
        return self._run_seconds / self._all_seconds if self._all_seconds else 1.0

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        """As long stopped as it takes for the share, however late this thread itself wakes up."""
        try:
            while not self._is_over.is_set():
                begun_at = time.monotonic()
                self._signal(signal.SIGCONT, self._known)
                time.sleep(_RUN_SECONDS)
                self._stop_all()
                stopped_at = time.monotonic()
                self._is_over.wait((stopped_at - begun_at) * (1 / self._share - 1))
                self._run_seconds += stopped_at - begun_at
                self._all_seconds += time.monotonic() - begun_at
        finally:
            self._signal(signal.SIGCONT, self._known)

    def _stop_all(self) -> None:
        """Those that were started meanwhile too, until there are no more."""
        self._signal(signal.SIGSTOP, self._known)
        while new := (family := _family(self._pid)) - self._known:
            self._signal(signal.SIGSTOP, new)
            self._known |= new
        self._known &= family

    @staticmethod
    def _signal(number: signal.Signals, pids: set[int]) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def _family(pid: int) -> set[int]:
    """It and all that descend from it, or are of its session; Linux only."""
    parents, family = {}, {pid}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            each, parent, session = int(stat.parent.name), int(fields[1]), int(fields[3])
            parents[each] = parent
            if session == pid:
                family.add(each)
    while more := {each for each, parent in parents.items() if parent in family} - family:
        family |= more
    return family
