"""Small tables made in Python and read by SQL, through a CSV in the scratch folder.

(One INSERT per row would take a second per thousand rows.)
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from shared.columnar import Session
from shared.sql.expressions import (
    Sql,
    cast,
    csv_scan,
    identifier,
    listed,
    null_if_empty,
    or_empty,
)
from shared.sql.scripts import run_script

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
    """Every value is written as text and cast; None and '' are both read as ''."""
    path = scratch_dir / f"{name}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
    run_script(
        session,
        __package__,
        "small_table.sql",
        {
            "table": identifier(name),
            "columns": listed({column: _value(column, type_) for column, type_ in columns.items()}),
            "csv": csv_scan(path, [*columns], new_line="\n", is_gzip=False),
        },
    )
    path.unlink()


def _value(column: str, type_: str) -> Sql:
    """An empty text is a text, and no number, day or flag."""
    if type_ == "VARCHAR":
        return or_empty(identifier(column))
    return cast(null_if_empty(identifier(column)), type_)
