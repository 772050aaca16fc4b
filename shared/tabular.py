"""One file of rows (CSV, gzipped or zipped CSV, Parquet): its columns, how SQL reaches each.

A CSV header is read here and not by DuckDB, whose names ignore case: of two columns that differ
in case it would rename the second, or answer with the wrong one (docs/reference/aws-bills.md).
"""

import csv
import gzip
import io
import os
import re
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, Self, TextIO, cast

import duckdb

from shared.columnar import is_of_machine
from shared.faults import BadInput
from shared.input_limits import (
    COLUMNS_MAX,
    LINE_BYTES_MAX,
    PARQUET_FOOTER_BYTES_MAX,
    PARQUET_ROWS_PER_BYTE_MAX,
    PARQUET_SMALL_ROWS,
    UNPACKED_BYTES_MAX,
    UNPACKED_RATIO_MAX,
    UNPACKED_SMALL_BYTES,
    ZIP_DIRECTORY_BYTES_MAX,
    LimitedReader,
    Unpacked,
    beyond,
)
from shared.readable import refused_if_unreadable
from shared.sql.expressions import Sql, csv_scan, identifier, literal, parquet_file_scan
from shared.sql.scripts import run_script

csv.field_size_limit(LINE_BYTES_MAX)

_PARQUET_MAGIC = b"PAR1"
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
# The size of the directory, in the record at the end and in that of a zip64 (APPNOTE 4.3.14, 16);
# the former has all bits set where the latter counts.
_ZIP_ENDS = re.compile(rb"(?=PK\x05\x06.{8}(?!\xff{4})(.{4})|PK\x06\x06.{36}(.{8}))", re.DOTALL)
# Both records, the zip64's locator between them, and a comment of at most 65,535 bytes.
_ZIP_END_BYTES_MAX = 56 + 20 + 22 + 65_535
_READ_BYTES = 128 * 1024
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")
_FETCH_AGAIN = "Fetch the file again; nothing was taken."
_CUT_OR_CORRUPT = (
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    struct.error,  # zipfile, of a directory that lies about itself
    NotImplementedError,  # zipfile, of what it can't unpack
)


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
        """Raises BadInput where two columns have the name: either may be the one that is meant."""
        named = [column for column in (*self.columns, *self.derived) if column.name == name]
        if len(named) > 1:
            raise BadInput(
                "the column is there twice.",
                file=str(self.path),
                field=named[0].label,
                remedy="Leave out one of them; nothing was taken.",
            )
        return named[0] if named else None


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
    header = _header(path)
    with refused_if_unreadable(path, remedy=_FETCH_AGAIN):
        lines = csv.reader(io.StringIO(header, newline=""))  # noqa: TID251 - other people's files
        names = next(lines, [])
    if not names or "\x00" in header:
        raise BadInput(
            "neither a CSV, a gzipped or zipped CSV nor a Parquet file.",
            file=str(path),
            remedy="Give the file as its producer wrote it.",
        )
    _check_column_count(path, len(names))
    columns = tuple(
        Column(name, identifier(_position_name(at)), "VARCHAR") for at, name in enumerate(names)
    )
    new_line = "\r\n" if header.endswith("\r\n") else "\n"
    return SourceFile(path, "csv", columns, new_line, _compression(magic))


def _header(path: Path) -> str:
    """The first line, and those after it while a name in quotes goes on."""
    lines: list[str] = []
    with open_text(path) as text:
        source, quote_count = _Lines(text, str(path)), 0
        for line in source:
            lines.append(line)
            quote_count += line.count('"')
            if quote_count % 2 == 0:
                break
    return "".join(lines)


def _check_column_count(path: Path, count: int) -> None:
    if count > COLUMNS_MAX:
        raise beyond("it has more than {} columns", COLUMNS_MAX, file=str(path))


def open_rows_file(path: Path) -> SourceFile:
    """A file of signals or workloads: as `open_source_file`, but no zip, which AWS's bills may be.

    Raises BadInput.
    """
    file = open_source_file(path)
    if file.compression == "zip":
        raise BadInput(
            "a zip is taken of a bill alone.",
            file=str(path),
            remedy="Unpack it, or pack the CSV as gzip.",
        )
    return file


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

    Of a zip its one `.csv` is read, whatever else lies in it and whatever its path says.
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
        except _CUT_OR_CORRUPT as error:
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
        _check_zip_directory(raw, path)
        with zipfile.ZipFile(raw) as archive, archive.open(_only_csv(archive, path)) as member:
            yield _limited(cast("Unpacked", member), path)
    else:
        unpacked = gzip.GzipFile(fileobj=raw) if compression == "gzip" else raw
        yield _limited(cast("Unpacked", unpacked), path)


