# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""Rows of files that stand beside a bill, as text in one table, each with its file and row.

Every column stays text until it has been checked, so that a fault can name what stands there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from shared.columnar import NOT_THE_INPUT, Session, identifier
from shared.faults import BadInput
from shared.tabular import SourceFile, count_csv_rows


def refused_row(files: Sequence[Path], found: tuple[Any, ...], *, taken: str) -> BadInput:
    """`found` is the file's place, the row, and `field:what is wrong`."""
    place, row, fault = found
    field, message = fault.split(":", 1)
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
            inside = sorted(each for each in path.rglob("*") if each.name.endswith(endings))
            if not inside:
                raise BadInput(f"no {what} file is here.", file=str(path), remedy=remedy)
            files.extend(inside)
        else:
            files.append(path)
    return files


@dataclass(frozen=True)
class InputRows:
    """A table of `file`, `row` and text columns; `what` is a row of it in messages."""

    session: Session
    table: str
    columns: tuple[str, ...]
    what: str

    def create(self) -> None:
        listed = ", ".join(f"{identifier(name)} VARCHAR" for name in self.columns)
        self.session.execute(f"CREATE TEMP TABLE {self.table} (file INTEGER, row BIGINT, {listed})")

    def insert(self, at: int, file: SourceFile) -> None:
        row = "row_number() OVER ()" if file.format == "csv" else "file_row_number + 1"
        values = ", ".join(_text(file, name) for name in self.columns)
        try:
            self.session.execute(
                f"INSERT INTO {self.table} SELECT {at}, {row}, {values} FROM {file.scan}"
            )
        except NOT_THE_INPUT:
            raise
        except duckdb.Error as error:
            raise self._damaged(file.path, str(error).splitlines()[0]) from error
        if file.format == "csv":
            self._check_count(at, file.path)

    def _check_count(self, at: int, path: Path) -> None:
        """Reads the CSV once more in Python, which checks a gzip and counts without guessing."""
        expected = count_csv_rows(path)
        query = f"SELECT count(*) FROM {self.table} WHERE file = $1"
        found = self.session.execute(query, [at]).fetchall()[0][0]
        if found != expected:
            raise self._damaged(path, f"two readers disagree: {expected} rows and {found} rows")

    def _damaged(self, path: Path, what: str) -> BadInput:
        return BadInput(
            f"not a well-formed file: {what}.",
            file=str(path),
            remedy=f"Write it again; no {self.what} was taken.",
        )


def _text(file: SourceFile, name: str) -> str:
    column = file.find(name)
    if column is None:
        return "CAST(NULL AS VARCHAR)"
    if column.type == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(CAST({column.reference} AS TIMESTAMP) AS VARCHAR)"
    if column.type.startswith(("MAP", "STRUCT")):
        there = f"{column.reference} IS NOT NULL"
        return f"CASE WHEN {there} THEN CAST(to_json({column.reference}) AS VARCHAR) END"
    return f"nullif(CAST({column.reference} AS VARCHAR), '')"
