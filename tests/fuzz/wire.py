"""Requests as bytes, past all that a well-behaved client would mend, and the answers to them."""

import contextlib
import http.client
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Request:
    """`target` and the names and values of `headers` in latin-1; `kind` says what made it."""

    service: str
    method: str
    target: str
    route: str
    kind: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        sent = {name: value[:60] for name, value in self.headers.items()}
        body = f" {self.body[:60]!r} of {len(self.body)} bytes" if self.body else ""
        return f"{self.method} {self.service}{self.target[:160]!a} {sent!a}{body} ({self.kind})"


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where none came."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @property
    def content_type(self) -> str:
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")


class _Connection(http.client.HTTPConnection):
    """Takes any path, and any name of a method: what is refused is for the other side to say."""

    def _validate_path(self, url: str) -> None:
        pass

    def _validate_method(self, method: str) -> None:
        pass

    def _encode_request(self, request: str) -> bytes:
        return request.encode("latin-1", errors="replace")


class Wire:
    """Kept connections, of each thread its own."""

    def __init__(self, urls: dict[str, str]) -> None:
        self._urls = urls
        self._here = threading.local()

    def send(self, request: Request, headers: dict[str, str]) -> Answer:
        """Twice where a kept connection was closed meanwhile; status 0 where nothing comes."""
        for _ in range(2):
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self._send(request, headers)
            self._drop(request.service)
        return Answer(0)

    def _send(self, request: Request, headers: dict[str, str]) -> Answer:
        connection = self._connection(request.service)
        # What is too large is answered before all of it has gone.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.putrequest(
                request.method, request.target, skip_host=True, skip_accept_encoding=True
            )
            sent = {"Host": f"{connection.host}:{connection.port}", **headers, **request.headers}
            if request.body:
                sent.setdefault("Content-Length", str(len(request.body)))
            for name, value in sent.items():
                connection.putheader(name, value.encode("latin-1", errors="replace"))
            connection.endheaders(request.body or None)
        response = connection.getresponse()
        answer = Answer(response.status, tuple(response.getheaders()), response.read())
        if response.will_close:
            self._drop(request.service)
        return answer

    def _connection(self, service: str) -> _Connection:
        connections: dict[str, _Connection] = self._here.__dict__.setdefault("connections", {})
        if service not in connections:
            parts = urlsplit(self._urls[service])
            connections[service] = _Connection(
                str(parts.hostname), parts.port, timeout=_ANSWER_SECONDS
            )
        return connections[service]

    def _drop(self, service: str) -> None:
        connections: dict[str, _Connection] = self._here.__dict__.setdefault("connections", {})
        if service in connections:
            connections.pop(service).close()
