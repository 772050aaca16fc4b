"""A source file as one table with fixed names and text for numbers, and the first faulty row of it.

A CSV is first written as Parquet into the scratch folder (text as it stands), so that all that
follows reads one format with a row number, in bounded memory.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from services.ingestion.engine.layouts import Kind, Type, layout_of
from services.ingestion.engine.legacy import written_name
from shared.columnar import Session, is_of_machine
from shared.faults import BadInput
from shared.input_limits import LINE_BYTES_MAX, NAME_CHARACTERS_MAX
from shared.sql.expressions import (
    ROW_NUMBER,
    Sql,
    both,
    call,
    case,
    cast,
    either,
    identifier,
    infix,
    is_null,
    listed,
    literal,
    negated,
    null,
    number,
    one_of,
    timestamp,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query
from shared.tabular import INTEGERS, Column, SourceFile, unzip

_MONEY_TYPE: Final = "DECIMAL(18,10)"
_QUANTITY_TYPE: Final = "DECIMAL(38,15)"
# AWS has billed since 2006, and no term of theirs ends after a century.
_TIME_MIN: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_TIME_MAX: Final = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
_CATEGORY: Final = "ServiceCategory"
_CSV_ROW_GROUP: Final = 100_000
"""Rows of text are wide: fewer of them are held at once."""
_NOTHING: Final = ("", "NULL", "null")
"""Words that CSV writers use for no value."""


def readable(session: Session, source: SourceFile, kind: Kind, *, scratch_dir: Path) -> SourceFile:
    """The file itself where it is Parquet, else its staged copy with a column `row`."""
    if source.format == "parquet":
        return source
    return _as_parquet(session, source, kind, scratch_dir=scratch_dir)


def stage(session: Session, source: SourceFile, kind: Kind) -> None:
    """Creates the view `staged` over a readable file."""
    from_one = infix(identifier("file_row_number"), "+", number(1))
    row = identifier("row") if source.find("row") else from_one
    names = {"row": row, "columns": listed(dict(_columns(source, kind))), "rows": source.scan}
    rows = script_query(__package__, "file_rows.sql", names)
    run_script(session, __package__, "staged.sql", {"rows": rows})


def _as_parquet(
    session: Session, source: SourceFile, kind: Kind, *, scratch_dir: Path
) -> SourceFile:
    if source.compression == "zip":
        source = unzip(source, scratch_dir / "unzipped.csv")
    both = (*source.columns, *source.derived)
    wanted = [column for column in both if column.name in layout_of(kind).columns]
    columns = {"row": ROW_NUMBER} | {column.name: column.reference for column in wanted}
    names = {"columns": listed(columns), "rows": source.scan}
    path = scratch_dir / f"{source.path.name}.staged.parquet"
    try:
        write_parquet(
            session,
            script_query(__package__, "columns_of_file.sql", names),
            path,
            row_group_size=_CSV_ROW_GROUP,
        )
    except duckdb.Error as error:
        if is_of_machine(error):
            raise
        raise BadInput(
            f"not a well-formed CSV: {str(error).splitlines()[0]}",
            file=str(source.path),
            remedy="Fetch the file again.",
        ) from error
    return SourceFile(
        path,
        "parquet",
        (
            Column("row", identifier("row"), "BIGINT"),
            *(Column(column.name, identifier(column.name), "VARCHAR") for column in wanted),
        ),
    )


def _columns(source: SourceFile, kind: Kind) -> Iterator[tuple[str, Sql]]:
    for name, type_ in layout_of(kind).columns.items():
        column = source.find(name)
        if column is None:
            yield name, null("TIMESTAMP" if type_ == "time" else "VARCHAR")
        else:
            yield name, _time(column) if type_ == "time" else _text(column)
        if type_ == "time":
            written = null("VARCHAR") if column is None else _text(column)
            yield f"{name} as written", cast(written, "VARCHAR")


def _text(column: Column) -> Sql:
    """The value as text, null where it is a word for nothing; a double by its shortest decimal."""
    text = cast(column.reference, "VARCHAR")
    if column.type.startswith(("MAP", "STRUCT")):
        return cast(call("to_json", column.reference), "VARCHAR")
    if column.type in INTEGERS and column.name.lower().endswith(("accountid", "account_id")):
        # An account's id has twelve digits; as a number it has lost its leading zeros.
        return call("lpad", text, number(12), literal("0"))
    if column.type in INTEGERS or column.type in ("DOUBLE", "FLOAT"):
        return text
    return case([(one_of(text, _NOTHING), null("VARCHAR"))], text)


def _time(column: Column) -> Sql:
    if column.type.startswith(("TIMESTAMP", "DATE")):
        return cast(column.reference, "TIMESTAMP")
    return cast(cast(_text(column), "TIMESTAMPTZ", or_null=True), "TIMESTAMP")


def _fault(kind: Kind) -> Sql:
    """What is wrong with a row as `<what>:<column>`, null for a good one."""
    layout = layout_of(kind)
    cases = [
        (
            both(is_null(identifier(name)), is_null(_unread(name, layout.columns[name]))),
            literal(f"empty:{name}"),
        )
        for name in layout.filled
    ]
    for name, type_ in layout.columns.items():
        too_long = infix(number(LINE_BYTES_MAX), "<", call("strlen", _unread(name, type_)))
        cases.append((too_long, literal(f"long:{name}")))
        bad = _bad(identifier(name), name, type_)
        if bad is not None:
            cases.append((bad, literal(f"{type_}:{name}")))
    if kind.is_focus:
        cases.append((_no_name(_CATEGORY), literal(f"name:{_CATEGORY}")))
    else:
        cases.extend(_commitment_faults())
    return case(cases, null("VARCHAR"))


def _unread(name: str, type_: Type) -> Sql:
    return identifier(f"{name} as written") if type_ == "time" else identifier(name)


def _bad(column: Sql, name: str, type_: Type) -> Sql | None:
    match type_:
        case "money":
            return _no_number(column, _MONEY_TYPE)
        case "quantity":
            return _no_number(column, _QUANTITY_TYPE)
        case "time":
            is_none = either(is_null(column), _beyond_times(column))
            return both(is_none, negated(is_null(_unread(name, type_))))
        case "json":
            parsed = cast(cast(column, "JSON", or_null=True), "MAP(VARCHAR, VARCHAR)", or_null=True)
            return both(negated(is_null(column)), is_null(parsed))
        case _:
            return None


def _beyond_times(column: Sql) -> Sql:
    """DuckDB also takes `infinity`, and times whose next hour it has no number for."""
    is_before = infix(column, "<", timestamp(_TIME_MIN))
    return either(is_before, infix(timestamp(_TIME_MAX), "<", column))


def _no_name(column: str) -> Sql:
    """Statements, facts and invoices name a group of charges by it."""
    written = identifier(column)
    has_control = call("regexp_matches", written, literal(r"\p{Cc}"))
    return either(has_control, infix(number(NAME_CHARACTERS_MAX), "<", call("length", written)))


def _no_number(column: Sql, type_: str) -> Sql:
    """DuckDB would take `1_000` for a number."""
    is_none = is_null(cast(column, type_, or_null=True))
    has_line = call("contains", column, literal("_"))
    return both(negated(is_null(column)), either(is_none, has_line))


def _commitment_faults() -> Iterator[tuple[Sql, Sql]]:
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
        is_type = infix(identifier("line_item_line_item_type"), "=", literal(line_type))
        has_none = is_null(call("coalesce", *map(identifier, columns)))
        yield both(is_type, has_none), literal(f"empty:{columns[0]}")


def label_of(source: SourceFile, kind: Kind, name: str) -> str:
    """The column's name as the file writes it, or would."""
    column = source.find(name)
    if column is not None:
        return column.label
    return written_name(name) if kind is Kind.CUR_LEGACY else name


