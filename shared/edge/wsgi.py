"""A whole request as WSGI has it (PEP 3333), and the whole answer of an application."""

import io
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment

from shared.runtime.problem_document import CONTENT_TYPE, problem

logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """`headers` have lower-case names; `declared_bytes` is what the body would be, read or not."""

    method: str
    target: bytes
    version: str
    headers: Sequence[tuple[bytes, bytes]]
    address: str
    body: bytes = b""
    declared_bytes: int = 0

    @property
    def path(self) -> bytes:
        return self.target.partition(b"?")[0]


@dataclass(frozen=True)
class Answer:
    status: int
    reason: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""


def refusal(status: HTTPStatus, *more: tuple[bytes, bytes]) -> Answer:
    """Of the edge itself; no view was asked."""
    document = problem(status, code=status.name.lower(), detail=f"{status.phrase}.")
    return Answer(
        status=status.value,
        reason=status.phrase.encode(),
        headers=[(b"content-type", CONTENT_TYPE.encode()), *more],
        body=json.dumps(document).encode(),
    )


def environ_of(request: Request, *, host: str, port: int) -> WSGIEnvironment:
    path, _, query = request.target.partition(b"?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "REMOTE_ADDR": request.address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers:
        # `X-A` and `X_A` would be one name: a proxy checks the one, the other gets past it.
        if b"_" not in name:
            _add(environ, name.decode("latin-1"), value.decode("latin-1"))
    if request.declared_bytes:
        environ["CONTENT_LENGTH"] = str(request.declared_bytes)
    return environ


def _add(environ: WSGIEnvironment, name: str, value: str) -> None:
    key = name.upper().replace("-", "_")
    if key in {"TRANSFER_ENCODING", "CONNECTION"}:
        return
    if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        key = f"HTTP_{key}"
    separator = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


@dataclass
class _Started:
    status: str = "500 Internal Server Error"
    headers: list[tuple[str, str]] = field(default_factory=list)


def run(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Never raises: what a framework has not caught itself is an answer of 500."""
    try:
        return _run(application, environ)
    except Exception:
        logger.exception("the application failed")
        return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


def _run(application: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    started = _Started()

    def start_response(
        status: str, headers: list[tuple[str, str]], _exc_info: Any = None, /
    ) -> Any:
        started.status, started.headers = status, headers

    with ExitStack() as stack:
        parts: Iterable[bytes] = application(environ, start_response)
        if hasattr(parts, "close"):
            stack.callback(parts.close)
        body = b"".join(parts)
    code, _, reason = started.status.partition(" ")
    return Answer(
        status=int(code),
        reason=reason.encode("latin-1"),
        headers=[
            # A cookie of Django's begins with a blank, which is no part of a value (RFC 9110, 5.5).
            (name.lower().encode("latin-1"), value.strip().encode("latin-1"))
            for name, value in started.headers
        ],
        body=body,
    )
