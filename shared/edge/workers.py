"""Threads for views, as many as are good for the database, with a queue that has an end."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Answer = TypeVar("Answer")


class Busy(Exception):
    """All threads have work, and as much waits as may; or it took too long."""


class Workers:
    """Used by the event loop's thread alone; what it runs runs in threads of its own."""

    def __init__(self, name: str, *, threads: int, queue: int, seconds: float) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._unfinished_max = threads + queue
        self._unfinished = 0
        self._seconds = seconds

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Raises Busy at once where the queue is full, or after the time that it may take.

        Work that nobody waits for any more is not begun; what has begun can't be ended.
        """
        if self._unfinished >= self._unfinished_max:
            raise Busy
        loop = asyncio.get_running_loop()
        future = self._executor.submit(work)
        self._unfinished += 1
        future.add_done_callback(lambda _: _call_in(loop, self._finished))
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise Busy from None

    def _finished(self) -> None:
        self._unfinished -= 1

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _call_in(loop: asyncio.AbstractEventLoop, callback: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended, and with it whoever waits
        loop.call_soon_threadsafe(callback)
