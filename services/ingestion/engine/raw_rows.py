"""The rows of raw files, for control totals: a CSV through Python's own reader, Parquet by SQL.

A CSV is read to its end through Python's gzip, which checks CRC32 and length; DuckDB checks
neither (docs/reference/aws-bills.md).
"""

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final

from services.ingestion.engine.layouts import SPLIT_OPERATIONS
from services.ingestion.engine.raw_measures import RawReader, Row
from shared.columnar import Session
from shared.faults import BadInput
from shared.packed_text import csv_records
from shared.sql.expressions import (
    Sql,
    both,
    call,
    cast,
    infix,
    listed,
    listed_values,
    literal,
    map_entry,
    negated,
    number,
    one_of,
    or_empty,
)
from shared.sql.scripts import run_script, script_query
from shared.tabular import INTEGERS, SourceFile

_BATCH: Final = 10_000


def csv_rows(file: SourceFile, reader: RawReader) -> Iterator[tuple[Row, int]]:
    """Every line, with the columns that `reader` needs."""
    width = len(file.columns)
    needed = {column.name: at for at, column in enumerate(file.columns)}
    names = [name for name in reader.columns if name in needed]
    pick = itemgetter(*(needed[name] for name in names))
    number = -1  # of data rows from 1, so that the header is 0
    try:
        for number, values in enumerate(csv_records(file.path, file.encoding, file.delimiter)):
            if number == 0:
                continue
            if len(values) != width:
                raise BadInput(
                    f"has {len(values)} values where the header has {width}.",
                    file=str(file.path),
                    row=number,
                    remedy="The file is cut, or a value has a comma or quote that is not quoted.",
                )
            yield dict(zip(names, map(_or_none, pick(values)), strict=True)), 1
    except csv.Error as error:
        is_known = "backslash" in str(error)
        raise BadInput(
            f"not a well-formed CSV: {error}.",
            file=str(file.path),
            row=number + 1,
            remedy=(
                "Nothing was taken."
                if is_known
                else "The file is cut, or quotes in it are not doubled; write it again."
            ),
        ) from error


def _or_none(value: str | None) -> str | None:
    return None if value in ("", "NULL", "null") else value


def parquet_rows(
    session: Session, file: SourceFile, reader: RawReader
) -> Iterator[tuple[Row, int]]:
    """The lines that `plain_sums` leaves, alike ones together with their count."""
    columns = [name for name in reader.columns if file.find(name) is not None]
    is_summed = _is_summed(file, reader)
    names = {"columns": _as_texts(file, columns), "rows": file.scan}
    if is_summed is None:
        result = run_script(session.cursor(), __package__, "raw_rows.sql", names)
    else:
        names["is_summed"] = is_summed
        result = run_script(session.cursor(), __package__, "raw_rows_not_summed.sql", names)
    for values in _batches(result):
        yield dict(zip(columns, map(_or_none, values[:-1]), strict=True)), values[-1]


def plain_sums(
    session: Session, file: SourceFile, reader: RawReader
) -> Iterator[tuple[Row, int, Sequence[Decimal]]]:
    """Billed and effective of plain lines, each as the rounded sum and what rounding took off."""
    is_summed = _is_summed(file, reader)
    if is_summed is None:
        return
    columns = [name for name in reader.plain_columns if file.find(name) is not None]
    sums: list[Sql] = []
    for amount in reader.plain_amounts:
        exact = cast(cast(_amount(file, amount), "VARCHAR"), "DECIMAL(38,28)")
        rounded = cast(exact, "DECIMAL(38,10)")
        sums += [call("sum", rounded), call("sum", infix(exact, "-", rounded))]
    result = run_script(
        session.cursor(),
        __package__,
        "plain_sums.sql",
        {
            "columns": _as_texts(file, columns),
            "sums": listed_values(sums),
            "rows": file.scan,
            "is_summed": is_summed,
        },
    )
    width = len(columns)
    for values in _batches(result):
        row = dict(zip(columns, map(_or_none, values[:width]), strict=True))
        yield row, values[width], values[width + 1 :]


def _is_summed(file: SourceFile, reader: RawReader) -> Sql | None:
    """The plain lines whose amounts fit 28 decimals, so that SQL can sum them exactly.

    A double's shortest decimal has at most 17 digits, so from 1e-11 on it does. None where the
    file's amounts are no doubles.
    """
    conditions = [] if reader.is_plain is None else [script_query(__package__, reader.is_plain)]
    operation = file.find(reader.operation) if reader.operation else None
    if operation is not None:
        conditions.append(negated(one_of(or_empty(operation.reference), SPLIT_OPERATIONS)))
    for amount in reader.plain_amounts:
        columns = [column for name in amount if (column := file.find(name)) is not None]
        if not columns or any(column.type != "DOUBLE" for column in columns):
            return None
        value = call("abs", _amount(file, amount))
        conditions.append(script_query(__package__, "fits_28_decimals.sql", {"value": value}))
    return both(*conditions)


def _amount(file: SourceFile, names: Sequence[str]) -> Sql:
    columns = [column for name in names if (column := file.find(name)) is not None]
    return call("coalesce", *(column.reference for column in columns))


def _batches(result: Session) -> Iterator[tuple[Any, ...]]:
    while batch := result.fetchmany(_BATCH):
        yield from batch


def _as_texts(file: SourceFile, names: Sequence[str]) -> Sql:
    return listed({name: _as_text(file, name) for name in names})


def _as_text(file: SourceFile, name: str) -> Sql:
    column = file.find(name)
    if column is None:
        raise KeyError(name)
    text = cast(column.reference, "VARCHAR")
    if column.type.startswith("MAP"):
        return map_entry(column.reference, "product_name")
    if name == "product":
        parsed = cast(column.reference, "JSON", or_null=True)
        return call("json_extract_string", parsed, literal("$.product_name"))
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return cast(cast(column.reference, "TIMESTAMP"), "VARCHAR")
    if name.lower().endswith(("accountid", "account_id")) and column.type in INTEGERS:
        return call("lpad", text, number(12), literal("0"))
    return text
