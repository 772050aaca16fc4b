"""DuckDB sessions that share one instance, for suites that open thousands of them.

Starting an instance (its catalogue of functions) takes longer than what most tests do in it. Each
session here has a database and temporary tables of its own, so that it sees nothing of the others;
limits and the folder to spill into belong to the instance, so tests that are about those ask for
`instances_of_their_own`.
"""

import itertools
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache, partial
from types import TracebackType
from typing import Any, Self
from unittest import mock

import duckdb
import pytest

_INSTANCE_SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB",
    # A few rows are never divided among threads, and those that wait take from the other suite.
    "threads": 1,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # A file that a test writes anew under the same name is another file.
    "enable_external_file_cache": False,
}
# Rewriting a plan takes a sixth of such a test and pays only with many rows. The suites that don't
# come here, `make demo-check` and tests with instances of their own use every optimizer.
_NAMES_OF_OPTIMIZERS = "SELECT string_agg(name, ',') FROM duckdb_optimizers()"
_connect = duckdb.connect
# Threads are the instance's, which has one as it is; a session that resets them gives it two.
_OF_THE_INSTANCE = ("SET threads = 1", "RESET threads")


@lru_cache(maxsize=2000)
def _parsed(query: str) -> list[duckdb.Statement]:
    """A suite runs the same scripts again and again; parsing is a sixth of what they take."""
    return duckdb.extract_statements(query)


def forget_parsed() -> None:
    """For who runs other statements each time: kept for nothing, they add up to 150 MB."""
    _parsed.cache_clear()


class SharedSession:
    """What `duckdb.connect()` gives, but for the start of an instance."""

    def __init__(self, instance: duckdb.DuckDBPyConnection, name: str) -> None:
        self._connection = instance.cursor()
        self._name = name
        self._connection.execute(f"ATTACH ':memory:' AS {name}; USE {name}")

    def execute(self, query: str, parameters: object = None) -> Self:
        if query in _OF_THE_INSTANCE:
            return self
        *first, last = _parsed(query)
        for statement in first:
            self._connection.execute(statement)
        self._connection.execute(last, parameters)
        return self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        with suppress(duckdb.FatalException):
            self._connection.execute(f"USE memory; DETACH {self._name}")
        self._connection.close()


class _Instance:
    """DuckDB gives up one in which an error of its own came up: the next session has a new one."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._start = partial(duckdb.connect, ":memory:", config=settings)
        self._numbers = itertools.count()
        self._connection = self._started()

    def _started(self) -> duckdb.DuckDBPyConnection:
        connection = self._start()
        (names,) = connection.sql(_NAMES_OF_OPTIMIZERS).fetchall()[0]
        connection.execute("SET disabled_optimizers = $names", {"names": names})
        return connection

    def session(self, database: str = ":memory:", **_settings: Any) -> SharedSession:
        if database != ":memory:":
            raise ValueError(f"{database}: only sessions in memory are shared")
        name = f"session_{next(self._numbers)}"
        try:
            return SharedSession(self._connection, name)
        except duckdb.FatalException:
            self._connection = self._started()
            return SharedSession(self._connection, name)

    def close(self) -> None:
        self._connection.close()


@contextmanager
def shared_instance(**settings: str) -> Iterator[None]:
    """Within, every `duckdb.connect()` gives a session of one instance in memory."""
    with (
        closing(_Instance({**_INSTANCE_SETTINGS, **settings})) as instance,
        mock.patch.object(duckdb, "connect", instance.session),
    ):
        yield
    # A statement that outlives the interpreter is reported as leaked.
    _parsed.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def one_instance_of_duckdb() -> Iterator[None]:
    """For a suite whose conftest imports it."""
    with shared_instance():
        yield


@pytest.fixture
def instances_of_their_own() -> Iterator[None]:
    """For a test of such a suite that is about limits, the disk or the bytes that are written."""
    with mock.patch.object(duckdb, "connect", _connect):
        yield
