"""A source file as one table with fixed names and text for numbers: what later scripts read.

A CSV is first written as Parquet into the scratch folder, its times and accounts read, so that all
that follows reads one format with a row number, in bounded memory, and reads each value once.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from services.ingestion.engine.closed_lists import CLOSED_LISTS
from services.ingestion.engine.layouts import (
    AMORTISED,
    AMOUNT_CHARACTERS_MAX,
    Kind,
    Type,
    layout_of,
)
from services.ingestion.engine.legacy import written_name
from shared.column_types import is_time, time_in_microseconds
from shared.columnar import Session, is_of_machine
from shared.input_limits import NAME_CHARACTERS_MAX
from shared.numbers import no_number
from shared.sql.expressions import (
    FALSE,
    ROW_NUMBER,
    TRUE,
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
    null_if_empty,
    number,
    one_of,
    or_empty,
    parquet_scan,
    timestamp,
)
from shared.sql.parquet import parquet_row_count, write_parquet
from shared.sql.scripts import script_query
from shared.tabular import INTEGERS, Column, SourceFile, rewritten, unzip
from shared.times import EARLIEST, TIMES_END, DayOrder, plain_time_of, time_of

MONEY_TYPE: Final = "DECIMAL(18,10)"
"""Of amounts below 100 million, which fit 64 bits."""
WIDE_MONEY_TYPE: Final = "DECIMAL(38,10)"
# 10^15 units of any currency: more than a line of a bill of any company has, in IDR as well.
AMOUNT_LIMIT: Final = 10**15
QUANTITY_TYPE: Final = "DECIMAL(38,15)"
SERVICE_CATEGORY: Final = "ServiceCategory"
_CSV_ROW_GROUP: Final = 100_000
"""Rows of text are wide: fewer of them are held at once."""
_NOTHING: Final = ("", "NULL", "null")
"""Words that CSV writers use for no value."""
PROVIDERS: Final = ("ProviderName", "ServiceProviderName", "InvoiceIssuerName")
_AWS: Final = r"\b(?i:aws|amazon)\b"
_NUMBERS: Final = (*INTEGERS, "DOUBLE", "FLOAT")


@dataclass(frozen=True)
class Reading:
    """How the values of one file are read, once its rows have been looked at."""

    other_times: AbstractSet[str] = frozenset()
    """Columns of times some of which are not of the forms that most files have."""
    orders: Mapping[str, DayOrder] = field(default_factory=dict)
    """By column of times, the order of day and month."""
    blanked: AbstractSet[str] = frozenset()
    """Columns that no line's owner or amount hangs on, whose unreadable values are null."""
    dropped: AbstractSet[str] = frozenset()
    """Such columns of a type that can't be read at all."""


@dataclass(frozen=True)
class Staging:
    """One file of a bill, and where it is staged. `row_count` is what Python read of a CSV."""

    session: Session
    source: SourceFile
    kind: Kind
    row_count: int
    scratch_dir: Path

    @property
    def _path(self) -> Path:
        return self.scratch_dir / "staged.parquet"

    def stage(self, reading: Reading) -> Sql:
        """The rows as they are to be read."""
        if self.source.format == "csv":
            self._write_csv(reading)
        return self.rows(reading)

    def rows(self, reading: Reading, only: Collection[str] | None = None) -> Sql:
        """Those of a CSV as they were staged last, else those of the file itself.

        Of Parquet with `only` these columns: to plan what no query looks at takes longer than to
        read a small bill.
        """
        if self.source.format == "csv":
            return parquet_scan([self._path])
        from_one = infix(identifier("file_row_number"), "+", number(1))
        return _rows(self.source, self.kind, reading, row=from_one, only=only)

    def _write_csv(self, reading: Reading) -> None:
        """Where DuckDB doesn't read as many rows as Python, it reads a copy that Python writes.

        So it is with a file whose lines end in two ways.
        """
        if self.source.is_rfc_4180 and self._is_written_whole(reading):
            return
        copy = rewritten(self.source, self.scratch_dir / "rewritten.csv")
        self._write(copy, reading)
        copy.path.unlink()

    def _is_written_whole(self, reading: Reading) -> bool:
        source = self.source
        if source.compression == "zip":
            source = unzip(source, self.scratch_dir / "unzipped.csv")
        try:
            self._write(source, reading)
        except duckdb.Error as error:
            if is_of_machine(error):
                raise
            return False
        return parquet_row_count(self.session, self._path) == self.row_count

    def _write(self, source: SourceFile, reading: Reading) -> None:
        rows = _rows(source, self.kind, reading, row=ROW_NUMBER)
        write_parquet(self.session, rows, self._path, row_group_size=_CSV_ROW_GROUP)


def _rows(
    source: SourceFile,
    kind: Kind,
    reading: Reading,
    *,
    row: Sql,
    only: Collection[str] | None = None,
) -> Sql:
    columns = dict(_columns(source, kind, reading, only))
    names = {"row": row, "columns": listed(columns), "rows": source.scan}
    return script_query(__package__, "file_rows.sql", names)