_MESSAGES = {
    "empty": "the value is missing.",
    "long": f"the value has more than {LINE_BYTES_MAX:,} bytes.",
    "money": "not an amount: {value!r} is no number below 100 million.",
    "quantity": "not a quantity: {value!r} is no number.",
    "time": "not a time of a bill: {value!r}.",
    "name": f"not one line of {NAME_CHARACTERS_MAX} characters or fewer: {{value!r}}.",
    "json": "not a JSON object of tags: {value!r}.",
}


def check_rows(session: Session, source: SourceFile, kind: Kind) -> int:
    """How many rows are staged. Raises BadInput for the first one that can't be read."""
    # Not a column of the view: its hundred cases would be bound again by each query of the lines.
    names = {"fault": _fault(kind)}
    checked = run_script(session, __package__, "checked_rows.sql", names).fetchall()
    row_count, row, fault = checked[0]
    if fault is None:
        return int(row_count)
    what, field = fault.split(":", 1)
    names = {"column": _unread(field, layout_of(kind).columns[field])}
    value = run_script(session, __package__, "faulty_value.sql", names, {"row": row}).fetchone()
    raise BadInput(
        _MESSAGES[what].format(value=str(value[0] if value else "")[:80]),
        file=str(source.path),
        row=row,
        field=label_of(source, kind, field),
        remedy="Nothing of the delivery was taken; fetch the file again or ask its producer.",
    )
