# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""A source file as one table with fixed names, text for numbers, and the fault of each row.

A CSV is first written as Parquet into the scratch folder (text as it stands), so that all that
follows reads one format with a row number, in bounded memory.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from services.ingestion.engine.layouts import Kind, Type, layout_of
from services.ingestion.engine.legacy import written_name
from shared.columnar import NOT_THE_INPUT, Session, identifier, literal, write_parquet
from shared.faults import BadInput
from shared.tabular import INTEGERS, Column, SourceFile, unzip

_MONEY_TYPE = "DECIMAL(18,10)"
_QUANTITY_TYPE = "DECIMAL(38,15)"
_CSV_ROW_GROUP = 100_000


def readable(session: Session, source: SourceFile, kind: Kind, *, scratch_dir: Path) -> SourceFile:
    """The file itself where it is Parquet, else its staged copy with a column `row`."""
    if source.format == "parquet":
        return source
    return _as_parquet(session, source, kind, scratch_dir=scratch_dir)


def stage(session: Session, source: SourceFile, kind: Kind) -> None:
    """Creates the view `staged` over a readable file."""
    row = identifier("row") if source.find("row") else "file_row_number + 1 AS row"
    query = f"SELECT {row}, {', '.join(_columns(source, kind))} FROM {source.scan}"
    session.execute(
        f"CREATE OR REPLACE TEMP VIEW staged AS SELECT *, {_fault(kind)} AS fault FROM ({query})"
    )


def _as_parquet(
    session: Session, source: SourceFile, kind: Kind, *, scratch_dir: Path
) -> SourceFile:
    if source.compression == "zip":
        source = unzip(source, scratch_dir / "unzipped.csv")
    both = (*source.columns, *source.derived)
    wanted = [column for column in both if column.name in layout_of(kind).columns]
    names = ", ".join(f"{column.reference} AS {identifier(column.name)}" for column in wanted)
    path = scratch_dir / f"{source.path.name}.staged.parquet"
    try:
        write_parquet(
            session,
            f"SELECT row_number() OVER () AS row, {names} FROM {source.scan}",
            path,
            row_group_size=_CSV_ROW_GROUP,
        )
    except NOT_THE_INPUT:
        raise
    except duckdb.Error as error:
        raise BadInput(
            f"not a well-formed CSV: {str(error).splitlines()[0]}",
            file=str(source.path),
            remedy="Fetch the file again.",
        ) from error
    columns = (
        Column("row", identifier("row"), "BIGINT"),
        *(Column(column.name, identifier(column.name), "VARCHAR") for column in wanted),
    )
    return SourceFile(path, "parquet", columns)


def _columns(source: SourceFile, kind: Kind) -> Iterator[str]:
    for name, type_ in layout_of(kind).columns.items():
        column = source.find(name)
        if column is None:
            expression = "CAST(NULL AS TIMESTAMP)" if type_ == "time" else "CAST(NULL AS VARCHAR)"
            unread = "NULL"
        else:
            unread = _text(column)
            expression = _time(column, unread) if type_ == "time" else unread
        yield f"{expression} AS {identifier(name)}"
        if type_ == "time":
            yield f"CAST({unread} AS VARCHAR) AS {identifier(name + ' as written')}"


def _text(column: Column) -> str:
    """The value as text, null where it is a word for nothing; a double by its shortest decimal."""
    text = f"CAST({column.reference} AS VARCHAR)"
    if column.type.startswith("MAP") or column.type.startswith("STRUCT"):
        return f"CAST(to_json({column.reference}) AS VARCHAR)"
    if column.type in INTEGERS and column.name.lower().endswith(("accountid", "account_id")):
        return f"lpad({text}, 12, '0')"
    if column.type in INTEGERS or column.type in ("DOUBLE", "FLOAT"):
        return text
    return f"CASE WHEN {text} NOT IN ('', 'NULL', 'null') THEN {text} END"


def _time(column: Column, text: str) -> str:
    if column.type.startswith(("TIMESTAMP", "DATE")):
        return f"CAST({column.reference} AS TIMESTAMP)"
    return f"CAST(try_cast({text} AS TIMESTAMPTZ) AS TIMESTAMP)"


