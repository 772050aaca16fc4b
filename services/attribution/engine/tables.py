# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""Small tables made in Python and read by SQL, through a CSV in the scratch folder.

(One INSERT per row would take a second per thousand rows.)
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from shared.columnar import Session, identifier, literal

Row = dict[str, Any]


def create_table(
    session: Session,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[object]],
    *,
    scratch_dir: Path,
) -> None:
    """Every value is written as text and cast; None and '' are both read as ''."""
    path = scratch_dir / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    declared = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    cast = ", ".join(
        f"CAST({_value(column, type_)} AS {type_}) AS {identifier(column)}"
        for column, type_ in columns.items()
    )
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT {cast} FROM read_csv("
        f"{literal(str(path))}, header = true, auto_detect = false, delim = ',', quote = '\"',"
        f" escape = '\"', new_line = '\\n', max_line_size = 16000000, columns = {{{declared}}})"
    )
    path.unlink()


def _value(column: str, type_: str) -> str:
    if type_ == "VARCHAR":
        return f"coalesce({identifier(column)}, '')"
    return f"nullif({identifier(column)}, '')"


def run_sql(session: Session, package: str, name: str) -> None:
    session.execute(sql_text(package, name))


def sql_text(package: str, name: str) -> str:
    """A script that lies beside the Python of `package`."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def records(session: Session, query: str, values: Mapping[str, object] | None = None) -> list[Row]:
    """The rows of a query by the names of its columns."""
    result = session.execute(query, values or {})
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def has_table(session: Session, name: str) -> bool:
    query = "SELECT count(*) FROM duckdb_tables() WHERE table_name = $1"
    return bool(session.execute(query, [name]).fetchall()[0][0])
