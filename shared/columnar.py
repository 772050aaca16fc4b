"""DuckDB over local files: one session with bounded memory, UTC, and nothing from the network.

Settings by `docs/decisions`: DuckDB spills to `scratch_dir`, loads no extension, and the time
zone is UTC whatever the machine's is.
"""

from collections.abc import Iterator, Sequence
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


def literal(text: str) -> str:
    """A string as SQL text, for the few places that take no parameter (COPY, views)."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def parquet_scan(paths: Sequence[Path], *, rows: bool = False) -> str:
    """A table function over these files, read as one table by the names of their columns.

    The paths are taken as they are: a `*` or `[` in one is part of its name. With `rows` there are
    the columns `filename` and `file_row_number` too.
    """
    listed = ", ".join(literal(_escape_glob(str(path))) for path in paths)
    numbered = ", filename = true, file_row_number = true" if rows else ""
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false{numbered})"


def csv_scan(path: Path, columns: Sequence[str], *, new_line: str, is_gzip: bool) -> str:
    """A table function over one CSV file with a header, every column as text.

    The line end is said, never guessed: with a wrong guess DuckDB 2.0 reads no row and no error.
    So is the compression, which it would guess from the name.
    """
    written_line_end = literal(new_line.encode("unicode_escape").decode("ascii"))
    declared = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    return (
        f"read_csv({literal(_escape_glob(str(path)))}, header = true, auto_detect = false, "
        f"delim = ',', quote = '\"', escape = '\"', new_line = {written_line_end}, "
        f"compression = {literal('gzip' if is_gzip else 'none')}, "
        f"max_line_size = 16000000, columns = {{{declared}}})"
    )


def _escape_glob(path: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def write_parquet(session: Session, query: str, path: Path, *, row_group_size: int) -> None:
    session.execute(
        f"COPY ({query}) TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {row_group_size:d})"
    )
