"""The rows of raw files, for control totals: a CSV through Python's own reader, Parquet by SQL.

A CSV is read to its end through Python's gzip, which checks CRC32 and length; DuckDB checks
neither (aws-bills facts, 6.6).
"""
# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from services.ingestion.engine.raw_measures import SPLIT_OPERATIONS, RawReader, Row
from shared.columnar import Session, literal
from shared.faults import BadInput
from shared.tabular import INTEGERS, SourceFile, open_text

_BATCH = 10_000


def csv_rows(file: SourceFile, reader: RawReader) -> Iterator[tuple[Row, int]]:
    """Every line, with the columns that `reader` needs."""
    width = len(file.columns)
    needed = {column.name: at for at, column in enumerate(file.columns)}
    names = [name for name in reader.columns if name in needed]
    pick = itemgetter(*(needed[name] for name in names))
    with open_text(file.path) as text:
        lines = csv.reader(text, strict=True)
        next(lines)
        number = 0
        try:
            for number, values in enumerate((line for line in lines if line), start=1):
                if len(values) != width:
                    raise BadInput(
                        f"has {len(values)} values where the header has {width}.",
                        file=str(file.path),
                        row=number,
                        remedy="The file is cut or damaged; fetch it again.",
                    )
                yield dict(zip(names, map(_or_none, pick(values)), strict=True)), 1
        except csv.Error as error:
            raise BadInput(
                f"not a well-formed CSV: {error}.",
                file=str(file.path),
                row=number + 1,
                remedy="The file is cut or damaged; fetch it again.",
            ) from error


def _or_none(value: str | None) -> str | None:
    return None if value in ("", "NULL", "null") else value


def parquet_rows(
    session: Session, file: SourceFile, reader: RawReader
) -> Iterator[tuple[Row, int]]:
    """The lines that `plain_sums` leaves, alike ones together with their count."""
    names = [name for name in reader.columns if file.find(name) is not None]
    listed = ", ".join(_as_text(file, name) for name in names)
    query = f"SELECT {listed}, count(*) FROM {file.scan}"
    plain = _is_summed(file, reader)
    for values in _fetch(session, f"{query} WHERE ({plain}) IS NOT TRUE GROUP BY ALL"):
        yield dict(zip(names, map(_or_none, values[:-1]), strict=True)), values[-1]


def plain_sums(
    session: Session, file: SourceFile, reader: RawReader
) -> Iterator[tuple[Row, int, Sequence[Decimal]]]:
    """Billed and effective of plain lines, each as the rounded sum and what rounding took off."""
    plain = _is_summed(file, reader)
    if plain == "false":
        return
    names = [name for name in reader.plain_columns if file.find(name) is not None]
    sums = []
    for columns in reader.plain_amounts:
        exact = f"CAST({_amount(file, columns)} AS DECIMAL(38,28))"
        rounded = f"CAST({exact} AS DECIMAL(38,10))"
        sums += [f"sum({rounded})", f"sum({exact} - {rounded})"]
    listed = ", ".join(_as_text(file, name) for name in names)
    query = (
        f"SELECT {listed}, count(*), {', '.join(sums)} FROM {file.scan} WHERE {plain} GROUP BY ALL"
    )
    width = len(names)
    for values in _fetch(session, query):
        row = dict(zip(names, map(_or_none, values[:width]), strict=True))
        yield row, values[width], values[width + 1 :]


def _is_summed(file: SourceFile, reader: RawReader) -> str:
    """SQL for the plain lines whose amounts fit 28 decimals, so that SQL can sum them exactly.

    A double's shortest decimal has at most 17 digits, so from 1e-11 on it does.
    """
    conditions = [reader.is_plain]
    operation = file.find(reader.operation) if reader.operation else None
    if operation is not None:
        others = ", ".join(map(literal, SPLIT_OPERATIONS))
        conditions.append(f"coalesce({operation.reference}, '') NOT IN ({others})")
    for columns in reader.plain_amounts:
        present = [column for name in columns if (column := file.find(name)) is not None]
        if not present or any(column.type != "DOUBLE" for column in present):
            return "false"
        value = f"abs(coalesce({', '.join(column.reference for column in present)}))"
        conditions.append(f"({value} = 0 OR {value} BETWEEN 1e-11 AND 1e8)")
    return " AND ".join(conditions)


def _amount(file: SourceFile, columns: Sequence[str]) -> str:
    present = [column for name in columns if (column := file.find(name)) is not None]
    return f"CAST(coalesce({', '.join(column.reference for column in present)}) AS VARCHAR)"


def _fetch(session: Session, query: str) -> Iterator[tuple[Any, ...]]:
    result = session.cursor().execute(query)
    while batch := result.fetchmany(_BATCH):
        yield from batch


def _as_text(file: SourceFile, name: str) -> str:
    column = file.find(name)
    if column is None:
        raise KeyError(name)
    if column.type.startswith("MAP"):
        return f"{column.reference}['product_name']"
    if name == "product":
        return f"json_extract_string(try_cast({column.reference} AS JSON), '$.product_name')"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(CAST({column.reference} AS TIMESTAMP) AS VARCHAR)"
    if name.lower().endswith(("accountid", "account_id")) and column.type in INTEGERS:
        return f"lpad(CAST({column.reference} AS VARCHAR), 12, '0')"
    return f"CAST({column.reference} AS VARCHAR)"
