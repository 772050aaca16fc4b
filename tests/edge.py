"""The edge of a service before an application of a test's own, and who speaks to it by the byte."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from wsgiref.types import WSGIApplication

from shared.edge.limits import Limits
from shared.edge.server import EdgeServer


@contextlib.contextmanager
def running_edge(
    application: WSGIApplication, limits: Limits, *, threads: int = 4
) -> Iterator[int]:
    """Its port; the loop runs in a thread of its own."""
    edge = EdgeServer(application, host="127.0.0.1", port=0, threads=threads, limits=limits)
    ports: list[int] = []
    is_up = threading.Event()
    loop = asyncio.new_event_loop()

    def up(port: int) -> None:
        ports.append(port)
        is_up.set()

    thread = threading.Thread(target=loop.run_until_complete, args=[edge.serve(is_up=up)])
    thread.start()
    is_up.wait(30)
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(edge.stop)
        thread.join(10)
        loop.close()


@contextlib.contextmanager
def connected(port: int, data: bytes = b"") -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        yield connection


def rest_of(connection: socket.socket) -> bytes:
    """All that comes until the other side closes, in whatever way."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def answer_to(port: int, data: bytes) -> bytes:
    with connected(port, data) as connection:
        return rest_of(connection)
