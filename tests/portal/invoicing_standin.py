"""The invoicing service's side of a command: checks the token as it would, answers as told."""

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
class Invoicing:
    """`calls` are (who, path, body); a question is answered by `file` of `file_type`.
    `status_of_posts` is of commands alone, where it is not that of all.

    Whether anything can be issued is asked with most pages, whether it is there before all that
    takes longer; these are no calls.
    """

    status: int = 200
    status_of_posts: int = 0
    answer: Any = field(default_factory=dict)
    file: bytes = b"%PDF-1.7 as it came"
    file_type: str = "application/pdf"
    issue_refusal: Any = None
    calls: list[tuple[Actor, str, Any]] = field(default_factory=list)


@contextlib.contextmanager
def running_invoicing() -> Iterator[Invoicing]:
    invoicing = Invoicing()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._called(body)
            answer = json.dumps(invoicing.answer).encode()
            self._respond(answer, "application/json", status=invoicing.status_of_posts)

        def do_GET(self) -> None:
            if self.path == "/livez":
                self._respond(b"{}", "application/json", status=200)
                return
            if self.path == "/api/v1/issuing":
                answer = {"refused": invoicing.issue_refusal}
                self._respond(json.dumps(answer).encode(), "application/json")
                return
            self._called(None)
            self._respond(invoicing.file, invoicing.file_type)

        def _called(self, body: Any) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            actor = verify_token(token, audience="invoicing", jwks=settings.ENVIRONMENT.jwks)
            invoicing.calls.append((actor, self.path, body))

        def _respond(self, content: bytes, content_type: str, *, status: int = 0) -> None:
            self.send_response(status or invoicing.status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", running_servers().ports["invoicing"]), Handler)
    with serving(server):
        yield invoicing
