"""What happens to bills on their way: to cells, columns, encodings and bytes.

Each is given a delivery's format and makes a delivery of it.
"""

import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from tests.fuzz.bills.cells import TAG_OBJECTS
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
)

Mutation = Callable[[random.Random, Path, Format], Path]
_SECOND_PART: Final = 0.3
"""Of deliveries that may have more parts than one."""
_EVERY_ROW: Final = 0.2
_TEXT_CODECS: Final = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252")
_PARQUET_CODECS: Final = ("none", "snappy", "gzip", "zstd", "brotli", "lz4")


def parts_of(chance: random.Random, form: Format) -> list[Table]:
    first = random_table(chance, form)
    if form.layout == "file" or chance.random() > _SECOND_PART:
        return [first]
    second = random_table(chance, form)
    rows = [dict(zip(second.header, row, strict=True)) for row in second.rows]
    return [first, Table([*first.header], [[row[name] for name in first.header] for row in rows])]


def untouched(chance: random.Random, root: Path, form: Format) -> Path:
    return _delivered(root, form, parts_of(chance, form))


def _delivered(root: Path, form: Format, tables: Sequence[Table]) -> Path:
    return deliver(root, form, [encoded(table, form) for table in tables])


def changed_cells(values: Sequence[str], *whats: str) -> Mutation:
    """A value in one row or in all of them; of any column where none is named."""

    def change(chance: random.Random, root: Path, form: Format) -> Path:
        tables = parts_of(chance, form)
        table = chance.choice(tables)
        name = chance.choice([name for what, name in form.columns.items() if what in whats]
                             or list(form.columns.values()))  # fmt: skip
        # A map of Parquet holds objects of texts alone.
        is_map = form.is_parquet and name == "resource_tags"
        value = chance.choice(TAG_OBJECTS if is_map else values)
        rows = table.rows if chance.random() < _EVERY_ROW else [chance.choice(table.rows)]
        for row in rows:
            row[table.column(name)] = value
        return _delivered(root, form, tables)

    return change


def columns(chance: random.Random, root: Path, form: Format) -> Path:
    """One is away, twice there, renamed or moved; or one more is there."""
    tables = parts_of(chance, form)
    table = chance.choice(tables)
    at, other = chance.randrange(len(table.header)), chance.randrange(len(table.header))
    change = chance.choice(("drop", "twice", "lower", "junk", "swap", "empty"))
    if form.is_parquet and change in ("twice", "empty"):
        change = "junk"
    match change:
        case "drop":
            _each(table, lambda row: row.pop(at))
        case "twice":
            _each(table, lambda row: row.append(row[at]))
        case "lower":
            table.header[at] = table.header[at].lower()
        case "swap":
            header = table.header
            header[at], header[other] = header[other], header[at]
        case "empty":
            _each(table, lambda row: row.append(""))
        case _:
            table.header.append(chance.choice(("x_Mine", "Äußeres", "customer")))
            for row in table.rows:
                row.append("acme")
    try:
        return _delivered(root, form, tables)
    except ValueError:  # what stands in the map's column now is no map
        return untouched(chance, root, form)


def _each(table: Table, change: Callable[[list[str]], object]) -> None:
    for row in (table.header, *table.rows):
        change(row)


def encodings(chance: random.Random, root: Path, form: Format) -> Path:
    """A CSV's letters, line ends, separators and quotes; Parquet's types, codecs and pages."""
    first, *others = parts_of(chance, form)
    encode = _other_parquet if form.is_parquet else _other_csv
    rest = [encoded(table, form) for table in others]
    return deliver(root, form, [encode(chance, first, form), *rest])


def _other_csv(chance: random.Random, table: Table, form: Format) -> bytes:
    end = chance.choice(("\n", "\r\n", "\r"))
    delimiter = chance.choice((",", ",", ";", "\t"))
    text = csv_text(table, delimiter=delimiter, line_end=end)
    if chance.random() < 0.3:
        text = text.replace('""', '\\"')
    return packed(text.encode(chance.choice(_TEXT_CODECS)), form)


def _other_parquet(chance: random.Random, table: Table, form: Format) -> bytes:
    arrays = arrays_of(table, form)
    of_what = {name: what for what, name in form.columns.items()}
    for name, array in arrays.items():
        arrays[name] = _typed(chance, array, of_what[name])
    return parquet_bytes(
        pa.table(arrays),
        compression=chance.choice(_PARQUET_CODECS),
        version=chance.choice(("1.0", "2.4", "2.6")),
        data_page_version=chance.choice(("1.0", "2.0")),
        row_group_size=chance.choice((1, 1_000)),
        use_dictionary=chance.random() < 0.5,
        write_statistics=chance.random() < 0.5,
    )


def _typed(chance: random.Random, array: pa.Array, what: str) -> pa.Array:
    if not pa.types.is_string(array.type) or chance.random() < 0.3:
        return array
    match what:
        case "cost" | "effective" | "quantity":
            return _numbers(chance, array)
        case "month" | "month_end" | "start" | "end":
            texts = [text.as_py() and text.as_py().removesuffix("Z") for text in array]
            unit = chance.choice(("s", "ms", "us", "ns"))
            times = pa.array(texts, pa.string()).cast(pa.timestamp(unit))
            return times.cast(pa.timestamp(unit, tz="UTC")) if chance.random() < 0.5 else times
        case _:
            text = chance.choice((pa.string(), pa.large_string()))
            return array.cast(text).dictionary_encode() if chance.random() < 0.5 else array


def _numbers(chance: random.Random, array: pa.Array) -> pa.Array:
    texts: Sequence[str | None] = array.to_pylist()
    if chance.random() < 0.3:
        return pa.array([text and float(text) for text in texts], pa.float64())
    decimal: Any = pa.decimal128(*chance.choice(((18, 4), (38, 10))))
    return pa.array([text and Decimal(text) for text in texts], decimal)


def flipped_bits(chance: random.Random, root: Path, form: Format) -> Path:
    parts = [bytearray(encoded(table, form)) for table in parts_of(chance, form)]
    part = chance.choice(parts)
    for _ in range(chance.randint(1, 6)):
        part[chance.randrange(len(part))] ^= 1 << chance.randrange(8)
    return deliver(root, form, [bytes(each) for each in parts])


def cut(chance: random.Random, root: Path, form: Format) -> Path:
    """At any byte, or within the packed text, which then is whole to whoever unpacks it."""
    tables = parts_of(chance, form)
    parts = [encoded(table, form) for table in tables]
    at = chance.randrange(len(parts))
    whole = parts[at]
    if not form.is_parquet and chance.random() < 0.5:
        text = csv_text(tables[at]).encode()
        parts[at] = packed(text[: chance.randrange(len(text))], form)
    else:
        parts[at] = whole[: chance.randrange(len(whole))] + chance.choice((b"", b"", b"\0" * 9))
    return deliver(root, form, parts)