def _fault(kind: Kind) -> str:
    """SQL that names what is wrong with a row as `<what>:<column>`, null for a good one."""
    layout = layout_of(kind)
    cases = [
        f"WHEN {identifier(name)} IS NULL AND {_unread(name, layout.columns[name])} IS NULL"
        f" THEN {literal('empty:' + name)}"
        for name in layout.filled
    ]
    for name, type_ in layout.columns.items():
        bad = _bad(identifier(name), name, type_)
        if bad:
            cases.append(f"WHEN {bad} THEN {literal(type_ + ':' + name)}")
    if not kind.is_focus:
        cases.extend(_commitment_faults())
    return f"CASE {' '.join(cases)} END"


def _unread(name: str, type_: Type) -> str:
    return identifier(name + " as written") if type_ == "time" else identifier(name)


def _bad(column: str, name: str, type_: Type) -> str:
    match type_:
        case "money":
            return _no_number(column, _MONEY_TYPE)
        case "quantity":
            return _no_number(column, _QUANTITY_TYPE)
        case "time":
            return f"{column} IS NULL AND {_unread(name, type_)} IS NOT NULL"
        case "json":
            parsed = f"try_cast(try_cast({column} AS JSON) AS MAP(VARCHAR, VARCHAR))"
            return f"{column} IS NOT NULL AND {parsed} IS NULL"
        case _:
            return ""


def _no_number(column: str, type_: str) -> str:
    """DuckDB would take `1_000` for a number."""
    cast = f"try_cast({column} AS {type_})"
    return f"{column} IS NOT NULL AND ({cast} IS NULL OR contains({column}, '_'))"


def _commitment_faults() -> Iterator[str]:
    """Line types whose amortised cost stands in a column that an export may leave out."""
    needs = {
        "SavingsPlanCoveredUsage": (
            "savings_plan_savings_plan_effective_cost",
            "savings_plan_net_savings_plan_effective_cost",
        ),
        "SavingsPlanRecurringFee": ("savings_plan_total_commitment_to_date",),
        "DiscountedUsage": ("reservation_effective_cost", "reservation_net_effective_cost"),
        "RIFee": (
            "reservation_unused_recurring_fee",
            "reservation_unused_amortized_upfront_fee_for_billing_period",
        ),
    }
    for line_type, columns in needs.items():
        empty = f"coalesce({', '.join(columns)}) IS NULL"
        yield (
            f"WHEN line_item_line_item_type = {literal(line_type)} AND {empty}"
            f" THEN {literal('empty:' + columns[0])}"
        )


def label_of(source: SourceFile, kind: Kind, name: str) -> str:
    """The column's name as the file writes it, or would."""
    column = source.find(name)
    if column is not None:
        return column.label
    return written_name(name) if kind is Kind.CUR_LEGACY else name


_MESSAGES = {
    "empty": "the value is missing.",
    "money": "not an amount: {value!r} is no number below 100 million.",
    "quantity": "not a quantity: {value!r} is no number.",
    "time": "not a time: {value!r}.",
    "json": "not a JSON object of tags: {value!r}.",
}


def check_rows(session: Session, source: SourceFile, kind: Kind) -> None:
    """Raises BadInput for the first row that can't be read."""
    first = session.execute(
        "SELECT row, fault FROM staged WHERE fault IS NOT NULL ORDER BY row LIMIT 1"
    ).fetchone()
    if first is None:
        return
    row, fault = first
    what, field = fault.split(":", 1)
    shown = _unread(field, layout_of(kind).columns[field])
    value = session.execute(f"SELECT {shown} FROM staged WHERE row = $1", [row]).fetchone()
    raise BadInput(
        _MESSAGES[what].format(value=str(value[0] if value else "")[:80]),
        file=str(source.path),
        row=row,
        field=label_of(source, kind, field),
        remedy="Nothing of the delivery was taken; fetch the file again or ask its producer.",
    )
