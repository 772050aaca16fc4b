"""The attribution service's side of a close: checks the token as it would, answers as told."""

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

OPEN = {
    "period": "2026-10",
    "state": "open",
    "version": 1,
    "closed_by": "",
    "closed_at": None,
    "overrides": [],
    "run": {"run_id": "run_0192f0c3"},
    "checks": [
        {"name": "proof_holds", "passed": True, "figures": {"difference": "0"}},
        {"name": "signals_complete", "passed": False, "figures": {"missing_meters": ["nat_bytes"]}},
        {"name": "check_of_tomorrow", "passed": True, "figures": {"moons": 2}},
    ],
}
CLOSED = {
    **OPEN,
    "state": "closed",
    "version": 2,
    "closed_by": "olivia",
    "closed_at": "2026-11-05T08:00:00Z",
    "overrides": [{"check": "signals_complete", "reason": "switched off", "by": "olivia"}],
}


@dataclass
class Attribution:
    """`calls` are (who, method, path, body); a POST or PUT is answered by `closed`."""

    status: int = 200
    answer: Any = field(default_factory=lambda: OPEN)
    closed: Any = field(default_factory=lambda: CLOSED)
    close_status: int = 200
    calls: list[tuple[Actor, str, str, Any]] = field(default_factory=list)


@contextlib.contextmanager
def running_attribution() -> Iterator[Attribution]:
    attribution = Attribution()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/livez":
                self._send(200, {})
                return
            self._note(None)
            self._send(attribution.status, attribution.answer)

        def do_POST(self) -> None:
            self._note(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._send(attribution.close_status, attribution.closed)

        def do_PUT(self) -> None:
            self.do_POST()

        def do_DELETE(self) -> None:
            self._note(None)
            self._send(204, None)

        def _note(self, body: Any) -> None:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            actor = verify_token(token, audience="attribution", jwks=settings.ENVIRONMENT.jwks)
            attribution.calls.append((actor, self.command, self.path, body))

        def _send(self, status: int, answer: Any) -> None:
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            pass

    port = running_servers().ports["attribution"]
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    with serving(server):
        yield attribution
