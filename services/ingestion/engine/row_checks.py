"""What is wrong with the rows of a staged file: every column that has a fault, counted.

A fault in a column that decides whose a line is, when it was or what was billed refuses the bill,
with all such columns at once. In any other column the unreadable values become null, and the
snapshot says which (`Unreadable`); a run that needs such a column refuses it then.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.ingestion.engine.layouts import (
    AMORTISED,
    COUNTS_ON,
    SPLIT_OPERATIONS,
    Kind,
    layout_of,
)
from services.ingestion.engine.staging import (
    AMOUNT_LIMIT,
    MONEY_TYPE,
    WIDE_MONEY_TYPE,
    Reading,
    Staging,
    as_written,
    is_beyond,
    label_of,
    no_amount,
    unreadable,
)
from shared.column_types import NO_TYPE, ColumnKind, check_column_type
from shared.columnar import Session
from shared.contracts.unreadable import Unreadable
from shared.faults import BadInput, printable
from shared.input_limits import LINE_BYTES_MAX, NAME_CHARACTERS_MAX
from shared.json_advice import json_advice
from shared.numbers import is_number, number_advice
from shared.periods import Month
from shared.sql.expressions import (
    Sql,
    both,
    call,
    identifier,
    infix,
    is_null,
    listed,
    literal,
    negated,
    number,
    one_of,
    or_empty,
)
from shared.sql.scripts import run_script
from shared.tabular import SourceFile
from shared.times import DayOrder, day_order, time_advice

# A month has some hundred hours, and a few more come in from others; more would not tell more.
_DATES_MAX: Final = 10_000
_COLUMNS_SHOWN: Final = 10
_VALUE_CHARACTERS: Final = 80
# As much of a value as tells what it looks like.
_WHOLE_CHARACTERS: Final = 10_000
_LOST_DIGITS: Final = r"[0-9]([.,][0-9]*)?[eE][+]?[0-9]+"
EFFECTIVE_COST: Final = "EffectiveCost"


@dataclass(frozen=True)
class OrderedDates:
    """A column of dates whose year comes last, of which the period told the order."""

    field: str
    order: DayOrder
    example: str


@dataclass(frozen=True)
class CheckedFile:
    """`has_wide_amounts`: some are 100 million or more, so that 64 bits don't hold them."""

    staging: Staging
    reading: Reading
    row_count: int
    has_wide_amounts: bool
    unreadable: tuple[Unreadable, ...]
    ordered_dates: tuple[OrderedDates, ...]

    def rows(self, only: Collection[str] | None = None) -> Sql:
        return self.staging.rows(self.reading, only)


@dataclass(frozen=True)
class _Check:
    """`counts`: whether anything of the line hangs on the value."""

    column: str
    kind: str
    is_fault: Sql
    counts: bool = True


@dataclass(frozen=True)
class _Fault:
    column: str
    kind: str
    row_count: int
    row: int
    whole: str
    counts: bool

    @property
    def value(self) -> str:
        return self.whole[:_VALUE_CHARACTERS]


def check_columns(file: SourceFile, kind: Kind) -> None:
    """Raises BadInput that names all columns that are missing: an export changes once a day."""
    names = [column.name for column in (*file.columns, *file.derived)]
    missing = [name for name in layout_of(kind).required if name not in names]
    if not missing:
        return
    labels = ", ".join(label_of(file, kind, name) for name in missing)
    noun = "the column is" if len(missing) == 1 else "these columns are"
    raise BadInput(
        f"{noun} missing, without which {kind} can't be read: {labels}.",
        file=str(file.path),
        field=label_of(file, kind, missing[0]),
        remedy="Add what is missing to the export's query, or sync the right file.",
    )


def check_rows(staging: Staging, period: Month) -> CheckedFile:
    """Stages the file as it is to be read.

    Raises BadInput for the faults of columns that every bill needs.
    """
    session, source, kind = staging.session, staging.source, staging.kind
    types = dict(_unread_types(source, kind))
    reading = Reading(dropped=frozenset(types))
    rows = staging.stage(reading)
    row_count, faults, is_wide = _faults(session, rows, source, kind)
    dates: dict[str, OrderedDates] = {}
    other_times = [fault.column for fault in faults if fault.kind == "time"]
    if other_times:
        reading = replace(reading, other_times=frozenset(other_times))
        rows = staging.stage(reading)
        dates = dict(_ordered_dates(staging, rows, other_times, period))
        if dates:
            reading = replace(reading, orders={name: each.order for name, each in dates.items()})
            rows = staging.stage(reading)
        row_count, faults, is_wide = _faults(session, rows, source, kind)
    needed = layout_of(kind).needed
    refused = [fault for fault in faults if fault.column in needed or fault.kind == "long"]
    if refused:
        raise _refusal(source, kind, refused)
    # What is missing, or no time, is null as it is staged.
    blanked = frozenset(each.column for each in faults if each.kind not in ("empty", "time"))
    if blanked:
        reading = replace(reading, blanked=blanked)
        staging.stage(reading)
    return CheckedFile(
        staging=staging,
        reading=reading,
        row_count=row_count,
        has_wide_amounts=is_wide,
        unreadable=tuple(_unreadable(source, kind, faults, types, row_count)),
        ordered_dates=tuple(dates.values()),
    )


