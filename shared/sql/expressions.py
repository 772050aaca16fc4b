"""SQL expressions as values: the one place that writes SQL in Python.

What a ruleset decides (which tags, which labels, which columns) can't stand in a script, so it is
built here from columns and texts and handed to the door as a name. Texts are always quoted, so no
value of a ruleset or a path can become SQL.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from shared.input_limits import LINE_BYTES_MAX

_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TYPE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*(\([A-Z0-9]+, ?[A-Z0-9]+\))?")
Sign = Literal["=", "<>", ">=", "<", "+", "-", "//", "LIKE", "IN"]


class Sql(str):
    """SQL that this module wrote. A plain `str` is none: the type checker refuses it as a name."""

    __slots__ = ()


EMPTY: Final = Sql("''")
TRUE: Final = Sql("true")
FALSE: Final = Sql("false")
ROW_NUMBER: Final = Sql("row_number() OVER ()")
"""Of rows that come in an order of their own, from 1."""


def literal(text: str) -> Sql:
    return Sql("'" + text.replace("'", "''") + "'")


def identifier(name: str) -> Sql:
    """A table or a column, whatever signs are in its name."""
    return Sql('"' + name.replace('"', '""') + '"')


def null(type_: str) -> Sql:
    return cast(Sql("NULL"), type_)


def qualified(table: str, column: str) -> Sql:
    return Sql(f"{identifier(table)}.{identifier(column)}")


def number(value: int) -> Sql:
    return Sql(str(value))


def date(day: dt.date) -> Sql:
    return Sql(f"DATE {literal(day.isoformat())}")


def timestamp(moment: dt.datetime) -> Sql:
    """Of a moment in UTC; DuckDB's TIMESTAMP has no time zone."""
    return Sql(f"TIMESTAMP {literal(f'{moment:%Y-%m-%d %H:%M:%S}')}")


def names(columns: Iterable[str]) -> Sql:
    return listed_values(map(identifier, columns))


def listed_values(values: Iterable[Sql]) -> Sql:
    return Sql(", ".join(values))


def listed(columns: Mapping[str, Sql]) -> Sql:
    """Expressions with their names, as a SELECT lists them."""
    return listed_values(Sql(f"{sql} AS {identifier(name)}") for name, sql in columns.items())


def declared(columns: Mapping[str, str]) -> Sql:
    """Columns with their types, as a table is made of them."""
    return listed_values(
        Sql(f"{identifier(name)} {_type(type_)}") for name, type_ in columns.items()
    )


def call(function: str, *arguments: Sql) -> Sql:
    return Sql(f"{_word(function)}({', '.join(arguments)})")


def cast(value: Sql, type_: str, *, or_null: bool = False) -> Sql:
    """With `or_null`, NULL instead of an error where the value is none of the type."""
    return Sql(f"{'try_cast' if or_null else 'CAST'}({value} AS {_type(type_)})")


def type_name(text: str) -> Sql:
    """A type's name, for a script that casts to it."""
    return Sql(_type(text))


def or_empty(*values: Sql) -> Sql:
    """The first that is not NULL, else ''."""
    return call("coalesce", *values, EMPTY)


def null_if_empty(value: Sql) -> Sql:
    return call("nullif", value, EMPTY)


def infix(left: Sql, sign: Sign, right: Sql) -> Sql:
    return Sql(f"({left} {sign} {right})")


def both(*conditions: Sql) -> Sql:
    return Sql(f"({' AND '.join(conditions)})")


def either(*conditions: Sql) -> Sql:
    return Sql(f"({' OR '.join(conditions)})")


def negated(condition: Sql) -> Sql:
    return Sql(f"(NOT {condition})")


def is_null(value: Sql) -> Sql:
    return Sql(f"({value} IS NULL)")


def joined(*values: Sql) -> Sql:
    """Texts one behind the other; NULL where one of them is."""
    return Sql(f"({' || '.join(values)})")


def case(branches: Sequence[tuple[Sql, Sql]], otherwise: Sql) -> Sql:
    """By the first condition that holds; `otherwise` where there is none."""
    if not branches:
        return otherwise
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in branches)
    return Sql(f"CASE {whens} ELSE {otherwise} END")


