"""DuckDB over local files: one session with bounded memory, UTC, and nothing from the network.

Settings by `docs/decisions`: DuckDB spills to `scratch_dir`, loads no extension, and the time
zone is UTC whatever the machine's is.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from shared.faults import Fault, PassingFault

Session = duckdb.DuckDBPyConnection
_OF_MACHINE: Final = (duckdb.OutOfMemoryException, duckdb.InterruptException)
# DuckDB has one class for all of files; it quotes what the system says.
_DISK_FULL: Final = tuple(map(os.strerror, (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)))


class MemoryLimitReached(Fault):
    """What was computed needs more memory than the engine may take; no fault of the input."""


class DiskFull(PassingFault):
    """What was computed has no place on the disk now; no fault of the input."""


def is_of_machine(error: BaseException) -> bool:
    """No file's fault: the machine's, or somebody's who stopped it. It never refuses an input."""
    return isinstance(error, _OF_MACHINE) or is_disk_full(error)


def is_disk_full(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException | OSError) and any(
        words in str(error) for words in _DISK_FULL
    )


def memory_limit_reached(what: str) -> MemoryLimitReached:
    return MemoryLimitReached(
        f"the memory limit is not enough: {what}.",
        field="TRUEBACK_MEMORY_LIMIT_MB",
        remedy="Raise that setting, or give the command a higher --memory-mb.",
    )


@contextmanager
def open_session(*, scratch_dir: Path, memory_limit_mb: int) -> Iterator[Session]:
    """Raises MemoryLimitReached or DiskFull where what is done in it needs more."""
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
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        what = (str(error) or "no more is there").splitlines()[0]
        raise memory_limit_reached(f"{memory_limit_mb} MB: {what}") from error
    except (duckdb.Error, OSError) as error:
        if not is_disk_full(error):
            raise
        raise DiskFull(
            f"the disk is full: {str(error).splitlines()[0]}",
            field="TRUEBACK_SCRATCH_DIR",
            remedy="Free some space there, or set it to a folder on a larger disk.",
        ) from error
    finally:
        session.close()
