"""A real stand-in process, spoken to by the real stripe-python client."""

import contextlib
import http.server
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.http_servers import serving
from tests.standin import NO_LIMITS, StandIn, running_standin

Starter = Callable[..., StandIn]


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    with running_standin(tmp_path_factory.mktemp("shared"), NO_LIMITS) as running:
        yield running


@pytest.fixture
def start_standin(tmp_path: Path) -> Iterator[Starter]:
    """For tests that need one of their own: other options, faults, kills."""
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> StandIn:
            return stack.enter_context(running_standin(tmp_path, options))

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

    def wait_for(self, count: int, *, seconds: float = 60) -> list[str]:
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
    with serving(server):
        yield found
