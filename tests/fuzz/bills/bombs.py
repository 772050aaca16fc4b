"""Files that are small and become large: of gzip, of zip, of Parquet."""

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - others' files, not the lake's

from tests.fuzz.bills.delivering import deliver
from tests.fuzz.bills.tables import (
    Format,
    Table,
    arrays_of,
    csv_text,
    encoded,
    packed,
    parquet_bytes,
    random_table,
    zipped,
)

_MORE_THAN_A_FILE_MB: Final = 128
"""Unpacked: docs/reference/bad-input.md has the limits."""
_MORE_THAN_A_FILE_ROWS: Final = 10_500_000
_LONG_CELL_BYTES: Final = 900_000
"""Just below the limit of a value."""
_LONG_TIMES: Final = 12
_MB: Final = 1_000_000

Bomb = Callable[[random.Random, Table, Format], bytes]


def bombs(chance: random.Random, root: Path, form: Format) -> Path:
    bomb = chance.choice(_BOMBS[form.suffix])
    return deliver(root, form, [bomb(chance, random_table(chance, form), form)])


def _second_member(_chance: random.Random, table: Table, form: Format) -> bytes:
    """Of a gzip file: a line without an end, in a thousandth of its length."""
    return encoded(table, form) + _zeros()


@cache
def _zeros() -> bytes:
    return gzip.compress(b"0" * _MB, 1, mtime=0) * _MORE_THAN_A_FILE_MB


def _packed_twice(_chance: random.Random, table: Table, form: Format) -> bytes:
    return packed(encoded(table, form), form)


def _long_cells(_chance: random.Random, table: Table, form: Format) -> bytes:
    """Within every limit: the longest value in many rows. No more than one is held here."""
    rows = table.rows[:1]
    rows[0][table.column(form.columns["resource"])] = "x" * _LONG_CELL_BYTES
    table = Table(table.header, rows)
    if form.is_parquet:
        few = pa.table(arrays_of(table, form))
        return parquet_bytes(pa.concat_tables([few] * 20 * _LONG_TIMES), compression="zstd")
    header, line = csv_text(table).encode().split(b"\n", 1)
    if form.suffix.endswith(".gz"):
        return packed(header + b"\n", form) + packed(line, form) * _LONG_TIMES
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("report/bill.csv", "w") as member,
    ):
        member.write(header + b"\n")
        for _ in range(_LONG_TIMES):
            member.write(line)
    return file.getvalue()


def _long_line(_chance: random.Random, table: Table, form: Format) -> bytes:
    return packed(csv_text(table).encode() + b"0" * 4 * _MB, form)


def _blank_lines(_chance: random.Random, table: Table, form: Format) -> bytes:
    return packed(csv_text(table).encode() + b"\n" * _MB, form)


def _two_bills(_chance: random.Random, table: Table, _form: Format) -> bytes:
    text = csv_text(table).encode()
    return zipped({"report/bill.csv": text, "report/bill-2.csv": text})


def _many_members(_chance: random.Random, table: Table, _form: Format) -> bytes:
    others = {f"report/{number}.txt": b"" for number in range(20_000)}
    return zipped({"report/bill.csv": csv_text(table).encode(), **others})


def _wrong_size(chance: random.Random, table: Table, form: Format) -> bytes:
    """The zip's directory says another size of its file."""
    content = bytearray(encoded(table, form))
    at = content.rindex(b"PK\x01\x02") + chance.choice((20, 24))
    content[at : at + 4] = struct.pack("<I", chance.choice((1, 2**31 - 1, 2**32 - 1)))
    return bytes(content)


def _long_value(_chance: random.Random, table: Table, form: Format) -> bytes:
    """Of Parquet: one value, of which the pages are a thousandth."""
    table.rows[0][table.column(form.columns["resource"])] = "x" * 4 * _MB
    return parquet_bytes(pa.table(arrays_of(table, form)), compression="zstd")


def _many_rows(_chance: random.Random, _table: Table, form: Format) -> bytes:
    needed = ("cost", "start", "currency", "category")
    return _rows_of_nothing(tuple(form.columns[what] for what in needed))


@cache
def _rows_of_nothing(names: tuple[str, ...]) -> bytes:
    groups = 10
    nothing = pa.nulls(_MORE_THAN_A_FILE_ROWS // groups, pa.string())
    group = pa.table(dict.fromkeys(names, nothing))
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, group.schema) as writer:
        for _ in range(groups):
            writer.write_table(group)
    return bytes(sink.getvalue())


def _wrong_footer(chance: random.Random, table: Table, form: Format) -> bytes:
    content = bytearray(encoded(table, form))
    content[-8:-4] = struct.pack("<I", chance.choice((0, 1, 2**31 - 1, 2**32 - 1)))
    return bytes(content)


_BOMBS: Final[dict[str, tuple[Bomb, ...]]] = {
    ".csv.gz": (_second_member, _packed_twice, _long_cells, _long_line, _blank_lines),
    ".csv.zip": (_long_line, _two_bills, _many_members, _wrong_size, _packed_twice, _long_cells),
    ".parquet": (_long_value, _many_rows, _wrong_footer, _long_cells),
}
