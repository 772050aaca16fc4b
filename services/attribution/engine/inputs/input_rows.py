"""Rows of files that stand beside a bill, as text in one table, each with its file and row.

Every column stays text until it has been checked, so that a fault can name what stands there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from services.attribution.engine.tables import create_table
from shared.column_types import check_column_type
from shared.columnar import Session, is_of_machine
from shared.faults import BadInput
from shared.input_limits import FILES_MAX, beyond
from shared.sql.expressions import (
    ROW_NUMBER,
    Sql,
    call,
    case,
    cast,
    identifier,
    infix,
    is_null,
    listed,
    null,
    null_if_empty,
    number,
)
from shared.sql.scripts import run_script
from shared.tabular import SourceFile, count_csv_rows


def refused_row(files: Sequence[Path], fault: tuple[Any, ...], *, taken: str) -> BadInput:
    """`fault` is the file's place, the row, and `field:what is wrong`."""
    place, row, text = fault
    field, message = text.split(":", 1)
    return BadInput(
        f"{message}.",
        file=str(files[place]),
        row=row,
        field=field,
        remedy=f"Correct the row or leave it out; no {taken} was taken.",
    )


def input_files(
    paths: Sequence[Path], *, endings: tuple[str, ...], what: str, remedy: str
) -> list[Path]:
    """The files themselves, and those inside the folders among them, in name order."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                each
                for each in path.rglob("*")
                if each.name.endswith(endings) and not each.is_dir()
            )
            if not inside:
                raise BadInput(f"no {what} file is here.", file=str(path), remedy=remedy)
            files.extend(inside)
        else:
            files.append(path)
    if len(files) > FILES_MAX:
        raise beyond("there are more than {} files", FILES_MAX, file=str(files[-1].parent))
    return files


@dataclass(frozen=True)
class InputRows:
    """A table of `file`, `row` and text columns; `what` is a row of it in messages."""

    session: Session
    table: str
    columns: tuple[str, ...]
    what: str
    scratch_dir: Path

    def create(self) -> None:
        types = {"file": "INTEGER", "row": "BIGINT"} | dict.fromkeys(self.columns, "VARCHAR")
        create_table(self.session, self.table, types, [], scratch_dir=self.scratch_dir)

    def insert(self, at: int, file: SourceFile) -> None:
        values = {name: _text(file, name) for name in self.columns}
        # In Python first, which checks a gzip, keeps to the limits and counts without guessing.
        expected = count_csv_rows(file.path) if file.format == "csv" else None
        try:
            self._add(at, _row_number(file), values, file.scan)
        except duckdb.Error as error:
            if is_of_machine(error):
                raise
            raise self._damaged(file.path, str(error).splitlines()[0]) from error
        if expected is not None:
            self._check_count(at, file.path, expected)

    def insert_texts(self, at: int, rows: Iterable[Sequence[object]]) -> None:
        """Each row's number, then a text for each column; '' is as good as none."""
        types = {"row": "BIGINT"} | dict.fromkeys(self.columns, "VARCHAR")
        create_table(self.session, "parsed_rows", types, rows, scratch_dir=self.scratch_dir)
        values = {name: null_if_empty(identifier(name)) for name in self.columns}
        self._add(at, identifier("row"), values, scan=identifier("parsed_rows"))

    def _add(self, at: int, row: Sql, values: Mapping[str, Sql], scan: Sql) -> None:
        run_script(
            self.session,
            __package__,
            "input_rows.sql",
            {
                "table": identifier(self.table),
                "file": number(at),
                "row": row,
                "values": listed(values),
                "scan": scan,
            },
        )

    def _check_count(self, at: int, path: Path, expected: int) -> None:
        counted = run_script(
            self.session,
            __package__,
            "count_input_rows.sql",
            {"table": identifier(self.table)},
            {"file": at},
        ).fetchall()[0][0]
        if counted != expected:
            raise self._damaged(path, f"two readers disagree: {expected} rows and {counted} rows")

    def _damaged(self, path: Path, what: str) -> BadInput:
        return BadInput(
            f"not a well-formed file: {what}.",
            file=str(path),
            remedy=f"Write it again; no {self.what} was taken.",
        )


def _row_number(file: SourceFile) -> Sql:
    """From 1: a CSV's rows come in their order, a Parquet file numbers its own from 0."""
    if file.format == "csv":
        return ROW_NUMBER
    return infix(identifier("file_row_number"), "+", number(1))


def _text(file: SourceFile, name: str) -> Sql:
    column = file.find(name)
    if column is None:
        return null("VARCHAR")
    check_column_type(file, column, "text or map")
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return cast(cast(column.reference, "TIMESTAMP"), "VARCHAR")
    if column.type.startswith(("MAP", "STRUCT")):
        as_json = cast(call("to_json", column.reference), "VARCHAR")
        return case([(is_null(column.reference), null("VARCHAR"))], as_json)
    return null_if_empty(cast(column.reference, "VARCHAR"))
