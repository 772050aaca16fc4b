"""DuckDB over local files: one session with bounded memory, UTC, and nothing from the network.

Settings by `docs/decisions`: DuckDB spills to `scratch_dir`, loads no extension, and the time
zone is UTC whatever the machine's is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

Session = duckdb.DuckDBPyConnection
# No file's fault: the machine's, or somebody's who stopped it. Never a reason to refuse an input.
NOT_THE_INPUT = (duckdb.OutOfMemoryException, duckdb.InterruptException)


@contextmanager
def open_session(*, scratch_dir: Path, memory_limit_mb: int) -> Iterator[Session]:
    scratch_dir.mkdir(parents=True, exist_ok=True)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_limit_mb}MB",
        "temp_directory": str(scratch_dir),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    session = duckdb.connect(":memory:", config=settings)
    try:
        session.execute("SET TimeZone = 'UTC'")
        session.execute("SET enable_progress_bar = false")
        yield session
    finally:
        session.close()
