"""One child process of the stack: described as data, launched, watched and ended."""

import contextlib
import ctypes
import dataclasses
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from deploy.local.movement import processor_times
from deploy.local.waiting import Patience
from shared.faults import Fault

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
_POLL_SECONDS: Final = 0.05
# A slow machine's server takes its time to answer; one that does not listen yet refuses at once.
CHECK_SECONDS: Final = 10
# What a child may see of the environment it was started from; the rest is given by name.
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")

ReadyCheck = Callable[[], bool]


@dataclass(frozen=True)
class Process:
    """`group` orders start and stop: servers, stand-ins, then services (see `supervisor`)."""

    name: str
    args: tuple[str, ...]
    env: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ready_check: ReadyCheck | None = None
    group: str = "servers"
    cwd: Path | None = None
    user_id: int | None = None
    group_id: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    # Sent by the kernel when our own process dies without having stopped this one.
    orphan_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 10
    # Run before each start, also before a restart: clears what a crash left behind.
    before_start: Callable[[], None] | None = None
    after_stop: Callable[[], None] | None = None
    # For one that runs to its end: after exit code 0.
    on_success: Callable[[], None] | None = None


def child_environment(env: Mapping[str, str]) -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**passed, "TZ": "UTC", "PYTHONUNBUFFERED": "1", **env}


def launch(
    process: Process, output: IO[bytes] | int, *, extra: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start it in a process group of its own; call from the main thread only.

    Linux sends the orphan signal when the *thread* that started the child ends.
    """
    if process.before_start is not None:
        process.before_start()
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork beside threads; ours calls the kernel twice and nothing else.
        warnings.simplefilter("ignore", DeprecationWarning)
        return _popen(process, output, {**process.env, **(extra or {})})


def _popen(
    process: Process, output: IO[bytes] | int, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        process.args,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=process.cwd,
        env=child_environment(env),
        process_group=0,
        user=process.user_id,
        group=process.group_id,
        extra_groups=None if process.user_id is None else [],
        preexec_fn=_die_with_parent(process.orphan_signal),  # noqa: PLW1509 - one thread only
    )


def _die_with_parent(orphan_signal: signal.Signals) -> Callable[[], None] | None:
    libc = _LIBC
    if libc is None:
        return None
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:
            os._exit(1)

    return ask_kernel


def wait_until_ready(process: Process, child: subprocess.Popen[bytes]) -> None:
    def look() -> bool | None:
        if process.ready_check is None or process.ready_check():
            return True
        if child.poll() is not None:
            raise Fault(f"{process.name} ended with {child.returncode} before it was ready.")
        return None

    patience = Patience(moves=lambda: processor_times([child.pid]))
    patience.until(f"ready {process.name}", look, poll=_POLL_SECONDS)


def stop(process: Process, child: subprocess.Popen[bytes]) -> None:
    """Ask, wait, then kill the whole group, so that no grandchild stays either."""
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(process.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(process.stop_seconds)
    kill_group(child)
    if process.after_stop is not None:
        process.after_stop()


def kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def answers_http(url: str, *, statuses: frozenset[int] = frozenset({200})) -> ReadyCheck:
    def check() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=CHECK_SECONDS) as answer:  # noqa: S310 - loopback
                return answer.status in statuses
        except urllib.error.HTTPError as refusal:
            refusal.close()
            return refusal.code in statuses
        except (OSError, ValueError):
            return False

    return check
