"""A process of a service beside the stack's own, as on a second machine, with other settings."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.local.ports import assign_ports
from deploy.local.process import Process, answers_http, launch, stop, wait_until_ready
from deploy.local.stack import manage_process
from tests.attacks.victim import Victim


@contextmanager
def web_beside(victim: Victim, service: str, **env: str) -> Iterator[str]:
    """Its address; `env` are variables that differ from those of the stack's own."""
    with TemporaryDirectory() as folder:
        port = assign_ports(["beside"], Path(folder) / "ports.json")["beside"]
        process = _beside(victim, service, folder, "web", "--port", str(port))
        url = f"http://127.0.0.1:{port}"
        ready = replace(process, ready_check=answers_http(f"{url}/readyz"))
        with _running(replace(ready, env={**process.env, **env})):
            yield url


@contextmanager
def runner_beside(victim: Victim, service: str, *, python: str = "") -> Iterator[None]:
    """`python` is done before it begins."""
    with TemporaryDirectory() as folder:
        process = _beside(victim, service, folder, "runner")
        if python:
            interpreter, _, module, command = process.args
            begin = f"{python}; import runpy; runpy.run_module({module!r}, run_name='__main__')"
            process = replace(process, args=(interpreter, "-c", begin, command))
        with _running(process):
            yield


def _beside(victim: Victim, service: str, folder: str, *arguments: str) -> Process:
    name = f"{service}.{arguments[0]}.beside"
    process = manage_process(victim.stack.servers, service, *arguments, name=name)
    return replace(process, env={**process.env, "TRUEBACK_SCRATCH_DIR": folder})


@contextmanager
def _running(process: Process) -> Iterator[None]:
    child = launch(process, subprocess.DEVNULL)
    try:
        wait_until_ready(process, child)
        yield
    finally:
        stop(process, child)
