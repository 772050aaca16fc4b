"""Calls to a service that is away for a while, by a clock that the test gives."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.api_client import ApiClient, Refused, persist
from deploy.local.credentials import load_credentials
from deploy.local.home import Home
from deploy.local.waiting import Patience, Stuck
from shared.auth.actors import Actor
from shared.vocabulary.roles import Role
from tests.http_servers import serving

OLIVIA = Actor("olivia", Role.OPERATOR_ADMIN)


@dataclass
class Service:
    """Gives each of its answers once, the last one for ever."""

    client: ApiClient
    answers: list[tuple[int, str]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    now: float = 0.0

    def get(self) -> Any:
        return self.client.call(OLIVIA, "invoicing", "GET", "/api/v2/invoices")


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    home = Home(tmp_path)
    home.create()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.requests.append(self.path)
            status, body = made.answers[0] if len(made.answers) == 1 else made.answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    def sleep(_seconds: float) -> None:
        made.now += 100

    server = HTTPServer(("127.0.0.1", 0), Handler)
    client = ApiClient(
        lambda _: f"http://127.0.0.1:{server.server_port}",
        load_credentials(home).signing_key_file,
        patience=Patience(clock=lambda: made.now, sleep=sleep),
    )
    made = Service(client)
    with serving(server), closing(client):
        yield made


class TestACall:
    def test_is_made_again_while_the_service_can_not_answer(self, service: Service) -> None:
        service.answers = [(503, ""), (502, ""), (200, '{"data": []}')]
        assert service.get() == {"data": []}

    def test_is_given_up_with_what_was_answered(self, service: Service) -> None:
        service.answers = [(503, "")]
        with pytest.raises(Stuck, match=r"answer of invoicing to GET /api/v2/invoices \(503\)"):
            service.get()

    def test_that_is_refused_is_not_made_again(self, service: Service) -> None:
        service.answers = [(409, '{"detail": "it is closed", "reason": {"code": "closed"}}')]
        with pytest.raises(Refused, match="it is closed") as refused:
            service.get()
        assert refused.value.code == "closed"
        assert len(service.requests) == 1

    def test_is_news_where_its_answer_is_another_than_before(self, service: Service) -> None:
        service.answers = [(200, "[1]"), (200, "[1]"), (200, "[2]"), (503, ""), (200, "[2]")]
        news = []
        for _ in range(4):
            service.get()
            news.append(service.client.news)
        assert news == [1, 1, 2, 2]


class TestPersist:
    def test_does_it_again_while_a_server_is_away(self) -> None:
        tries: list[int] = []

        def act() -> str:
            tries.append(1)
            if len(tries) < 3:
                raise httpx.ConnectError("refused")
            return "done"

        assert persist(Patience(sleep=lambda _: None), "copy", act) == "done"

    def test_says_what_was_wrong_where_it_is_given_up(self) -> None:
        moments = iter(range(0, 10_000, 100))

        def act() -> None:
            raise httpx.ConnectError("refused")

        patience = Patience(clock=lambda: next(moments), sleep=lambda _: None)
        with pytest.raises(Stuck, match=r"No copy \(refused\) came"):
            persist(patience, "copy", act)
