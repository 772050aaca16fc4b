"""What a parser raises over the content of a file is a fault of the file, and nobody else's.

Every reading of a file that others wrote goes through here, so that content nobody thought of is
refused by its name, and not taken for a fault that goes away when it is tried again.
"""

import csv
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
