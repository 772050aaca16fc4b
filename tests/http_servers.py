"""HTTP servers of tests, each in a thread of its own for as long as a test needs it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx

# Asked to stop, a server of the standard library looks up only so often; its own 0.5 s would be
# waited out at the end of every test that has one.
_POLL_SECONDS: Final = 0.01


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Within, the server answers; afterwards its thread and its socket are gone."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def in_process(*, address: str) -> httpx.Client:
    """The service of this suite, asked from an address as over HTTP, in the test's transaction."""
    from django.test import Client  # noqa: PLC0415 - after settings are chosen

    client = Client(raise_request_exception=False, REMOTE_ADDR=address)

    def answer(request: httpx.Request) -> httpx.Response:
        given = client.generic(
            request.method,
            request.url.raw_path.decode(),
            request.content,
            content_type=request.headers.get("Content-Type", ""),
            headers=dict(request.headers),
        )
        return httpx.Response(given.status_code, content=given.content)

    return httpx.Client(base_url="http://127.0.0.1", transport=httpx.MockTransport(answer))
