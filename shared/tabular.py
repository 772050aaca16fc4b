# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""One file of rows (CSV, gzipped CSV, Parquet): its columns, and how each is reached in SQL.

A CSV header is read here and not by DuckDB, whose names ignore case: of two columns that differ
in case it would rename the second, or answer with the wrong one (aws-bills facts, 6.12).
"""

import csv
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

import duckdb

from shared.columnar import csv_scan, identifier, literal, parquet_scan
from shared.faults import BadInput

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")
_FETCH_AGAIN = "Fetch the file again; nothing was taken."


@dataclass(frozen=True)
class Column:
    name: str
    reference: str
    """How SQL reaches it: its own name in Parquet, `c<position>` in CSV."""
    type: str


@dataclass(frozen=True)
class SourceFile:
    path: Path
    format: Literal["csv", "parquet"]
    columns: tuple[Column, ...]
    new_line: str = "\n"

    @property
    def scan(self) -> str:
        """A table function with one column per `reference`, and for Parquet `file_row_number`."""
        if self.format == "csv":
            names = [column.reference for column in self.columns]
            return csv_scan(self.path, names, new_line=self.new_line)
        return parquet_scan([self.path]).replace("union_by_name = true", "file_row_number = true")

    def find(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def open_source_file(path: Path) -> SourceFile:
    """Checks that the file is there, not empty and of a kind we read, and reads its header."""
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}.", file=str(path)) from error
    if not magic:
        raise BadInput("the file has no content.", file=str(path), remedy=_FETCH_AGAIN)
    if magic == _PARQUET_MAGIC:
        return SourceFile(path, "parquet", _parquet_columns(path))
    with open_text(path) as text:
        header = text.readline()
        while header.count('"') % 2 and (more := text.readline()):
            header += more
    names = next(csv.reader(io.StringIO(header, newline="")), [])
    if not names or "\x00" in header:
        raise BadInput(
            "neither a CSV, a gzipped CSV nor a Parquet file.",
            file=str(path),
            remedy="Give the file as its producer wrote it.",
        )
    columns = tuple(Column(name, f"c{at}", "VARCHAR") for at, name in enumerate(names))
    return SourceFile(path, "csv", columns, "\r\n" if header.endswith("\r\n") else "\n")


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Text of a CSV; a gzip that is cut or whose CRC32 is wrong is a fault, not a short file."""
    with path.open("rb") as raw:
        zipped = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        binary = gzip.GzipFile(fileobj=raw) if zipped else raw
        try:
            with io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text:
                yield text
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInput(
                f"the gzip is cut or corrupt: {error}.", file=str(path), remedy=_FETCH_AGAIN
            ) from error
        except UnicodeDecodeError as error:
            raise BadInput("not UTF-8 text.", file=str(path), remedy=_FETCH_AGAIN) from error


def count_csv_rows(path: Path) -> int:
    """Data rows, read to the end; blank lines are none."""
    with open_text(path) as text:
        try:
            return max(0, sum(1 for values in csv.reader(text, strict=True) if values) - 1)
        except csv.Error as error:
            raise BadInput(
                f"not a well-formed CSV: {error}.", file=str(path), remedy=_FETCH_AGAIN
            ) from error


def _parquet_columns(path: Path) -> tuple[Column, ...]:
    try:
        with duckdb.connect(":memory:") as session:
            rows = session.execute(f"DESCRIBE SELECT * FROM {parquet_scan([path])}").fetchall()
            session.execute(
                f"SELECT count(*) FROM parquet_metadata({literal(str(path))})"
            ).fetchall()
    except duckdb.Error as error:
        raise BadInput(
            f"the Parquet file is cut or corrupt: {str(error).splitlines()[0]}",
            file=str(path),
            remedy=_FETCH_AGAIN,
        ) from error
    return tuple(Column(row[0], identifier(row[0]), row[1]) for row in rows)