def _unread_types(source: SourceFile, kind: Kind) -> Iterator[tuple[str, str]]:
    """Columns that can be done without and that no value is read of, by their type."""
    kinds: dict[str, ColumnKind] = {
        "text": "text",
        "money": "number",
        "quantity": "number",
        "time": "time",
        "json": "map",
    }
    layout = layout_of(kind)
    for name, type_ in layout.columns.items():
        column = source.find(name)
        if column is None:
            continue
        wanted: ColumnKind = "account" if name in layout.accounts else kinds[type_]
        try:
            check_column_type(source, column, wanted)
        except BadInput:
            has_no_value = column.type == NO_TYPE and name not in (*layout.required, *layout.filled)
            if name in layout.needed and not has_no_value:
                raise
            yield name, column.type


def _faults(
    session: Session, rows: Sql, source: SourceFile, kind: Kind
) -> tuple[int, list[_Fault], bool]:
    checks = list(_checks(source, kind))
    # One count tells if any value is too long, as in a bill hardly ever one is.
    longest = call(
        "greatest", *(_length(kind, each.column) for each in checks if each.kind == "long")
    )
    is_long = infix(number(LINE_BYTES_MAX), "<", longest)
    others = [check.is_fault for check in checks if check.kind != "long"]
    counts = {str(at): call("count_if", each) for at, each in enumerate((is_long, *others))}
    names = {"staged": rows, "counts": listed(counts)}
    counted = run_script(session, __package__, "checked_rows.sql", names).fetchall()
    row_count, long_count, *fault_counts = counted[0]
    of_others = iter(fault_counts)
    is_wide = False
    faults: list[_Fault] = []
    for check in checks:
        if not (long_count if check.kind == "long" else next(of_others)):
            continue
        if check.kind == "money":
            is_wide = True
            wide = (each for beyond in _beyond(check.column) for each in _by_lines(beyond))
            faults.extend(_first_fault(session, rows, kind, each) for each in wide)
        else:
            faults.append(_first_fault(session, rows, kind, check))
    return row_count, [fault for fault in faults if fault.row_count], is_wide


def _checks(source: SourceFile, kind: Kind) -> Iterator[_Check]:
    """The hundred conditions of a row; of one that never holds only a count is made."""
    layout = layout_of(kind)
    for name in layout.filled:
        yield _Check(name, "empty", is_null(_written(kind, name)))
    for name, type_ in layout.columns.items():
        if source.find(name) is None:
            continue
        text = _written(kind, name)
        yield _Check(name, "long", infix(number(LINE_BYTES_MAX), "<", _length(kind, name)))
        if name in layout.accounts:
            is_lost = call("regexp_full_match", text, literal(_LOST_DIGITS))
            yield _Check(name, "account", is_lost)
        elif type_ == "time":
            yield _Check(name, "time", both(is_null(identifier(name)), negated(is_null(text))))
        elif type_ == "money":
            yield _Check(name, "money", no_amount(text, MONEY_TYPE))
        elif (bad := unreadable(text, name, type_)) is not None:
            yield from _by_lines(_Check(name, type_, bad))
    if kind.is_focus:
        yield _Check(EFFECTIVE_COST, "empty", is_null(identifier(EFFECTIVE_COST)))
    else:
        yield from _empty_amortised()


def _by_lines(check: _Check) -> Iterator[_Check]:
    """Apart on lines where the column's value counts, and on those that need nothing of it."""
    if check.column not in COUNTS_ON:
        yield check
        return
    column, values = COUNTS_ON[check.column]
    counts = one_of(or_empty(identifier(column)), values)
    yield replace(check, is_fault=both(check.is_fault, counts))
    yield replace(check, is_fault=both(check.is_fault, negated(counts)), counts=False)


def _empty_amortised() -> Iterator[_Check]:
    """Lines whose amortised cost stands in columns that an export may leave out."""
    for line_type, columns in AMORTISED.items():
        needed = columns[:1] if line_type == "SavingsPlanRecurringFee" else columns
        is_type = infix(identifier("line_item_line_item_type"), "=", literal(line_type))
        has_none = is_null(call("coalesce", *map(identifier, needed)))
        is_split = one_of(or_empty(identifier("line_item_operation")), SPLIT_OPERATIONS)
        yield _Check(columns[0], "empty", both(is_type, has_none, negated(is_split)))


