"""Rows of files that stand beside a bill, as text in one table, each with its file and row.

Every column stays text until it has been checked, so that a fault can name what stands there; a
column of times has its times beside it, as `shared.times` reads them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from services.attribution.engine.bill_columns import trimmed
from services.attribution.engine.tables import create_table
from shared.column_types import check_column_type, is_time, time_in_microseconds
from shared.columnar import Session, is_of_machine
from shared.faults import BadInput
from shared.input_limits import FILES_MAX, beyond
from shared.json_advice import json_advice
from shared.numbers import number_advice
from shared.periods import Month
from shared.readable import check_is_file, files_below, refused_if_out_of_reach
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
from shared.times import day_order, plain_time_of, time_advice, time_of

_ADVICE: Final[Mapping[str, Callable[[str], str]]] = {
    " is no time": time_advice,
    " is no number": number_advice,
    " is no JSON object": json_advice,
}
QUANTITY_TYPE: Final = "DECIMAL(38,18)"
"""Of signals and workloads; the scripts that cast them name it, too."""
_SHOWN_MAX: Final = 300
"""Characters of what is wrong: a pod's annotations may be a whole manifest."""
_COLUMNS_SHOWN: Final = 10
_DATES_MAX: Final = 10_000
"""Texts that are looked at where dates may be in either order: more than a month has hours."""


def refused_row(files: Sequence[Path], fault: tuple[Any, ...], *, taken: str) -> BadInput:
    """`fault`: the file's place, the row, `field:what is wrong`, and of how many rows, if counted.

    What is wrong begins with the value where it ends as a key of `_ADVICE` does.
    """
    place, row, text, *counts = fault
    field, message = text.split(":", 1)
    remedy = f"Correct the row or leave it out; no {taken} was taken."
    for ending, advice in _ADVICE.items():
        if message.endswith(ending) and (value := message.removesuffix(ending)):
            remedy = f"{advice(value)} {remedy}"
            message = f"{shortened(value)}{ending}"
    row_count = counts[0] if counts else 1
    counted = f" {row_count} rows have a fault in this field." if row_count > 1 else ""
    return BadInput(
        f"{message}.{counted}", file=str(files[place]), row=row, field=field, remedy=remedy
    )


def shortened(value: str) -> str:
    return value if len(value) <= _SHOWN_MAX else f"{value[:_SHOWN_MAX]}..."


def missing_columns(file: SourceFile, names: Sequence[str], *, remedy: str) -> BadInput:
    """All at once: whoever adds one should not be told of the next one then."""
    seen = [column.label for column in file.columns]
    more = f" and {len(seen) - _COLUMNS_SHOWN} more" if len(seen) > _COLUMNS_SHOWN else ""
    listed_names = ", ".join(map(repr, seen[:_COLUMNS_SHOWN]))
    columns = "the column is" if len(names) == 1 else "these columns are"
    return BadInput(
        f"{columns} missing.",
        file=str(file.path),
        field=", ".join(names),
        remedy=f"{remedy} The file has {listed_names}{more}.",
    )


def input_files(
    paths: Sequence[Path], *, endings: tuple[str, ...], what: str, remedy: str
) -> list[Path]:
    """The files themselves, and those inside the folders among them, in name order.

    Raises BadInput where one of them is not there or can't be read.
    """
    files: list[Path] = []
    for path in paths:
        with refused_if_out_of_reach(path):
            if not path.is_dir():
                files.append(path)
                continue
            inside = sorted(each for each in files_below(path) if each.name.endswith(endings))
        if not inside:
            raise BadInput(f"no {what} file is here.", file=str(path), remedy=remedy)
        files.extend(inside)
    if len(files) > FILES_MAX:
        raise beyond("there are more than {} files", FILES_MAX, file=str(files[-1].parent))
    for file in files:
        check_is_file(file)
    return files


@dataclass(frozen=True)
class InputRows:
    """A table of `file`, `row` and text columns; `what` is a row of it in messages.

    Of each of the `times`, a column of texts, there is a column with its name and `_utc`, too: a
    TIMESTAMP, and NULL where the text is no time. `period` tells the order of day and month.
    """

    session: Session
    table: str
    columns: tuple[str, ...]
    times: tuple[str, ...]
    period: Month
    what: str
    scratch_dir: Path
    trimmed: tuple[str, ...] = ()
    """Columns that are read without blanks around what they name."""

    def create(self) -> None:
        types = {"file": "INTEGER", "row": "BIGINT"} | dict.fromkeys(self.columns, "VARCHAR")
        types |= {_utc(name): "TIMESTAMP" for name in self.times}
        create_table(self.session, self.table, types, [], scratch_dir=self.scratch_dir)

    def read_other_times(self) -> None:
        """Those that are not of the forms that most files have, once all files are in."""
        for name in self.times:
            if not self._unread(name):
                continue
            self._read_times(name, time_of(identifier(name)), is_null(identifier(_utc(name))))
            dates: defaultdict[int, list[str]] = defaultdict(list)
            for file, text in self._unread(name):
                dates[file].append(text)
            for file, texts in dates.items():
                order = day_order(texts, self.period.period)
                if order is not None:
                    of_file = infix(identifier("file"), "=", number(file))
                    self._read_times(name, time_of(identifier(name), order), of_file)

    def _unread(self, name: str) -> list[tuple[int, str]]:
        written, utc = identifier(name), identifier(_utc(name))
        names = {"table": identifier(self.table), "written": written, "utc": utc}
        return self._run("unread_times.sql", names).fetchmany(_DATES_MAX)

    def _read_times(self, name: str, time: Sql, rows: Sql) -> None:
        names = {"table": identifier(self.table), "time": time, "rows": rows}
        self._run("read_times.sql", {**names, "utc": identifier(_utc(name))})

    def insert(self, at: int, file: SourceFile) -> None:
        values = {name: _text(file, name) for name in self.columns}
        values |= {name: null_if_empty(trimmed(values[name])) for name in self.trimmed}
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
        times = {_utc(name): plain_time_of(identifier(name)) for name in self.times}
        self._run(
            "input_rows.sql",
            {
                "table": identifier(self.table),
                "file": number(at),
                "row": row,
                "values": listed(values),
                "times": listed(times),
                "scan": scan,
            },
        )

    def _check_count(self, at: int, path: Path, expected: int) -> None:
        table = {"table": identifier(self.table)}
        counted = self._run("count_input_rows.sql", table, {"file": at}).fetchall()[0][0]
        if counted != expected:
            raise self._damaged(path, f"two readers disagree: {expected} rows and {counted} rows")

    def _run(
        self, script: str, names: Mapping[str, Sql], values: Mapping[str, object] | None = None
    ) -> Session:
        return run_script(self.session, __package__, script, names, values)

    def _damaged(self, path: Path, what: str) -> BadInput:
        return BadInput(
            f"not a well-formed file: {what}.",
            file=str(path),
            remedy=f"Write it again; no {self.what} was taken.",
        )


def _utc(name: str) -> str:
    return f"{name}_utc"


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
    if is_time(column.type):
        return cast(time_in_microseconds(column), "VARCHAR")
    if column.type.startswith(("MAP", "STRUCT")):
        as_json = cast(call("to_json", column.reference), "VARCHAR")
        return case([(is_null(column.reference), null("VARCHAR"))], as_json)
    return null_if_empty(cast(column.reference, "VARCHAR"))
