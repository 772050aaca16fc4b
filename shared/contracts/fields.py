"""What a field of a fact may hold: its kind says the bounds, and every contract judges by them.

Whoever holds a producer's key may tell anything that is its own, so what arrives is judged. What a
service makes, or reads from its own rows, is not: there the doors of people and files are. No bound
is wider than the narrowest column of a consumer (docs/reference/messaging.md).
"""

import re
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

from pydantic import GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from shared.characters import NOT_IN_A_LINE, NOT_IN_WORDS
from shared.exact import HALF_UP
from shared.faults import Fault
from shared.periods import Month

# The context of a validation that judges, and the type of an error by which it refuses.
JUDGED: Final = "judged"
IMPLAUSIBLE: Final = "implausible"

COUNT_MAX: Final = 2**63 - 1
# The columns hold 28 digits before the point; sums of ten thousand million amounts fit them.
AMOUNT_DIGITS: Final = 18
AMOUNT_DECIMALS: Final = 10
WORDS_LENGTH_MAX: Final = 50_000
YEARS: Final = range(2000, 2200)

_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Kind:
    """`takes` says in words what `is_taken`; both are of a value that has the type already."""

    name: str
    takes: str
    is_taken: Callable[[Any], bool]

    def __get_pydantic_core_schema__(self, type_: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._judged, handler(type_))

    def _judged(self, value: Any, info: ValidationInfo) -> Any:
        if info.context == JUDGED and not self.is_taken(value):
            words = {"name": self.name, "takes": self.takes}
            raise PydanticCustomError(IMPLAUSIBLE, "{name} is {takes}", words)
        return value


def _line(name: str, longest: int, *, shortest: int = 0) -> Kind:
    def is_taken(text: str) -> bool:
        return shortest <= len(text) <= longest and not NOT_IN_A_LINE.search(text)

    return Kind(name, f"{shortest} to {longest:,} characters, none a control character", is_taken)


def _are_words(text: str) -> bool:
    return len(text) <= WORDS_LENGTH_MAX and not NOT_IN_WORDS.search(text)


def _number(name: str, *, digits: int, decimals: int) -> Kind:
    finest = Decimal(1).scaleb(-decimals)

    def is_taken(number: Decimal) -> bool:
        if number.adjusted() >= digits:
            return False
        text = str(number)  # a margin has hundreds, and most are plain
        is_plain = "E" not in text and len(text.partition(".")[2]) <= decimals
        return is_plain or number == number.quantize(finest, context=HALF_UP)

    return Kind(name, f"below 10^{digits}, with up to {decimals} decimals", is_taken)


def _is_month(text: str) -> bool:
    try:
        return Month.parse(text).year in YEARS
    except Fault:
        return False


def _is_instant(moment: datetime) -> bool:
    return moment.tzinfo is not None and _FIRST <= moment < _END


_FIRST: Final = datetime(YEARS.start, 1, 1, tzinfo=UTC)
_END: Final = datetime(YEARS.stop, 1, 1, tzinfo=UTC)
_OF_YEARS: Final = f"of the years {YEARS.start} to {YEARS.stop - 1}"

Id = Annotated[str, _line("an identifier", 40, shortest=1)]
Key = Annotated[str, _line("a key", 100, shortest=1)]
EntryId = Annotated[str, _line("an entry's identifier", 200, shortest=1)]
Digest = Annotated[str, _line("a digest", 64, shortest=1)]
Uri = Annotated[str, _line("an address", 1000, shortest=1)]
Level = Annotated[str, _line("a level", 10)]
Code = Annotated[str, _line("a code", 20)]
Name = Annotated[str, _line("a name", 200)]
Email = Annotated[str, _line("an e-mail address", 254)]
Line = Annotated[str, _line("a line", 1000)]
Words = Annotated[
    str,
    Kind(
        "a text",
        f"up to {WORDS_LENGTH_MAX:,} characters, no control character but tabs and line breaks",
        _are_words,
    ),
]
Currency = Annotated[
    str, Kind("a currency", "three capital letters", lambda text: bool(_CURRENCY.fullmatch(text)))
]
Period = Annotated[str, Kind("a period", f"a month such as 2026-10, {_OF_YEARS}", _is_month)]
Count = Annotated[
    int, Kind("a count", f"0 to {COUNT_MAX:,}", lambda count: 0 <= count <= COUNT_MAX)
]
Amount = Annotated[Decimal, _number("an amount", digits=AMOUNT_DIGITS, decimals=AMOUNT_DECIMALS)]
Share = Annotated[Decimal, _number("a share", digits=4, decimals=8)]
# As `trueback.yaml` takes it: 38 digits, wherever the point is.
Number = Annotated[Decimal, _number("a number", digits=38, decimals=38)]
Instant = Annotated[datetime, Kind("a time", f"{_OF_YEARS}, with its time zone", _is_instant)]
Day = Annotated[date, Kind("a day", _OF_YEARS, lambda day: day.year in YEARS)]


def kinds_of(hint: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Of a payload's type: each field that is made of no others, with its kind, else its type."""
    parts = get_args(hint)
    if is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        for each in fields(hint):
            yield from kinds_of(hints[each.name], (*path, each.name))
    elif get_origin(hint) is Annotated:
        yield path, next((part for part in parts if isinstance(part, Kind)), parts[0])
    elif get_origin(hint) in {Union, types.UnionType, list, dict}:
        for part in parts:
            if part is not types.NoneType:
                yield from kinds_of(part, path)
    else:
        yield path, hint