def _beyond(column: str) -> tuple[_Check, _Check]:
    """Of an amount that does not fit 64 bits: whether it is none, or more than there is."""
    text = identifier(column)
    is_none = no_amount(text, WIDE_MONEY_TYPE)
    return _Check(column, "number", is_none), _Check(column, "beyond", is_beyond(text))


def _first_fault(session: Session, rows: Sql, kind: Kind, check: _Check) -> _Fault:
    value = call("left", _written(kind, check.column), number(_WHOLE_CHARACTERS))
    names = {"staged": rows, "is_fault": check.is_fault, "value": value}
    count, row, text = run_script(session, __package__, "first_fault.sql", names).fetchall()[0]
    return _Fault(check.column, check.kind, count, row or 0, text or "", check.counts)


def _written(kind: Kind, name: str) -> Sql:
    is_time = layout_of(kind).columns[name] == "time"
    return identifier(as_written(name) if is_time else name)


def _length(kind: Kind, name: str) -> Sql:
    return call("strlen", _written(kind, name))


def _ordered_dates(
    staging: Staging, rows: Sql, columns: Sequence[str], period: Month
) -> Iterator[tuple[str, OrderedDates]]:
    """The columns that hold dates whose year comes last, where the period tells their order."""
    for name in columns:
        written = _written(staging.kind, name)
        names = {"staged": rows, "time": identifier(name), "written": written}
        unread = run_script(staging.session, __package__, "unread_times.sql", names)
        texts = [text for (text,) in unread.fetchmany(_DATES_MAX)]
        order = day_order(texts, period.period)
        if order is not None:
            label = label_of(staging.source, staging.kind, name)
            yield name, OrderedDates(label, order, texts[0])


def _refusal(source: SourceFile, kind: Kind, faults: Sequence[_Fault]) -> BadInput:
    """The first fault by its place, the other columns' after it."""
    first, *others = sorted(faults, key=lambda fault: fault.row)
    message = f"{_words(first)} {_counted(first.row_count)}"
    for fault in others[:_COLUMNS_SHOWN]:
        label = label_of(source, kind, fault.column)
        message += (
            f" Also row {fault.row}, field {label}: {_words(fault)} {_counted(fault.row_count)}"
        )
    return BadInput(
        message,
        file=str(source.path),
        row=first.row,
        field=label_of(source, kind, first.column),
        remedy="Nothing of the delivery was taken.",
    )


def _counted(row_count: int) -> str:
    return "1 row has that." if row_count == 1 else f"{row_count} rows have that."


def _words(fault: _Fault) -> str:
    if fault.kind == "number" and is_number(fault.whole):
        return f"{fault.value!r} has too many digits for an amount."
    advice = ""
    match fault.kind:
        case "number" | "quantity":
            advice = number_advice(fault.value)
        case "time":
            advice = time_advice(fault.value)
        case "json":
            advice = json_advice(fault.whole)
    return f"{_MESSAGES[fault.kind].format(value=repr(fault.value))} {advice}".strip()


_MESSAGES: Final = {
    "empty": "the value is missing.",
    "long": f"the value has more than {LINE_BYTES_MAX:,} bytes.",
    "number": "not an amount: {value} is no number.",
    "beyond": f"{{value}} is more than {AMOUNT_LIMIT:,}, which no line of a bill is.",
    "quantity": "not a quantity: {value} is no number.",
    "time": "not a time of a bill: {value}.",
    "account": (
        "{value} was an account's number, of which a spreadsheet or a data frame has lost digits:"
        " export the column as text."
    ),
    "text": f"not one line of {NAME_CHARACTERS_MAX} characters or fewer: {{value}}.",
    "json": "not a JSON object: {value}.",
}


def _unreadable(
    source: SourceFile, kind: Kind, faults: Sequence[_Fault], types: Mapping[str, str], rows: int
) -> Iterator[Unreadable]:
    """By columns whose values are null now; `types` are of columns that are not read at all."""
    kept_as = layout_of(kind).kept_as
    of_types = [
        _Fault(name, "type", rows, 1, type_, counts=True)
        for name, type_ in types.items()
        if rows and type_ != NO_TYPE  # no row has a value there
    ]
    for fault in (*faults, *of_types):
        label = label_of(source, kind, fault.column)
        yield Unreadable(
            column=kept_as.get(fault.column, fault.column) if fault.counts else label,
            file=source.path.name,
            field=label,
            row=fault.row,
            value=printable(fault.value),
            row_count=fault.row_count,
        )
