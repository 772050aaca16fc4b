"""Connections that hold what they can: opened all at once, kept until the end."""

import contextlib
import resource
import socket
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Final
from urllib.parse import urlsplit

_HOST: Final = b"Host: 127.0.0.1\r\n"
HALF_A_HEAD: Final = b"GET / HTTP/1.1\r\n" + _HOST + b"X-A: "
A_BYTE_OF_A_BODY: Final = b"POST /sign-in HTTP/1.1\r\n" + _HOST + b"Content-Length: 100000\r\n\r\nx"
A_CHUNK: Final = (
    b"POST /sign-in HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"
)
A_WHOLE_REQUEST: Final = b"GET /livez HTTP/1.1\r\n" + _HOST + b"\r\n"
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