def _columns(
    source: SourceFile, kind: Kind, reading: Reading, only: Collection[str] | None
) -> Iterator[tuple[str, Sql]]:
    unread: dict[str, Sql] = {}
    for name, type_ in layout_of(kind).columns.items():
        if only is not None and name not in only:
            continue
        column = None if name in reading.dropped else source.find(name)
        written = null("VARCHAR") if column is None else _text(source, column, kind)
        value = written
        if type_ == "time":
            value = null("TIMESTAMP") if column is None else _time(column, written, reading)
            yield as_written(name), cast(written, "VARCHAR")
        elif column is not None and name in reading.blanked:
            bad = unreadable(written, name, type_)
            if bad is not None:
                value = case([(bad, null("VARCHAR"))], written)
                unread[name] = bad
        yield name, value
    if only is None and not kind.is_focus:
        yield "is_amortised_unknown", _is_amortised_unknown(source, unread)


def _is_amortised_unknown(source: SourceFile, unread: Mapping[str, Sql]) -> Sql:
    """Whether one of the columns that a line's amortised cost is made of can't be read."""
    line_type = source.find("line_item_line_item_type")
    conditions = [
        both(infix(line_type.reference, "=", literal(name)), either(*bad))
        for name, columns in AMORTISED.items()
        if line_type is not None and (bad := [unread[each] for each in columns if each in unread])
    ]
    return call("coalesce", either(*conditions), FALSE) if conditions else FALSE


def as_written(name: str) -> str:
    """The column of staged rows that has a time as it stands in the file."""
    return f"{name} as written"


def _text(source: SourceFile, column: Column, kind: Kind) -> Sql:
    """The value as text, null where it is a word for nothing; a double by its shortest decimal."""
    text = cast(column.reference, "VARCHAR")
    if column.type.startswith(("MAP", "STRUCT")):
        return cast(call("to_json", column.reference), "VARCHAR")
    if column.name in layout_of(kind).accounts:
        is_of_aws = TRUE if column.type in INTEGERS else _is_of_aws(source, kind)
        return script_query(__package__, "account_id.sql", {"text": text, "is_of_aws": is_of_aws})
    if column.type in _NUMBERS:
        return text
    if column.name in CLOSED_LISTS:
        return _listed_value(text, CLOSED_LISTS[column.name])
    if column.name == layout_of(kind).currency:
        return call("upper", null_if_empty(call("trim", _or_null(text))))
    return _or_null(text)


def _or_null(text: Sql) -> Sql:
    return case([(one_of(text, _NOTHING), null("VARCHAR"))], text)


def _listed_value(text: Sql, values: Sequence[str]) -> Sql:
    """The value as its list writes it; one that is on no list as it stands."""
    folded = call("lower", call("trim", text))
    listed_values = [
        (infix(folded, "=", literal(value.lower())), literal(value)) for value in values
    ]
    return case([(one_of(text, values), text), *listed_values], _or_null(text))


def _is_of_aws(source: SourceFile, kind: Kind) -> Sql:
    """Whether an account's number is AWS's, of twelve digits; FOCUS has all providers'."""
    if not kind.is_focus:
        return TRUE
    columns = [column for name in PROVIDERS if (column := source.find(name)) is not None]
    names = [
        call("regexp_matches", or_empty(cast(column.reference, "VARCHAR")), literal(_AWS))
        for column in columns
    ]
    return either(*names) if names else FALSE


def _time(column: Column, written: Sql, reading: Reading) -> Sql:
    if not is_time(column.type):
        if column.name not in reading.other_times:
            return plain_time_of(written)
        return time_of(written, reading.orders.get(column.name))
    moment = time_in_microseconds(column)
    is_bounded = both(
        infix(moment, ">=", timestamp(EARLIEST)), infix(moment, "<", timestamp(TIMES_END))
    )
    return case([(is_bounded, moment)], null("TIMESTAMP"))


def unreadable(text: Sql, name: str, type_: Type) -> Sql | None:
    """Whether a text is no value of the column's type; None where every text is one."""
    match type_:
        case "money":
            is_more = call("coalesce", is_beyond(text), FALSE)
            return either(no_amount(text, WIDE_MONEY_TYPE), is_more)
        case "quantity":
            return no_number(text, QUANTITY_TYPE)
        case "json":
            parsed = cast(cast(text, "JSON", or_null=True), "MAP(VARCHAR, VARCHAR)", or_null=True)
            is_none = is_null(parsed)
            if name == "product":
                of_name = call(
                    "json_type", cast(text, "JSON", or_null=True), literal("$.product_name")
                )
                is_none = either(is_none, one_of(or_empty(of_name), ("ARRAY", "OBJECT")))
            return both(negated(is_null(text)), is_none)
        case "text" if name == SERVICE_CATEGORY:
            return _no_name(text)
        case _:
            return None


def no_amount(text: Sql, type_: str) -> Sql:
    """Whether a text is no number that the type holds, or is longer than any amount."""
    is_long = infix(number(AMOUNT_CHARACTERS_MAX), "<", call("length", or_empty(text)))
    return either(no_number(text, type_), is_long)


def is_beyond(text: Sql) -> Sql:
    """Whether an amount is more than there is; NULL of what is no number."""
    amount = call("abs", cast(text, WIDE_MONEY_TYPE, or_null=True))
    return infix(number(AMOUNT_LIMIT), "<", amount)


def _no_name(text: Sql) -> Sql:
    """Statements, facts and invoices name a group of charges by it."""
    has_control = call("regexp_matches", text, literal(r"\p{Cc}"))
    return either(has_control, infix(number(NAME_CHARACTERS_MAX), "<", call("length", text)))


def label_of(source: SourceFile, kind: Kind, name: str) -> str:
    """The column's name as the file writes it, or would."""
    column = source.find(name)
    if column is not None:
        return column.label
    return written_name(name) if kind is Kind.CUR_LEGACY else name
