"""One file of rows (CSV, gzipped or zipped CSV, Parquet): its columns, how SQL reaches each.

A CSV header is read here and not by DuckDB, whose names ignore case: of two columns that differ
in case it would rename the second, or answer with the wrong one (docs/reference/aws-bills.md).
"""

import csv
import gzip
import io
import shutil
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, TextIO, cast

import duckdb

from shared.columnar import NOT_THE_INPUT
from shared.faults import BadInput
from shared.sql.expressions import Sql, csv_scan, identifier, literal, parquet_file_scan
from shared.sql.scripts import run_script

csv.field_size_limit(min(sys.maxsize, 2**31 - 1))

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_SMALL_BYTES = 100_000_000
_ZIP_RATIO_MAX = 200
_ZIP_BYTES_MAX = 64_000_000_000
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")
_FETCH_AGAIN = "Fetch the file again; nothing was taken."


@dataclass(frozen=True)
class Column:
    name: str
    reference: Sql
    """How SQL reaches it: its own name in Parquet, `c<position>` in CSV, else an expression."""
    type: str
    written: str = ""
    """Its name in the file, where `name` is another."""

    @property
    def label(self) -> str:
        return self.written or self.name


@dataclass(frozen=True)
class SourceFile:
    path: Path
    format: Literal["csv", "parquet"]
    columns: tuple[Column, ...]
    """As they stand in the file, in their order."""
    new_line: str = "\n"
    compression: Literal["none", "gzip", "zip"] = "none"
    """Of a CSV; Parquet's own does not count."""
    derived: tuple[Column, ...] = ()
    """Further columns, each an expression over the others."""

    @property
    def scan(self) -> Sql:
        """A table function with one column per `reference`, and for Parquet `file_row_number`."""
        if self.format == "csv":
            names = [_position_name(at) for at in range(len(self.columns))]
            is_gzip = self.compression == "gzip"
            return csv_scan(self.path, names, new_line=self.new_line, is_gzip=is_gzip)
        return parquet_file_scan(self.path)

    def find(self, name: str) -> Column | None:
        both = (*self.columns, *self.derived)
        return next((column for column in both if column.name == name), None)


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
    lines = csv.reader(io.StringIO(header, newline=""))  # noqa: TID251 - other people's files
    names = next(lines, [])
    if not names or "\x00" in header:
        raise BadInput(
            "neither a CSV, a gzipped or zipped CSV nor a Parquet file.",
            file=str(path),
            remedy="Give the file as its producer wrote it.",
        )
    columns = tuple(
        Column(name, identifier(_position_name(at)), "VARCHAR") for at, name in enumerate(names)
    )
    new_line = "\r\n" if header.endswith("\r\n") else "\n"
    return SourceFile(path, "csv", columns, new_line, _compression(magic))


def _position_name(at: int) -> str:
    """A CSV's columns are read by their place: names may differ in case alone, or repeat."""
    return f"c{at}"


def _compression(magic: bytes) -> Literal["none", "gzip", "zip"]:
    if magic == _ZIP_MAGIC:
        return "zip"
    return "gzip" if magic.startswith(_GZIP_MAGIC) else "none"


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """Text of a CSV; an archive that is cut or whose CRC32 is wrong is a fault, not a short file.

    Of a zip the first `.csv` is read, whatever else lies in it and whatever its path says.
    """
    with path.open("rb") as raw:
        compression = _compression(raw.read(4))
        raw.seek(0)
        try:
            with (
                _unpacked(raw, compression, path) as binary,
                io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as text,
            ):
                yield text
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise BadInput(
                f"the {compression} is cut or corrupt: {error}.",
                file=str(path),
                remedy=_FETCH_AGAIN,
            ) from error
        except UnicodeDecodeError as error:
            raise BadInput("not UTF-8 text.", file=str(path), remedy=_FETCH_AGAIN) from error


def unzip(source: SourceFile, path: Path) -> SourceFile:
    """The same rows as a plain CSV at `path`, for readers that know no zip."""
    with (
        source.path.open("rb") as raw,
        _unpacked(raw, "zip", source.path) as member,
        path.open("wb") as file,
    ):
        shutil.copyfileobj(member, file, 1 << 20)
    return replace(source, path=path, compression="none")


@contextmanager
def _unpacked(raw: BinaryIO, compression: str, path: Path) -> Iterator[BinaryIO]:
    if compression == "zip":
        with zipfile.ZipFile(raw) as archive, archive.open(_first_csv(archive, path)) as member:
            yield cast("BinaryIO", member)
    elif compression == "gzip":
        yield cast("BinaryIO", gzip.GzipFile(fileobj=raw))
    else:
        yield raw


def _first_csv(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [item for item in archive.infolist() if item.filename.lower().endswith(".csv")]
    if not members:
        raise BadInput("no .csv is in the zip.", file=str(path), remedy=_FETCH_AGAIN)
    first = members[0]
    allowed = max(_ZIP_SMALL_BYTES, _ZIP_RATIO_MAX * first.compress_size)
    if first.file_size > min(allowed, _ZIP_BYTES_MAX):
        raise BadInput(
            f"unpacked it would have {first.file_size:,} bytes, from {first.compress_size:,}.",
            file=str(path),
            field=first.filename,
            remedy="No bill packs that well; if it is one, unpack it and give the CSV as gzip.",
        )
    if first.flag_bits & 1 or first.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInput(
            "the zip is encrypted or packed in a way that bills are not.",
            file=str(path),
            remedy="Give the file as its producer wrote it.",
        )
    return first


def count_csv_rows(path: Path) -> int:
    """Data rows, read to the end; blank lines are none."""
    with open_text(path) as text:
        try:
            lines = csv.reader(text, strict=True)  # noqa: TID251 - other people's files
            return max(0, sum(1 for values in lines if values) - 1)
        except csv.Error as error:
            raise BadInput(
                f"not a well-formed CSV: {error}.", file=str(path), remedy=_FETCH_AGAIN
            ) from error


def _parquet_columns(path: Path) -> tuple[Column, ...]:
    try:
        with duckdb.connect(":memory:") as session:
            names = {"lines": parquet_file_scan(path)}
            rows = run_script(session, "shared.sql", "describe.sql", names).fetchall()
            names = {"file": literal(str(path))}
            run_script(session, "shared.sql", "parquet_metadata.sql", names).fetchall()
    except NOT_THE_INPUT:
        raise
    except duckdb.Error as error:
        raise BadInput(
            f"the Parquet file is cut or corrupt: {str(error).splitlines()[0]}",
            file=str(path),
            remedy=_FETCH_AGAIN,
        ) from error
    return tuple(Column(row[0], identifier(row[0]), row[1]) for row in rows)
