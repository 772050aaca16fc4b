"""A supervisor seen from outside: started as a process of its own, followed, ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.local.credentials import load_credentials
from deploy.local.home import Home
from deploy.local.leftovers import end_leftovers
from deploy.local.movement import log_file, processor_times
from deploy.local.process import Process, launch
from deploy.local.stack import ROOT, Stack, running_stack
from deploy.local.state import Listener, StackState, is_running, read_state, state_file
from deploy.local.waiting import Patience
from shared.faults import Fault
from shared.vocabulary.modes import Mode

SUPERVISOR: Final = ("deploy.local.supervisor",)
_POLL_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 60


def fail(trouble: str) -> None:
    """For a listener of a start that nobody watches: it is given up where one does not come up."""
    raise Fault(trouble)


_UNWATCHED: Final = Listener(on_trouble=fail)


@contextlib.contextmanager
def stack_session(
    home: Home,
    mode: Mode,
    listener: Listener = _UNWATCHED,
    *,
    supervised_by: Sequence[str] = SUPERVISOR,
) -> Iterator[Stack]:
    """A stack that lives as long as the block, and ends even if we are killed inside it.

    `supervised_by` is a module, and arguments that it takes before those of the supervisor.
    """
    supervisor = _start(
        home, mode, also_count=os.getpid(), detached=False, supervised_by=supervised_by
    )
    try:
        _follow(home, supervisor, listener)
        yield running_stack(home)
    finally:
        stop_stack(home, supervisor)


def start_detached(home: Home, mode: Mode, listener: Listener) -> Stack:
    """It stays up, and goes on trying, where the listener raises."""
    _follow(home, _start(home, mode, also_count=None, detached=True), listener)
    return running_stack(home)


def stop_stack(home: Home, supervisor: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether anything had to be stopped. What a killed supervisor left is ended too."""
    state = read_state(home)
    if state is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGTERM)
    elif supervisor is not None and supervisor.poll() is None:
        supervisor.terminate()

    def look() -> bool | None:
        is_up = is_running(home) or (supervisor is not None and supervisor.poll() is None)
        return None if is_up else True

    pids = [state.pid] if state is not None else []
    patience = Patience(_STOP_SECONDS, lambda: processor_times(pids), log=log_file(home))
    patience.until("end of the stack", look)
    if not (home.secrets / "tokens.json").exists():
        return False
    left = end_leftovers(load_credentials(home)["stack"])
    return state is not None or left > 0


def reset_home(home: Home, mode: Mode) -> None:
    """For a start in this mode; what a live stack holds is deleted for another live one alone."""
    if is_running(home):
        raise Fault(
            "The stack runs; what it uses is not deleted.",
            file=str(home.path),
            remedy="`trueback down` stops it.",
        )
    if home.mode == Mode.LIVE:
        home.require_mode(mode)
    home.reset()


def _start(
    home: Home,
    mode: Mode,
    *,
    also_count: int | None,
    detached: bool,
    supervised_by: Sequence[str] = SUPERVISOR,
) -> subprocess.Popen[bytes]:
    home.require_mode(mode)
    home.create()
    if is_running(home):
        raise Fault(
            "A stack already runs here.",
            file=str(home.path),
            remedy="`trueback status` shows it, `trueback down` stops it.",
        )
    state_file(home).unlink(missing_ok=True)
    arguments = [mode, *([] if also_count is None else [str(also_count)])]
    process = Process(
        name="supervisor",
        args=(sys.executable, "-m", *supervised_by, *arguments),
        env={**os.environ, "TRUEBACK_HOME": str(home.path)},
        cwd=ROOT,
        orphan_signal=signal.SIGTERM,
    )
    with (home.log / "supervisor.log").open("wb") as log:
        if not detached:
            return launch(process, log)
        return subprocess.Popen(
            process.args,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=process.cwd,
            env=dict(process.env),
            start_new_session=True,
        )


def _follow(home: Home, supervisor: subprocess.Popen[bytes], listener: Listener) -> None:
    seen, trouble = 0, ""
    while True:
        state = read_state(home)
        steps = state.steps if state is not None else []
        for step in steps[seen:]:
            listener.on_step(step)
        seen = max(seen, len(steps))
        if state is not None:
            if state.ready:
                return
            if state.waiting:
                listener.on_wait(state.waiting)
            if state.failure != trouble:
                trouble = state.failure
                if trouble:
                    listener.on_trouble(trouble)
        if supervisor.poll() is not None:
            raise Fault(_failure(home))
        time.sleep(_POLL_SECONDS)


def _failure(home: Home) -> str:
    """What the supervisor wrote down, else its last words."""
    try:
        failure = json.loads(state_file(home).read_text())["failure"]
    except (OSError, ValueError, KeyError):
        failure = ""
    return str(failure) or _last_words(home.log / "supervisor.log") or "The stack did not start."


def _last_words(file: Path) -> str:
    return file.read_text().strip()[-2000:] if file.exists() else ""


def peak_mb(home: Home) -> int:
    state: StackState | None = read_state(home)
    return state.peak_mb if state is not None else 0
