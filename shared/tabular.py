"""One file of rows (CSV, gzipped or zipped CSV, Parquet): its columns, how SQL reaches each.

A CSV header is read here and not by DuckDB, whose names ignore case: of two columns that differ
in case it would rename the second, or answer with the wrong one (docs/reference/aws-bills.md).
"""

import csv
import io
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import duckdb

from shared.columnar import is_of_machine
from shared.faults import BadInput
from shared.input_limits import (
    COLUMNS_MAX,
    PARQUET_FOOTER_BYTES_MAX,
    PARQUET_ROWS_PER_BYTE_MAX,
    PARQUET_SMALL_ROWS,
    beyond,
)
from shared.other_forms import BEGINNING_BYTES, refuse_json, refuse_other_form
from shared.packed_text import (
    FETCH_AGAIN,
    UTF_8,
    UTF_16,
    UTF_16_MARKS,
    Compression,
    Lines,
    compression_of,
    csv_records,
    open_text,
    open_unpacked,
    separator_named,
    unpacked,
)
from shared.readable import refused_if_unreadable
from shared.sql.expressions import Sql, csv_scan, identifier, literal, parquet_file_scan
from shared.sql.scripts import run_script

_PARQUET_MAGIC = b"PAR1"
# Commas stand in values; where a header has none, and one of these, it separates.
_OTHER_DELIMITERS = (";", "\t", "|")
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UBIGINT", "UINTEGER")


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
    encoding: str = UTF_8
    delimiter: str = ","
    compression: Compression = "none"
    """Of a CSV; Parquet's own does not count."""
    names_its_separator: bool = False
    """Whether a CSV begins with a line such as `sep=;`, which is Excel's and none of its own."""
    derived: tuple[Column, ...] = ()
    """Further columns, each an expression over the others."""

    @property
    def is_rfc_4180(self) -> bool:
        """Whether a CSV is UTF-8 with commas, as DuckDB reads it."""
        return self.encoding == UTF_8 and self.delimiter == "," and not self.names_its_separator

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


def with_names(file: SourceFile, names: Iterable[str]) -> SourceFile:
    """Columns that differ from one of `names` in case and signs alone have that name.

    Where a column has the name itself no other is taken for it; two that are taken for it are found
    twice.
    """
    own = {column.name for column in file.columns}
    meant = {_bare(name): name for name in names if name not in own}
    columns = tuple(
        replace(column, name=meant[_bare(column.name)], written=column.label)
        if _bare(column.name) in meant
        else column
        for column in file.columns
    )
    return replace(file, columns=columns)


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name.casefold())


def open_source_file(path: Path) -> SourceFile:
    """Checks that the file is there, not empty and of a kind we read, and reads its header."""
    try:
        with path.open("rb") as file:
            beginning = file.read(BEGINNING_BYTES)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}.", file=str(path)) from error
    magic = beginning[:4]
    if not magic:
        raise BadInput("the file has no content.", file=str(path), remedy=FETCH_AGAIN)
    if magic == _PARQUET_MAGIC:
        return SourceFile(path, "parquet", _parquet_columns(path))
    refuse_other_form(path, beginning)
    encoding = _encoding(path)
    header, separator = _header(path, encoding)
    refuse_json(path, header)
    delimiter = separator or _delimiter(header)
    with refused_if_unreadable(path, remedy=FETCH_AGAIN):
        source = io.StringIO(header, newline="")
        lines = csv.reader(source, delimiter=delimiter)  # noqa: TID251 - other people's files
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
    compression = compression_of(magic)
    return SourceFile(
        path,
        "csv",
        columns,
        new_line,
        encoding,
        delimiter,
        compression,
        names_its_separator=bool(separator),
    )


def _encoding(path: Path) -> str:
    """UTF-16 by its mark, which no text in UTF-8 begins with."""
    with open_unpacked(path) as binary:
        return UTF_16 if binary.read(2) in UTF_16_MARKS else UTF_8


def _delimiter(header: str) -> str:
    if "," in header:
        return ","
    return max(_OTHER_DELIMITERS, key=header.count) if len(header) > 1 else ","


def _header(path: Path, encoding: str) -> tuple[str, str]:
    """The first line, and those after it while a name in quotes goes on.

    Behind it the separator that a line before it names, '' without one.
    """
    lines: list[str] = []
    with open_text(path, encoding) as text:
        source, quote_count, separator = Lines(text, str(path)), 0, ""
        for line in source:
            if not lines and not separator and (separator := separator_named(line)):
                continue
            lines.append(line)
            quote_count += line.count('"')
            if quote_count % 2 == 0:
                break
    return "".join(lines), separator


def _check_column_count(path: Path, count: int) -> None:
    if count > COLUMNS_MAX:
        raise beyond("it has more than {} columns", COLUMNS_MAX, file=str(path))


def open_rows_file(path: Path) -> SourceFile:
    """A file of signals or workloads: as `open_source_file`, but no zip, which AWS's bills may be.

    Raises BadInput.
    """
    file = open_source_file(path)
    if not file.is_rfc_4180:
        what = "UTF-16" if file.encoding != UTF_8 else f"separated by {file.delimiter!r}"
        if file.names_its_separator:
            what = "begun by a line `sep=`, which is no part of a CSV"
        raise BadInput(
            f"it is {what}.", file=str(path), remedy="Write it as UTF-8, separated by commas."
        )
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


def rewritten(source: SourceFile, path: Path) -> SourceFile:
    """The same records as a CSV of UTF-8, commas and one line end, for readers that want it so.

    Raises csv.Error, or BadInput, where Python's reader takes no more than they do.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        # All in quotes: a CR in a value would end a record.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")  # noqa: TID251 - a copy
        for record in csv_records(source.path, source.encoding, source.delimiter):
            writer.writerow(record)
    return replace(
        source,
        path=path,
        new_line="\n",
        encoding=UTF_8,
        delimiter=",",
        compression="none",
        names_its_separator=False,
    )


def unzip(source: SourceFile, path: Path) -> SourceFile:
    """The same rows as a plain CSV at `path`, for readers that know no zip."""
    with (
        source.path.open("rb") as raw,
        unpacked(raw, "zip", source.path) as member,
        path.open("wb") as file,
    ):
        shutil.copyfileobj(member, file, 1 << 20)
    return replace(source, path=path, compression="none")


def count_csv_rows(path: Path) -> int:
    """Data rows, read to the end; blank lines are none."""
    try:
        return max(0, sum(1 for _ in csv_records(path)) - 1)
    except csv.Error as error:
        raise BadInput(
            f"not a well-formed CSV: {error}.", file=str(path), remedy=FETCH_AGAIN
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
            remedy=FETCH_AGAIN,
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
