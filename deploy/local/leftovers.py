"""Every process of a stack carries its mark in its environment, children of children too.

By the mark the stack's memory is measured, and nothing of it is left behind: neither by a stop
nor by a supervisor that was killed.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MARK: Final = "TRUEBACK_STACK"
_GRACE_SECONDS: Final = 5
_MEGABYTE: Final = 1024 * 1024


def marked_processes(mark: str) -> list[int]:
    """Process ids, our own not among them."""
    wanted = f"{MARK}={mark}"
    pids = _marked_by_proc(wanted) if sys.platform == "linux" else _marked_by_psutil(mark)
    return [pid for pid in pids if pid != os.getpid()]


def _marked_by_proc(wanted: str) -> Iterator[int]:
    needle = wanted.encode()
    for entry in os.listdir("/proc"):  # noqa: PTH208 - paths would cost more than the reading
        if not entry.isdigit():
            continue
        with contextlib.suppress(OSError), open(f"/proc/{entry}/environ", "rb") as stream:  # noqa: PTH123
            if needle in stream.read().split(b"\0"):
                yield int(entry)


def _marked_by_psutil(mark: str) -> Iterator[int]:
    import psutil  # noqa: PLC0415 - an extra; the command line starts without it

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                yield process.pid


def end_leftovers(mark: str) -> int:
    """Ask, then kill; returns how many there were."""
    pids = marked_processes(mark)
    _signal_all(pids, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while (left := marked_processes(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    while left:
        _signal_all(left, signal.SIGKILL)
        time.sleep(0.05)
        left = marked_processes(mark)
    return len(pids)


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def memory_mb(pids: list[int]) -> int:
    """Proportional set size in all (shared pages counted once), else resident size."""
    return sum(_memory_bytes(pid) for pid in pids) // _MEGABYTE


def _memory_bytes(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return _resident_bytes(pid)
    return 0


def _resident_bytes(pid: int) -> int:
    import psutil  # noqa: PLC0415 - an extra; the command line starts without it

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


class Guard:
    """A fork that waits for the supervisor's end and, unless told that all is well, cleans up.

    Made first, while there is nothing to inherit; it shares the supervisor's memory.
    """

    def __init__(self, mark: str) -> None:
        read_end, self._write_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._write_end)
            _stand_guard(read_end, mark)
        os.close(read_end)

    def dismiss(self) -> None:
        os.write(self._write_end, b"well")
        os.close(self._write_end)
        os.waitpid(self._pid, 0)


def _stand_guard(read_end: int, mark: str) -> None:
    """Never returns. In a session of its own, so that Ctrl-C does not reach it."""
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        if not os.read(read_end, 16):
            end_leftovers(mark)
    finally:
        os._exit(0)