def _limited(unpacked: Unpacked, path: Path) -> BinaryIO:
    packed_bytes = path.stat().st_size
    reader = LimitedReader(unpacked, file=str(path), packed_bytes=packed_bytes)
    return io.BufferedReader(reader, _READ_BYTES)


def _check_zip_directory(raw: BinaryIO, path: Path) -> None:
    """Its size, which all that may be the record at the end of the zip says; it is read whole."""
    raw.seek(max(0, path.stat().st_size - _ZIP_END_BYTES_MAX))
    for match in _ZIP_ENDS.finditer(raw.read()):
        if int.from_bytes(match[1] or match[2], "little") > ZIP_DIRECTORY_BYTES_MAX:
            raise beyond(
                "the directory of the zip has more than {} bytes",
                ZIP_DIRECTORY_BYTES_MAX,
                file=str(path),
            )
    raw.seek(0)


def _only_csv(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [item for item in archive.infolist() if _is_csv(item.filename)]
    if not members:
        raise BadInput("no .csv is in the zip.", file=str(path), remedy=_FETCH_AGAIN)
    if len(members) > 1:
        raise BadInput(
            f"{len(members)} .csv are in the zip.",
            file=str(path),
            field=members[1].filename,
            remedy="Pack each of them for itself; nothing was taken.",
        )
    only = members[0]
    allowed = max(UNPACKED_SMALL_BYTES, UNPACKED_RATIO_MAX * only.compress_size)
    if only.file_size > min(allowed, UNPACKED_BYTES_MAX):
        raise BadInput(
            f"unpacked it would have {only.file_size:,} bytes, from {only.compress_size:,}.",
            file=str(path),
            field=only.filename,
            remedy="No bill packs that well; if it is one, unpack it and give the CSV as gzip.",
        )
    if only.flag_bits & 1 or only.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInput(
            "the zip is encrypted or packed in a way that bills are not.",
            file=str(path),
            remedy="Give the file as its producer wrote it.",
        )
    return only


def _is_csv(name: str) -> bool:
    """Without what macOS packs beside each file, `__MACOSX/._<name>`."""
    return name.lower().endswith(".csv") and not name.rpartition("/")[2].startswith("._")


def csv_records(path: Path) -> Iterator[list[str]]:
    """The header and every record, in their order; blank lines are none.

    Raises csv.Error where the text is no CSV, BadInput for a record that goes beyond the limits.
    """
    with open_text(path) as text:
        lines = _Lines(text, str(path))
        for record in csv.reader(lines, strict=True):  # noqa: TID251 - other people's files
            lines.record_characters = 0
            if record:
                yield record


class _Lines:
    """Lines of a text, as long as those of one record are no longer than one may be."""

    def __init__(self, text: TextIO, file: str) -> None:
        self.record_characters = 0
        self._text = text
        self._file = file

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        self.record_characters += len(line)
        if self.record_characters > LINE_BYTES_MAX:
            raise beyond("a record has more than {} bytes", LINE_BYTES_MAX, file=self._file)
        return line


def count_csv_rows(path: Path) -> int:
    """Data rows, read to the end; blank lines are none."""
    try:
        return max(0, sum(1 for _ in csv_records(path)) - 1)
    except csv.Error as error:
        raise BadInput(
            f"not a well-formed CSV: {error}.", file=str(path), remedy=_FETCH_AGAIN
        ) from error


def _parquet_columns(path: Path) -> tuple[Column, ...]:
    _check_footer(path)
    try:
        with duckdb.connect(":memory:") as session:
            names = {"lines": parquet_file_scan(path)}
            rows = run_script(session, "shared.sql", "describe.sql", names).fetchall()
            names = {"file": literal(str(path))}
            metadata = run_script(session, "shared.sql", "parquet_metadata.sql", names)
            row_count = metadata.fetchall()[0][0]
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise BadInput(
            f"the Parquet file is cut or corrupt: {str(error).splitlines()[0]}",
            file=str(path),
            remedy=_FETCH_AGAIN,
        ) from error
    _check_column_count(path, len(rows))
    rows_max = max(PARQUET_SMALL_ROWS, PARQUET_ROWS_PER_BYTE_MAX * path.stat().st_size)
    if (row_count or 0) > rows_max:
        raise beyond("for its size it has more than {} rows", rows_max, file=str(path))
    return tuple(Column(row[0], identifier(row[0]), row[1]) for row in rows)


def _check_footer(path: Path) -> None:
    """Its length, which stands before the last four bytes and may be any number."""
    with path.open("rb") as file:
        file.seek(-min(8, path.stat().st_size), os.SEEK_END)
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
    if magic == _PARQUET_MAGIC and length > PARQUET_FOOTER_BYTES_MAX:
        raise beyond("its footer has more than {} bytes", PARQUET_FOOTER_BYTES_MAX, file=str(path))
