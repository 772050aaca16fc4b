"""Which types of a column are read as what; any other is refused by its name and never cast.

A list or a column of no type (as pandas and pyarrow write one without a value) would be taken for a
text of its own, or for nothing. All columns of a CSV are text.
"""

import re
from typing import Final, Literal

from shared.faults import BadInput
from shared.sql.expressions import Sql, call, cast, infix, number
from shared.tabular import INTEGERS, Column, SourceFile

ColumnKind = Literal["text", "account", "number", "time", "map", "text or map"]

NO_TYPE: Final = '"NULL"'
_INTEGER: Final = "|".join(INTEGERS)
_NUMBER: Final = rf"{_INTEGER}|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)"
_TIME: Final = r"TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ_NS|DATE"
# Numbers of accounts come as integers; bytes have lost their letters.
_TEXT: Final = rf"VARCHAR|UUID|JSON|ENUM\(.*\)|{_INTEGER}"
# A double holds the twelve digits of an account, and nothing is lost of a whole one.
_ACCOUNT: Final = rf"{_TEXT}|DOUBLE|DECIMAL\(\d+,\d+\)"
_MAP: Final = rf"VARCHAR|JSON|MAP\((VARCHAR|{NO_TYPE}), ({_TEXT}|BOOLEAN|{_NUMBER}|{NO_TYPE})\)"
_KINDS: Final[dict[ColumnKind, tuple[re.Pattern[str], str]]] = {
    "text": (re.compile(_TEXT), "text"),
    "account": (re.compile(_ACCOUNT), "text"),
    "number": (re.compile(rf"VARCHAR|{_NUMBER}"), "a number"),
    "time": (re.compile(rf"VARCHAR|{_TIME}"), "a time"),
    "map": (re.compile(_MAP), "a map of texts"),
    "text or map": (re.compile(rf"{_TEXT}|{_MAP}|{_NUMBER}|{_TIME}|BOOLEAN"), "a plain value"),
}
_QUOTED_NAME: Final = re.compile(r'"(?:[^"]|"")*"')
_NESTED: Final = re.compile(r"\[\d*\]|MAP\(|STRUCT\(|UNION\(")


def check_column_type(file: SourceFile, column: Column, kind: ColumnKind) -> None:
    """Raises BadInput that names the file and the column where its type is none of `kind`."""
    accepted, expected = _KINDS[kind]
    if accepted.fullmatch(column.type) or ("map" in kind and _is_flat_struct(column.type)):
        return
    if column.type == NO_TYPE:
        raise BadInput(
            f"the column has no type, where {expected} is expected: no row has a value in it.",
            file=str(file.path),
            field=column.label,
            remedy="Write the column with a type, or leave it out if it has no value.",
        )
    raise BadInput(
        f"the column has the type {column.type[:80]}, where {expected} is expected.",
        file=str(file.path),
        field=column.label,
        remedy=f"Write the column as {expected}; nothing was taken.",
    )


def is_time(type_: str) -> bool:
    """Whether DuckDB casts it to a time in microseconds: all but one do that are times."""
    return type_.startswith(("TIMESTAMP", "DATE")) and type_ != "TIMESTAMPTZ_NS"


def time_in_microseconds(column: Column) -> Sql:
    """Of a column whose type is a time: what is below a microsecond is cut off.

    A cast rounds it, and the last 500 ns of an hour would be those of the next.
    """
    if column.type == "TIMESTAMP_NS":
        nanoseconds = call("epoch_ns", column.reference)
        return call("make_timestamp", infix(nanoseconds, "//", number(1000)))
    return cast(column.reference, "TIMESTAMP")


def _is_flat_struct(type_: str) -> bool:
    """One field per key, and in none of them a further structure; names may hold any sign."""
    fields = _QUOTED_NAME.sub("", type_.removeprefix("STRUCT("))
    return type_.startswith("STRUCT(") and type_.endswith(")") and not _NESTED.search(fields)
