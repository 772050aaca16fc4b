"""Connections that hold what they can: opened all at once, kept until the end."""

import contextlib
import resource
import socket
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = "Host: 127.0.0.1"


def a_byte_of_a_body(method: str, path: str, *headers: str) -> bytes:
    return _head(method, path, *headers, "Content-Length: 100000") + b"x"


def a_chunk(method: str, path: str, *headers: str) -> bytes:
    return _head(method, path, *headers, "Transfer-Encoding: chunked") + b"5\r\nab"


def _head(method: str, path: str, *headers: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", _HOST, *headers, "", ""]).encode()


# A view looks into the body only of a form that comes with a cookie, which anybody can make up.
SIGN_IN: Final = (
    *("POST", "/sign-in", f"Cookie: trueback_csrf={'a' * 32}"),
    "Content-Type: application/x-www-form-urlencoded",
)
HALF_A_HEAD: Final = f"GET / HTTP/1.1\r\n{_HOST}\r\nX-A: ".encode()
A_BYTE_OF_A_BODY: Final = a_byte_of_a_body(*SIGN_IN)
A_CHUNK: Final = a_chunk(*SIGN_IN)
A_WHOLE_REQUEST: Final = _head("GET", "/livez")
NOTHING: Final = b""
_SMALL_WINDOW_BYTES: Final = 1024


@contextlib.contextmanager
def held(url: str, texts: Sequence[bytes], *, count: int) -> Iterator[list[socket.socket]]:
    """`count` connections, each with one of `texts` sent, and nothing read."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * count + 200), hard))
    parts = urlsplit(url)
    with contextlib.ExitStack() as stack:
        sockets = []
        for text in islice(cycle(texts), count):
            connection = stack.enter_context(contextlib.closing(socket.socket()))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_WINDOW_BYTES)
            connection.settimeout(5)
            connection.connect((parts.hostname, parts.port))
            connection.sendall(text)
            sockets.append(connection)
        yield sockets
