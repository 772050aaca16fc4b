"""What a running supervisor tells others: one lock, and one file that is always whole."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from deploy.local.home import Home
from shared.faults import Fault

# Tries and not a time: on a slow machine those that are waited for take longer, too.
_TRIES: Final = 10
_TRIES_WHILE_CLEANING: Final = 300


@dataclass
class Step:
    """Something done on the way up; `seconds` is how long it took."""

    name: str
    seconds: float


@dataclass
class ProcessState:
    name: str
    pid: int
    restarts: int
    running: bool


@dataclass
class StackState:
    pid: int
    started_at: float
    ready: bool = False
    waiting: str = ""
    """What the start waits for now, if it has for some seconds."""
    failure: str = ""
    """What keeps it from being ready; it goes on trying."""
    peak_mb: int = 0
    seconds_to_ready: float = 0
    steps: list[Step] = field(default_factory=list)
    processes: list[ProcessState] = field(default_factory=list)


def _nothing(_what: object) -> None:
    pass


@dataclass(frozen=True)
class Listener:
    """Who hears how a start goes: every few seconds what it waits for, and who does not come up.

    It goes on waiting for that one too, and nobody is stopped for it.
    """

    on_step: Callable[[Step], None] = _nothing
    on_wait: Callable[[str], None] = _nothing
    on_trouble: Callable[[str], None] = _nothing


def state_file(home: Home) -> Path:
    return home.run / "state.json"


def write_state(home: Home, state: StackState) -> None:
    unfinished = state_file(home).with_suffix(".unfinished")
    unfinished.write_text(json.dumps(asdict(state), indent=1) + "\n")
    unfinished.replace(state_file(home))


def read_state(home: Home) -> StackState | None:
    """None where nothing runs, whatever the file of a killed supervisor says."""
    if not is_running(home):
        return None
    try:
        fields = json.loads(state_file(home).read_text())
    except (OSError, ValueError):
        return None
    fields["steps"] = [Step(**step) for step in fields["steps"]]
    fields["processes"] = [ProcessState(**process) for process in fields["processes"]]
    return StackState(**fields)


def is_running(home: Home) -> bool:
    lock = home.run / "supervisor.lock"
    if not lock.exists():
        return False
    with lock.open("r") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


@contextlib.contextmanager
def only_one(home: Home) -> Iterator[None]:
    """The kernel drops the lock with the process, however it ends."""
    descriptor = os.open(home.run / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _lock(descriptor, home):
            raise Fault(
                "A stack already runs here.",
                file=str(home.path),
                remedy="`trueback status` shows it, `trueback down` stops it.",
            )
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, home: Home) -> bool:
    """Wait a little: who only looks holds it for a moment, a guard until it has cleaned up."""
    tries = 0
    while tries < (_TRIES_WHILE_CLEANING if _is_cleaning(home) else _TRIES):
        tries += 1
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.05)
    return False


def _is_cleaning(home: Home) -> bool:
    try:
        os.kill(json.loads(state_file(home).read_text())["pid"], 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError, KeyError):
        return False
    return False
