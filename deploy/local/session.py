"""A supervisor seen from outside: started as a process of its own, followed, ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from deploy.local.credentials import load_credentials
from deploy.local.home import Home
from deploy.local.leftovers import end_leftovers
from deploy.local.process import Process, launch
from deploy.local.stack import ROOT, Stack, running_stack
from deploy.local.state import StackState, Step, is_running, read_state, state_file
from shared.faults import Fault
from shared.vocabulary.modes import Mode

SUPERVISOR: Final = ("deploy.local.supervisor",)
_POLL_SECONDS: Final = 0.1
_STOP_SECONDS: Final = 60

OnStep = Callable[[Step], None]


@contextlib.contextmanager
def stack_session(
    home: Home, mode: Mode, *, on_step: OnStep, supervised_by: Sequence[str] = SUPERVISOR
) -> Iterator[Stack]:
    """A stack that lives as long as the block, and ends even if we are killed inside it.

    `supervised_by` is a module, and arguments that it takes before those of the supervisor.
    """
    supervisor = _start(
        home, mode, also_count=os.getpid(), detached=False, supervised_by=supervised_by
    )
    try:
        _follow(home, supervisor, on_step)
        yield running_stack(home)
    finally:
        stop_stack(home, supervisor)


def start_detached(home: Home, mode: Mode, *, on_step: OnStep) -> Stack:
    _follow(home, _start(home, mode, also_count=None, detached=True), on_step)
    return running_stack(home)


def stop_stack(home: Home, supervisor: subprocess.Popen[bytes] | None = None) -> bool:
    """Whether anything had to be stopped. What a killed supervisor left is ended too."""
    state = read_state(home)
    if state is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(state.pid, signal.SIGTERM)
    elif supervisor is not None and supervisor.poll() is None:
        supervisor.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    while is_running(home) or (supervisor is not None and supervisor.poll() is None):
        if time.monotonic() > deadline:
            raise Fault(
                "The stack does not stop.",
                file=str(home.log / "trueback.log"),
                remedy="The log says what it waits for.",
            )
        time.sleep(_POLL_SECONDS)
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


def _follow(home: Home, supervisor: subprocess.Popen[bytes], on_step: OnStep) -> None:
    seen = 0
    while True:
        state = read_state(home)
        steps = state.steps if state is not None else []
        for step in steps[seen:]:
            on_step(step)
        seen = max(seen, len(steps))
        if state is not None and state.ready:
            return
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
