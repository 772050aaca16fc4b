"""Whether the database answers, before a request begins to wait for it.

PostgreSQL ends by itself what takes too long, and ends nothing where it stands still: a thread that
asks it then waits until it goes on, and a process has four threads for pages.
"""

import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final

import psycopg
from django.db import connections

from shared.outside.target import Target, Unanswered

# It takes some milliseconds; a machine that is short of processors has up to half a second.
ASK_SECONDS: Final = 2.0
# Who comes within that after an answer asks nobody.
FRESH_SECONDS: Final = 1.0


class DatabaseProbe:
    """Of one web process; its threads share it."""

    def __init__(
        self, ask: Callable[[], object], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._target = Target("the database", clock=clock)
        self._answered_at = -FRESH_SECONDS
        self._since: datetime | None = None

    def away_since(self, now: datetime) -> datetime | None:
        """Since when it has not answered this process; None where it does.

        Where it refuses, as without a connection left, whoever asks is told so at once.
        """
        if self._clock() - self._answered_at < FRESH_SECONDS:
            return None
        try:
            self._target.call(self._ask, seconds=ASK_SECONDS)
        except Unanswered as error:
            if error.was_asked and self._since is None:
                self._since = now
            return self._since
        self._answered_at, self._since = self._clock(), None
        return None


@cache
def database_probe() -> DatabaseProbe:
    return DatabaseProbe(_greet)


def connect_anew() -> None:
    """Take a connection as each new job does, and give it back; raises PostgreSQL's refusal.

    A service whose connections are open already does not notice that there are no more.
    """
    _connect(connections["default"].get_connection_params())


def _greet() -> None:
    """Begin to sign in, without a password: any word of the server's is an answer.

    It takes no connection of those that the service may have. Raises where there is no word.
    """
    stranger = connections["default"].get_connection_params()
    stranger.pop("password", None)
    try:
        _connect(stranger)
    except psycopg.errors.ConnectionTimeout:
        raise
    except psycopg.OperationalError:
        return


def _connect(parameters: dict[str, Any]) -> None:
    """In two seconds, the least that libpq knows: a job has more, who waits here is let go."""
    parameters.pop("connect_timeout", None)
    psycopg.connect(**parameters, connect_timeout=2).close()
