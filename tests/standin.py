"""A real stand-in process for Stripe, for the suites that talk to it."""

import atexit
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from ssl import SSLContext
from typing import Any

import httpx
import stripe

from deploy.local.ports import assign_ports
from deploy.local.process import Process, answers_http, launch, stop, wait_until_ready

API_KEY = "sk_test_standin"
WEBHOOK_SECRET = "whsec_of_the_stand_in"


@cache
def _authorities() -> SSLContext:
    """Read once, though nothing here speaks TLS: to read them takes longer than most calls."""
    return httpx.create_ssl_context()


@cache
def _client(url: str, retries: int) -> stripe.StripeClient:
    return stripe.StripeClient(API_KEY, base_addresses={"api": url}, max_network_retries=retries)


@dataclass
class StandIn:
    port: int
    data: Path
    options: tuple[str, ...] = ()
    child: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> Process:
        module = ("-m", "deploy.stripe_standin", "--port", str(self.port))
        secrets = ("--api-key", API_KEY, "--webhook-secret", WEBHOOK_SECRET)
        return Process(
            name="stripe",
            args=(sys.executable, *module, "--data", str(self.data), *secrets, *self.options),
            ready_check=answers_http(f"{self.url}/readyz"),
            cwd=Path(__file__).parents[1],
        )

    def start(self) -> None:
        self.child = launch(self.process, subprocess.DEVNULL)
        wait_until_ready(self.process, self.child)

    def kill(self) -> None:
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def stop(self) -> None:
        assert self.child is not None
        stop(self.process, self.child)

    def client(self, *, retries: int = 0) -> Any:
        return _client(self.url, retries)

    def control(self, method: str, name: str, wish: Any = None) -> Any:
        answer = httpx.request(
            method,
            f"{self.url}/_control/{name}",
            content=None if wish is None else json.dumps(wish),
            headers={"Authorization": f"Bearer {API_KEY}"},
            trust_env=False,
            verify=_authorities(),
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, **wish: Any) -> None:
        self.control("POST", "faults", wish)


@cache
def _prepared() -> Path:
    """What the first one of a suite extracts of Stripe's document, which takes it a second."""
    folder = tempfile.TemporaryDirectory(prefix="trueback-prepared-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@contextlib.contextmanager
def running_standin(folder: Path, options: tuple[str, ...]) -> Iterator[StandIn]:
    data, prepared = folder / "stripe", _prepared()
    data.mkdir()
    for file in prepared.glob("*.json"):
        shutil.copy2(file, data)
    port = assign_ports(["standin"], folder / "ports.json")["standin"]
    standin = StandIn(port, data, options)
    standin.start()
    if not list(prepared.glob("*.json")):
        for file in data.glob("*.json"):
            shutil.copy2(file, prepared)
    try:
        yield standin
        assert standin.control("GET", "violations") == {"violations": []}
    finally:
        standin.stop()


NO_LIMITS = ("--rate-per-endpoint", "0", "--rate-in-all", "0")
