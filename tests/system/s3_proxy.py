"""In front of a stack's S3: what lies between is told to be slow, or to answer for it with a 5xx.

A request goes on byte for byte, `Host` included, since its signature covers that.
"""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http import HTTPMethod, HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Final
from urllib.parse import urlsplit

from tests.http_servers import serving

# More than a client of the stack waits for between two bytes.
_UPSTREAM_SECONDS: Final = 90
# Sent on hop by hop, or said anew here.
_OF_THE_CONNECTION: Final = frozenset({"connection", "keep-alive", "transfer-encoding"})
# What S3 answers: AWS, "List of Amazon S3 error codes".
_ERRORS: Final = {
    HTTPStatus.SERVICE_UNAVAILABLE: ("SlowDown", "Please reduce your request rate."),
    HTTPStatus.INTERNAL_SERVER_ERROR: ("InternalError", "We encountered an internal error."),
}


@dataclass
class S3Proxy:
    """`refused_count` are the requests that were answered here."""

    url: str
    upstream: str
    delay_seconds: float = 0
    is_refusing: bool = False
    refused_count: int = 0
    _statuses: Iterator[HTTPStatus] = field(default_factory=lambda: cycle(_ERRORS))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Each request: 503 SlowDown and 500 InternalError in turn."""
        self.is_refusing = True
        try:
            yield
        finally:
            self.is_refusing = False

    @contextmanager
    def slow(self, seconds: float) -> Iterator[None]:
        """So long before each request goes on."""
        self.delay_seconds = seconds
        try:
            yield
        finally:
            self.delay_seconds = 0

    def refusal(self) -> HTTPStatus | None:
        """What the next request is answered here, None where it goes on."""
        if not self.is_refusing:
            return None
        with self._lock:
            self.refused_count += 1
            return next(self._statuses)


@contextmanager
def s3_proxy(upstream: str) -> Iterator[S3Proxy]:
    """`upstream` is the address of S3, which may be down, or not be up yet."""

    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = S3Proxy(f"http://127.0.0.1:{server.server_port}", upstream)
    with serving(server):
        yield server.proxy


class _Server(ThreadingHTTPServer):
    proxy: S3Proxy


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """A client that has gone, or was killed, is no news."""
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.server.proxy.delay_seconds)
        status = self.server.proxy.refusal()
        if status is not None:
            self._refuse(status)
            return
        try:
            self._pass_on(body)
        except (OSError, http.client.HTTPException):
            # As the server itself would: it stands still, or nobody is there.
            self.close_connection = True

    def _refuse(self, status: HTTPStatus) -> None:
        code, message = _ERRORS[status]
        xml = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/xml")
        self._finish(b"" if self.command == HTTPMethod.HEAD else xml, len(xml))

    def _pass_on(self, body: bytes) -> None:
        upstream = http.client.HTTPConnection(
            urlsplit(self.server.proxy.upstream).netloc, timeout=_UPSTREAM_SECONDS
        )
        with closing(upstream):
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in {*_OF_THE_CONNECTION, "expect"}:
                    upstream.putheader(name, value)
            upstream.endheaders(body or None)
            given = upstream.getresponse()
            content = given.read()
        self.send_response_only(given.status, given.reason)
        length = len(content)
        for name, value in given.getheaders():
            if name.lower() == "content-length":
                length = int(value)
            elif name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self._finish(content, length)

    def _finish(self, content: bytes, length: int) -> None:
        """`length` is of the object where it was only asked about."""
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    # Names of the standard library's.
    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        """No log of its own."""
