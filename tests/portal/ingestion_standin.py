"""The ingestion service's side of sources and deliveries: keeps what is posted, answers as told."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.conf import settings

from shared.auth.actors import Actor
from shared.auth.tokens import verify_token
from tests.http_servers import serving
from tests.service_stack import running_servers


@dataclass
class Ingestion:
    """`answers` are what paths (without `/api/v1/` and query) answer; `calls` what was posted."""

    answers: dict[str, Any] = field(default_factory=dict)
    refusal: tuple[int, Any] | None = None
    calls: list[tuple[Actor, str, Any]] = field(default_factory=list)


@contextlib.contextmanager
def running_ingestion() -> Iterator[Ingestion]:
    ingestion = Ingestion()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(self._known())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            token = self.headers["Authorization"].removeprefix("Bearer ")
            actor = verify_token(token, audience="ingestion", jwks=settings.ENVIRONMENT.jwks)
            ingestion.calls.append((actor, self._path(), body))
            self._answer(ingestion.refusal or self._known())

        def _path(self) -> str:
            return self.path.removeprefix("/api/v1/").partition("?")[0]

        def _known(self) -> tuple[int, Any]:
            if self.path == "/livez":
                return 200, {}
            answer = ingestion.answers.get(self._path())
            return (404, {"detail": "There is no such page."}) if answer is None else (200, answer)

        def _answer(self, answer: tuple[int, Any]) -> None:
            content = json.dumps(answer[1]).encode()
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", running_servers().ports["ingestion"]), Handler)
    with serving(server):
        yield ingestion
