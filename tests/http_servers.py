"""HTTP servers of tests, each in a thread of its own for as long as a test needs it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

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
