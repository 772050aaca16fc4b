"""Our CSV files, which people open in spreadsheets: the one writer, and the reader that undoes it.

A spreadsheet takes a cell for a formula where its text starts with `=`, `+`, `-`, `@`, a tab or a
line end (OWASP, CSV Injection), or with NUL (OWASP ASVS 5.0, 1.2.10); the full-width forms of the
first four are treated as them. Texts come from whoever names a resource, a tag or a product.

Written: text of any number of apostrophes, also none, before such a character gets one apostrophe
more. Read: text of one apostrophe or more before such a character loses one. All other text is left
alone both ways, so that no written text starts a formula and every text is read as it was. Numbers
are written as numbers, also negative ones: that is why cells come here with their types.

Cells end at commas. A program that is set to split at semicolons finds cells within texts: it has
to be told, as for any comma-separated file (docs/reference/files.md).
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Protocol, assert_never

Cell = str | int | Decimal | Fraction | None
"""None is an empty cell, and read as ''. Times and days are texts."""

FORMULA: Final = "'*[=+\\-@\\t\\n\\r\\x00\uff1d\uff0b\uff0d\uff20]"
"""What a text starts with that gets an apostrophe, as a regular expression. Python and RE2, which
DuckDB has, read it alike."""
_FORMULA: Final = re.compile(FORMULA)
_RFC_4180_LINE_END: Final = "\r\n"


class _Target(Protocol):
    def write(self, text: str, /) -> object: ...


def write_rows(
    file: _Target,
    header: Sequence[str],
    rows: Iterable[Iterable[Cell]],
    *,
    line_end: str = "\n",
) -> None:
    """To a file that was opened with `newline=""`; a `line_end` may be that of RFC 4180, CRLF."""
    ends = _LineEnds(file, line_end)
    writer = csv.writer(ends, lineterminator=_RFC_4180_LINE_END)  # noqa: TID251 - the one of ours
    writer.writerow(map(_written, header))
    writer.writerows(map(_written, row) for row in rows)


def read_rows(text: str) -> Iterator[dict[str, str]]:
    """The rows that `write_rows` wrote, by the names of the header; numbers are texts.

    Raises csv.Error where a quote isn't closed, ValueError where a row has other cells than the
    header names.
    """
    file = io.StringIO(text, newline="")
    lines = csv.reader(file, strict=True)  # noqa: TID251 - the one of ours
    header = [unescaped(name) for name in next(lines, [])]
    for line in lines:
        yield dict(zip(header, map(unescaped, line), strict=True))


def escaped(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class _LineEnds:
    """Rows end as they are asked to, and are quoted as if they ended with CR and LF.

    Before 3.13 Python leaves a CR or LF that isn't in its own line end without quotes; readers take
    it for the end of a row, and what follows it for a cell.
    """

    def __init__(self, file: _Target, line_end: str) -> None:
        self._file = file
        self._line_end = line_end

    def write(self, row: str) -> None:
        self._file.write(row.removesuffix(_RFC_4180_LINE_END) + self._line_end)


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return escaped(cell)
        case Decimal():
            return f"{cell:f}"
        case int() | Fraction():
            return str(cell)
        case _:
            assert_never(cell)
