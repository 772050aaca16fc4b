"""`trueback demo --check` on a machine that is slowed to a share of its speed.

    python -m tests.slow_demo [--share 0.1] [--minutes 120]

It must end in a working demo, or still say what it waits for when the time is up; a stack that is
torn down fails. What follows the sample, its other formats, waits for nobody and isn't slowed.
Exit code 1: the goal is missed; 2: it can't be tried here.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from deploy.local.home import Home
from deploy.local.state import read_state
from tests.slow_demo.slowed import Slowed

_SILENT_SECONDS_MAX: Final = 300
# The last step of the sample.
_LAST_STEP: Final = "restated by AWS"
_LOOK_SECONDS: Final = 5


class Terminal:
    """What the demo prints for a person, passed on, and how long it was silent at most."""

    def __init__(self, demo: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self.silent_seconds_max = 0.0
        self.is_sample_done = threading.Event()
        self._printed_at = time.monotonic()
        self._demo = demo
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    @property
    def silent_seconds(self) -> float:
        return time.monotonic() - self._printed_at

    def join(self) -> None:
        self._thread.join()

    def _read(self) -> None:
        assert self._demo.stderr is not None
        for line in self._demo.stderr:
            self.silent_seconds_max = max(self.silent_seconds_max, self.silent_seconds)
            self._printed_at = time.monotonic()
            self.lines.append(line.rstrip())
            sys.stderr.write(line)
            if _LAST_STEP in line:
                self.is_sample_done.set()


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(home: Home) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("trueback"), "demo", "--check", "--reset"],
        env={
            **os.environ,
            "TRUEBACK_HOME": str(home.path),
            "TRUEBACK_PORT_PORTAL": str(_free_port()),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _restarted(home: Home, known: dict[str, int]) -> None:
    """Takes up how often each process had to be started again."""
    state = read_state(home)
    for process in state.processes if state is not None else []:
        known[process.name] = max(known.get(process.name, 0), process.restarts)


def check(home: Home, *, share: float, minutes: float) -> dict[str, Any]:
    started_at = time.monotonic()
    demo = _start(home)
    terminal, slowed = Terminal(demo), Slowed(demo.pid, share)
    restarts: dict[str, int] = {}
    slowed.start()
    try:
        while demo.poll() is None and time.monotonic() - started_at < minutes * 60:
            if terminal.is_sample_done.wait(_LOOK_SECONDS):
                break
            _restarted(home, restarts)
        is_waiting = demo.poll() is None and not terminal.is_sample_done.is_set()
        stack_is_up = read_state(home) is not None
        silent_seconds = terminal.silent_seconds
    finally:
        slowed.end()
        if not terminal.is_sample_done.is_set() and demo.poll() is None:
            demo.send_signal(signal.SIGINT)
        # Not by `communicate`, which would read what the terminal's own thread is there for.
        assert demo.stdout is not None
        output = demo.stdout.read()
        demo.wait()
        terminal.join()
    problems = [f"{name} was started again {n} times" for name, n in restarts.items() if n]
    if terminal.silent_seconds_max > _SILENT_SECONDS_MAX:
        problems.append(f"it was silent for {terminal.silent_seconds_max:.0f} s")
    report = json.loads(output.splitlines()[-1]) if output.strip() else {}
    if is_waiting:
        is_clear = stack_is_up and silent_seconds <= _SILENT_SECONDS_MAX
        ended = "waiting" if is_clear else "silent"
    else:
        ended = "working" if demo.returncode == 0 else "failed"
    if ended == "failed":
        problems += terminal.lines[-5:]
    return {
        "slowed_to": round(slowed.measured_share, 3),
        "seconds_to_ready": report.get("seconds_to_ready"),
        "ended": ended,
        "torn_down": int(not is_waiting and not report),
        "silent_seconds_max": round(terminal.silent_seconds_max),
        "problems": problems,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="slow-demo", description=__doc__)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--minutes", type=float, default=120)
    given = parser.parse_args()
    if not Path("/proc/self/stat").exists():
        sys.stderr.write("Processes are stopped by what Linux says of them in /proc.\n")
        return 2
    home = Home(Path(os.environ.get("TRUEBACK_HOME") or "var/slow-demo").resolve())
    report = check(home, share=given.share, minutes=given.minutes)
    sys.stdout.write(json.dumps(report) + "\n")
    return int(report["ended"] not in {"working", "waiting"} or report["torn_down"] > 0)


if __name__ == "__main__":
    sys.exit(main())
