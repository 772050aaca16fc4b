"""The HTTP server of a service: an event loop for the network, threads for the application.

Why not an application server that is there: docs/decisions/0016-an-edge-of-our-own.md.
"""

import asyncio
import functools
import signal
from collections.abc import Callable
from contextlib import closing, suppress
from http import HTTPStatus
from typing import Final
from wsgiref.types import WSGIApplication

from shared.edge.connection import Connection
from shared.edge.connections import Connections
from shared.edge.limits import Limits
from shared.edge.workers import Busy, Workers
from shared.edge.wsgi import Answer, Request, environ_of, refusal, run

# As many as the kernel keeps for us while the loop is busy; it has a limit of its own.
_BACKLOG: Final = 1024
# Less than what the supervisor and Docker wait before they kill.
_GRACE_SECONDS: Final = 8.0
_RETRY_AFTER: Final = (b"retry-after", b"5")
# Each has a thread that no page can take: one asks nobody, the other the database.
PROBES: Final = (b"/livez", b"/readyz")


class EdgeServer:
    def __init__(
        self,
        application: WSGIApplication,
        *,
        host: str,
        port: int,
        threads: int,
        limits: Limits,
        has_probe_threads: Callable[[], bool] = lambda: True,
    ) -> None:
        """`has_probe_threads` is asked at each request; without, probes wait in line with pages."""
        self._application = application
        self._host, self._port = host, port
        self._limits = limits
        self._connections = Connections(limits)
        pages = Workers("page", threads=threads, queue=limits.queue, seconds=limits.run_seconds)
        self._pages = pages
        self._has_probe_threads = has_probe_threads
        self._probes = {
            path: Workers("probe", threads=1, queue=limits.queue, seconds=limits.probe_seconds)
            for path in PROBES
        }
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop: asyncio.Event | None = None

    def run(self) -> None:
        """Until SIGTERM or SIGINT; from the main thread."""
        asyncio.run(self.serve(on_signals=True))

    async def serve(
        self, *, on_signals: bool = False, is_up: Callable[[int], None] = lambda _port: None
    ) -> None:
        """`is_up` is called with the port once it listens; `stop` ends it."""
        self._stop = asyncio.Event()
        if on_signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, self._stop.set)
        server = await asyncio.start_server(self._accept, self._host, self._port, backlog=_BACKLOG)
        self._port = server.sockets[0].getsockname()[1]
        is_up(self._port)
        with closing(self._pages), closing(server):
            await self._stop.wait()
            server.close()
            await self._finish()
        for probe in self._probes.values():
            probe.close()

    def stop(self) -> None:
        if self._stop is not None:
            self._stop.set()

    async def _finish(self) -> None:
        """What is being answered is answered."""
        self._connections.end_awaited()
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_SECONDS):
                while self._tasks:
                    await asyncio.wait(self._tasks)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await Connection(
            reader,
            writer,
            connections=self._connections,
            limits=self._limits,
            answer_to=self._answer_to,
        ).serve()

    async def _answer_to(self, request: Request) -> Answer:
        probes = self._probes if self._has_probe_threads() else {}
        workers = probes.get(request.path, self._pages)
        environ = environ_of(request, host=self._host, port=self._port)
        try:
            return await workers.run(functools.partial(run, self._application, environ))
        except Busy:
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, _RETRY_AFTER)
