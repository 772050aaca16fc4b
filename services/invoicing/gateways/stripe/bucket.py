import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Lets `per_second` calls a second through and makes the others wait.

    Stripe allows 25 a second per endpoint and 100 in all on a live account, 25 in all in a sandbox.
    """

    def __init__(
        self,
        per_second: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def take(self) -> None:
        with self._lock:
            now = self._clock()
            wait = max(0.0, self._next - now)
            self._next = max(now, self._next) + self._interval
        if wait:
            self._sleep(wait)

    def pause(self, seconds: float) -> None:
        """Nobody goes through for a while: Stripe has answered 429."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)
