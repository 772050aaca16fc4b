"""Tables made in Python and read by SQL: few rows as values, many through a scratch CSV.

(One INSERT per row would take a second per thousand rows.)
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Final

from shared.columnar import Session
from shared.sql.expressions import (
    Sql,
    cast,
    csv_scan,
    declared,
    identifier,
    listed,
    null_if_empty,
    or_empty,
    unnested,
)
from shared.sql.scripts import run_script

_VALUES_MAX: Final = 1000
"""Rows that go in as values: most tables have a handful, for which a file takes twice as long. From
some ten thousand on the file is the faster one, and it needs no memory."""

SPAN: Final = "span"
"""The type of lengths of time: `hour`, `day`, `period`, in this order (`types.sql`)."""


def create_types(session: Session) -> None:
    run_script(session, __package__, "types.sql")


def create_table(
    session: Session,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
    *,
    scratch_dir: Path,
) -> None:
    """Every value is written as text and cast; None and '' are both read as ''.

    `rows` may be read from a result of this session: all are taken before it runs anything.
    """
    left = iter(rows)
    few = list(islice(left, _VALUES_MAX + 1))
    if not few:
        # Of what a ruleset or a bill hasn't: most of these tables are empty in most runs, and
        # binding a query takes DuckDB four times as long.
        names = {"table": identifier(name), "columns": declared(columns)}
        run_script(session, __package__, "empty_table.sql", names)
    elif len(few) <= _VALUES_MAX:
        _create_of_values(session, name, columns, few)
    else:
        _create_of_file(session, name, columns, chain(few, left), scratch_dir / f"{name}.csv")


def _create_of_values(
    session: Session, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]
) -> None:
    texts = {column: [_text(row[at]) for row in rows] for at, column in enumerate(columns)}
    of_values = listed({column: unnested(column) for column in columns})
    run_script(
        session,
        __package__,
        "table_of_values.sql",
        {"table": identifier(name), "columns": _typed(columns), "values": of_values},
        texts,
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _create_of_file(
    session: Session,
    name: str,
    columns: Mapping[str, str],
    rows: Iterator[Sequence[object]],
    path: Path,
) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        # SQL reads it back as it is, and nobody opens it.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")  # noqa: TID251
        writer.writerow(columns)
        writer.writerows(rows)
    scan = csv_scan(path, [*columns], new_line="\n", is_gzip=False)
    names = {"table": identifier(name), "columns": _typed(columns), "csv": scan}
    run_script(session, __package__, "table_of_file.sql", names)
    path.unlink()


def _typed(columns: Mapping[str, str]) -> Sql:
    return listed({column: _value(column, type_) for column, type_ in columns.items()})


def _value(column: str, type_: str) -> Sql:
    """An empty text is a text, and no number, day or flag."""
    if type_ == "VARCHAR":
        return or_empty(identifier(column))
    return cast(null_if_empty(identifier(column)), type_)
