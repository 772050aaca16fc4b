"""A real stand-in process, spoken to by the real stripe-python client."""

import contextlib
import http.server
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from deploy.local.ports import assign_ports
from deploy.local.process import Process, answers_http, launch, stop, wait_until_ready

API_KEY = "sk_test_standin"
WEBHOOK_SECRET = "whsec_standin"


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
            cwd=Path(__file__).parents[2],
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
        return stripe.StripeClient(
            API_KEY, base_addresses={"api": self.url}, max_network_retries=retries
        )

    def control(self, method: str, name: str, wish: Any = None) -> Any:
        answer = httpx.request(
            method,
            f"{self.url}/_control/{name}",
            content=None if wish is None else json.dumps(wish),
            headers={"Authorization": f"Bearer {API_KEY}"},
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json()

    def fault(self, **wish: Any) -> None:
        self.control("POST", "faults", wish)


Starter = Callable[..., StandIn]


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is extracted of Stripe's document, so that it is read once."""
    return tmp_path_factory.mktemp("prepared")


@contextlib.contextmanager
def _running(folder: Path, prepared: Path, options: tuple[str, ...]) -> Iterator[StandIn]:
    data = folder / "stripe"
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


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Iterator[StandIn]:
    with _running(tmp_path_factory.mktemp("shared"), prepared, NO_LIMITS) as running:
        yield running


@pytest.fixture
def start_standin(tmp_path: Path, prepared: Path) -> Iterator[Starter]:
    """For tests that need one of their own: other options, faults, kills."""
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> StandIn:
            return stack.enter_context(_running(tmp_path, prepared, options))

        yield start


@pytest.fixture(scope="session")
def client(standin: StandIn) -> Any:
    return standin.client()


@pytest.fixture
def customer(client: Any) -> stripe.Customer:
    made: stripe.Customer = client.v1.customers.create(
        {"name": "Acme Corp", "email": "billing@acme.test"}
    )
    return made


@dataclass
class Receiver:
    """Takes webhooks as a service would; `statuses` are answered in turn, then 200."""

    url: str
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)

    def types(self) -> list[str]:
        return [json.loads(payload)["type"] for payload, _ in self.received]

    def wait_for(self, count: int, *, seconds: float = 10) -> list[str]:
        deadline = time.monotonic() + seconds
        while len(self.received) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(self.received) >= count, self.types()
        return self.types()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            found.received.append((payload, self.headers["Stripe-Signature"]))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Receiver(f"http://127.0.0.1:{server.server_port}/webhook")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()