def total(values: Sequence[Sql]) -> Sql:
    return Sql(" + ".join(values) or "0")


def entry(column: str, key: str) -> Sql:
    """Of a map."""
    return map_entry(identifier(column), key)


def map_entry(value: Sql, key: str) -> Sql:
    return Sql(f"{value}[{literal(key)}]")


def json_text(column: str, pointer: str) -> Sql:
    return call("json_extract_string", identifier(column), literal(pointer))


def json_object_of_values(columns: Mapping[str, Sql]) -> Sql:
    """The text of a JSON object of those that are not '', in the order of their names."""
    if not columns:
        return literal("{}")
    pairs = ", ".join(
        f"struct_pack(key := {literal(name)}, value := {sql})"
        for name, sql in sorted(columns.items())
    )
    return Sql(
        f"CAST(to_json(map_from_entries(list_filter([{pairs}], lambda d: d.value <> '')))"
        " AS VARCHAR)"
    )


def sums(measures: Mapping[str, Sql]) -> Sql:
    """Of whole numbers, which any engine sums to the same number."""
    return listed({name: call("sum", sql) for name, sql in measures.items()})


def one_of(value: Sql, texts: Iterable[str]) -> Sql:
    return Sql(f"({value} IN ({', '.join(map(literal, texts))}))")


def unnested(parameter: str) -> Sql:
    """A row for each text of a list that is bound as `$parameter`."""
    return Sql(f"unnest(CAST(${_word(parameter)} AS VARCHAR[]))")


def no_rows(relation: Sql) -> Sql:
    """The relation's columns, and none of its rows."""
    return Sql(f"(FROM {relation} LIMIT 0)")


def ordered(table: str, *columns: str) -> Sql:
    return Sql(f"(FROM {identifier(table)} ORDER BY {names(columns)})")


def union_all(queries: Iterable[Sql]) -> Sql:
    return Sql(f"({' UNION ALL '.join(queries)})")


def parquet_scan(paths: Sequence[Path], *, rows: bool = False) -> Sql:
    """These files read as one table by the names of their columns.

    The paths are taken as they are: a `*` or `[` in one is part of its name. With `rows` there are
    the columns `filename` and `file_row_number` too.
    """
    files = ", ".join(literal(_escape_glob(str(path))) for path in paths)
    numbered = ", filename = true, file_row_number = true" if rows else ""
    return Sql(
        f"read_parquet([{files}], union_by_name = true, hive_partitioning = false{numbered})"
    )


def parquet_file_scan(path: Path) -> Sql:
    """One file with all its columns and `file_row_number`, counted from 0."""
    file = literal(_escape_glob(str(path)))
    return Sql(f"read_parquet([{file}], file_row_number = true, hive_partitioning = false)")


def csv_scan(path: Path, columns: Sequence[str], *, new_line: str, is_gzip: bool) -> Sql:
    """One CSV file with a header, every column as text.

    The line end is given, never guessed: with a wrong guess DuckDB 2.0 reads no row and no error.
    So is the compression, which it would guess from the name.
    """
    written_line_end = literal(new_line.encode("unicode_escape").decode("ascii"))
    declared = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in columns)
    return Sql(
        f"read_csv({literal(_escape_glob(str(path)))}, header = true, auto_detect = false, "
        f"delim = ',', quote = '\"', escape = '\"', new_line = {written_line_end}, "
        f"compression = {literal('gzip' if is_gzip else 'none')}, "
        f"max_line_size = {LINE_BYTES_MAX}, columns = {{{declared}}})"
    )


def _escape_glob(path: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)


def _word(text: str) -> str:
    """A function's or parameter's name, which stands in the code and never in data."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a function or parameter")
    return text


def _type(text: str) -> str:
    """`DECIMAL(18,10)`, `MAP(VARCHAR, VARCHAR)`, `TIMESTAMPTZ`: from the code, never from data."""
    if not _TYPE.fullmatch(text):
        raise ValueError(f"{text!r} is no type")
    return text
