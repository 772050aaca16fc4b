"""What a parser raises over the content of a file is a fault of the file, and nobody else's.

Every reading of a file that others wrote goes through here, so that content nobody thought of is
refused by its name, and not taken for a fault that goes away when it is tried again.
"""

import csv
import errno
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from shared.columnar import is_of_machine
from shared.faults import BadInput

# What Python's and DuckDB's readers raise for bytes that they can't take: encodings, numbers,
# dates, JSON, nesting, archives. A file that can't be opened is an OSError and none of them; nor is
# a name or an attribute that is missing, which is a mistake of ours.
_OF_CONTENT: Final = (
    duckdb.Error,
    ValueError,
    ArithmeticError,
    RecursionError,
    EOFError,
    csv.Error,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
    NotImplementedError,  # zipfile, of what it can't unpack
)
# What the system says of a path that is wrong; all else that it says is the machine's.
_OF_PATH: Final = frozenset(
    {
        *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM),
        *(errno.ELOOP, errno.ENAMETOOLONG),
    }
)


@contextmanager
def refused_if_unreadable(
    file: Path | str, *, remedy: str = "The file is damaged; fetch it again. Nothing was taken."
) -> Iterator[None]:
    """Raises BadInput that names `file` for what its content makes a parser raise.

    A lack of memory is not the input's fault and stays what it is.
    """
    try:
        yield
    except _OF_CONTENT as error:
        if is_of_machine(error):
            raise
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        raise BadInput(
            f"it can't be read to its end: {first_line}", file=str(file), remedy=remedy
        ) from error


@contextmanager
def refused_if_out_of_reach(path: Path) -> Iterator[None]:
    """Raises BadInput where a path is wrong, or closed to us; it names the one that is."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_PATH:
            raise
        file = error.filename if isinstance(error.filename, str) else str(path)
        raise BadInput(
            f"can't be read: {error.strerror}.",
            file=file,
            remedy="Check its name, and who may read it.",
        ) from error


def check_is_file(path: Path) -> None:
    """Raises BadInput for what is not there, is closed to us or is a pipe, which is read once."""
    with refused_if_out_of_reach(path):
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadInput(
                "it is no file.", file=str(path), remedy="What a pipe gives, write to a file first."
            )
        path.open("rb").close()


def files_below(folder: Path) -> list[Path]:
    """In any order, links among them. Raises OSError for a folder that may not be looked into."""
    return [
        Path(parent, name) for parent, _, names in os.walk(folder, onerror=_raise) for name in names
    ]


def _raise(error: OSError) -> None:
    raise error
