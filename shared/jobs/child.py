"""The process that does one job: started, watched, and ended where it hangs."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

# Longer than any wait that has a limit of its own: a statement's, a call's at Stripe or S3.
IDLE_SECONDS_MAX: Final = 360
# Between a request to stop and a kill.
_STOP_SECONDS: Final = 10
# Of prctl(2): the signal that a child gets when its parent dies, however it dies.
_PR_SET_PDEATHSIG: Final = 1
# Of proc_pid_stat(5), after the name in brackets: utime and stime.
_CPU_FIELDS: Final = slice(11, 13)


@dataclass(frozen=True)
class Claimed:
    job_id: str
    lease: str
    kind: str
    key: str
    attempts: int


@dataclass
class Child:
    """`limit` is the time that it may take in all; `scratch` is its folder, which it fills."""

    claimed: Claimed
    scratch: Path
    limit: timedelta
    process: subprocess.Popen[bytes]
    _started: float = field(default_factory=time.monotonic)
    _renewed: float = field(default_factory=time.monotonic)
    _cpu: str = ""
    _cpu_moved: float = field(default_factory=time.monotonic)
    _ended_because: str = ""

    @classmethod
    def start(cls, claimed: Claimed, scratch: Path, *, limit: timedelta) -> "Child":
        scratch.mkdir(parents=True)
        process = subprocess.Popen(  # noqa: S603 - our own module and two identifiers
            job_command(claimed),
            env={**os.environ, "TRUEBACK_SCRATCH_DIR": str(scratch.resolve())},
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock is taken
        )
        return cls(claimed, scratch, limit, process)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def failure(self) -> str:
        """Why it ended without an outcome, empty where it ended well."""
        if self._ended_because:
            return self._ended_because
        code = self.process.returncode
        return f"its process ended with code {code}" if code else ""

    def seconds_since_renewal(self) -> float:
        return time.monotonic() - self._renewed

    def renewed(self) -> None:
        self._renewed = time.monotonic()

    def end_where_hung(self) -> None:
        """Kill it where it has had its time, or has not used a processor for minutes."""
        now, cpu = time.monotonic(), self._processor_time()
        if cpu != self._cpu:
            self._cpu, self._cpu_moved = cpu, now
        if now - self._started > self.limit.total_seconds():
            self.end(f"it took longer than {self.limit}")
        elif now - self._cpu_moved > IDLE_SECONDS_MAX:
            self.end(f"it did nothing for {IDLE_SECONDS_MAX} seconds")

    def end(self, reason: str) -> None:
        self._ended_because = reason
        self.process.kill()

    def stop(self) -> None:
        self._ended_because = "its runner was stopped"
        self.process.terminate()

    def wait(self) -> None:
        """Until it has stopped; one that does not is killed."""
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _processor_time(self) -> str:
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8")
        except OSError:
            return self._cpu
        return " ".join(stat.rpartition(")")[2].split()[_CPU_FIELDS])


def job_command(claimed: Claimed) -> list[str]:
    module = f"services.{settings.SERVICE_NAME}.manage"
    return [sys.executable, "-m", module, "run_job", claimed.job_id, claimed.lease]


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
