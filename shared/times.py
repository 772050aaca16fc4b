"""The forms of time that files from elsewhere may have: one grammar for every file and column.

A bill's times, those of signals and of workloads are read by it and by nothing else: a cast
guesses, and takes `10/3/26` for a day of the year 10. There are two readers, `parse_time` here and
`time_of` for DuckDB, and a test that holds them to one answer. docs/reference/times.md lists the
forms for those who write files.

A time without an offset is UTC, as AWS writes them. What is below a microsecond is cut off.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from shared.periods import Period
from shared.sql.expressions import FALSE, TRUE, Sql, literal, null, timestamp
from shared.sql.scripts import script_query

DayOrder = Literal["month-first", "day-first"]
"""Of dates whose year comes last: `10/03/2026` is a day in either order."""
_ORDERS: Final[tuple[DayOrder, ...]] = ("month-first", "day-first")

EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
TIMES_END: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""AWS has billed since 2006, and terms of commitments and contracts end within years: a time
outside is a slip, or what a cast made of a text on its way. Facts have the same bounds."""

_BLANKS: Final = " \t\r\n\u00a0\u202f"
# No form is longer, whatever its fraction.
_CHARACTERS_MAX: Final = 64
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
# The syntax that Python's `re` and DuckDB's RE2 read alike: no references back, no looking ahead.
_MONTH_NAME: Final = "((?i:" + "|".join(_MONTHS) + "))[a-z]*"
_PARTS: Final = {
    # Year first: 2026-10-03, 2026/10/03, 20261003 (ISO 8601).
    "([0-9]{4})([-/]?)([0-9]{1,2})([-/]?)([0-9]{1,2})": ("y1", "s1", "m1", "t1", "d1"),
    # The month by its name: 3-Oct-2026, 3 October 2026; Oct 3, 2026.
    f"([0-9]{{1,2}})[- ]{_MONTH_NAME}[- ]([0-9]{{4}})": ("d2", "n2", "y2"),
    f"{_MONTH_NAME} ([0-9]{{1,2}}),? ([0-9]{{4}})": ("n3", "d3", "y3"),
    # Year last: 10/03/2026, 03.10.2026.
    "([0-9]{1,2})([-/.])([0-9]{1,2})([-/.])([0-9]{4})": ("a4", "s4", "b4", "t4", "y4"),
}
_CLOCK: Final = (
    "(?:(?:[Tt]|,? )(?:([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    "|([0-9]{2})(?:([0-9]{2})(?:([0-9]{2})(?:[.,]([0-9]+))?)?)?)"
    "(?:[ \u00a0\u202f]?([AaPp])[Mm])?"
    "(?: ?(Z|z|UTC|GMT)| ?([+-])([0-9]{2})(?::?([0-9]{2}))?(?: UTC| GMT)?)?)?"
)
_GROUPS: Final = (
    *(name for names in _PARTS.values() for name in names),
    *("hour", "minute", "second", "fraction", "hour_b", "minute_b", "second_b", "fraction_b"),
    *("half", "utc", "sign", "offset_hours", "offset_minutes"),
)
PATTERN: Final = "(?:" + "|".join(_PARTS) + ")" + _CLOCK
_TIME: Final = re.compile(PATTERN)
_LAST_MONTH: Final = 12
_HALF_DAY: Final = 12
_MINUTES: Final = 60
_EPOCH: Final = re.compile("([0-9]{1,19})(s|ms|us|ns)")
_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
EXAMPLE: Final = "2026-10-03T04:00:00Z"


def parse_time(text: str, order: DayOrder | None = None) -> datetime | None:
    """In UTC; None for what is no time of a form that can have one meaning alone."""
    text = text.strip(_BLANKS)
    if len(text) > _CHARACTERS_MAX:
        return None
    try:
        moment = _of_epoch(text) or _of_calendar(text, order)
    except (ValueError, OverflowError):  # the 30th of February, the 25th hour
        return None
    return moment if moment is not None and EARLIEST <= moment < TIMES_END else None


def _of_epoch(text: str) -> datetime | None:
    match = _EPOCH.fullmatch(text)
    if match is None:
        return None
    microseconds = int(match[1]) * 1_000_000 // _PER_SECOND[match[2]]
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


def _of_calendar(text: str, order: DayOrder | None) -> datetime | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    part = dict(zip(_GROUPS, (group or "" for group in match.groups()), strict=True))
    day = _day(part, order)
    if day is None:
        return None
    hour = _hour(int(part["hour"] or part["hour_b"] or 0), part["half"].lower())
    moment = datetime(
        *day,
        hour,
        int(part["minute"] or part["minute_b"] or 0),
        int(part["second"] or part["second_b"] or 0),
        int((part["fraction"] or part["fraction_b"])[:6].ljust(6, "0")),
        tzinfo=UTC,
    )
    minutes = int(part["offset_minutes"] or 0)
    if minutes >= _MINUTES:
        return None
    offset = timedelta(hours=int(part["offset_hours"] or 0), minutes=minutes)
    return moment + offset if part["sign"] == "-" else moment - offset


def _day(part: dict[str, str], order: DayOrder | None) -> tuple[int, int, int] | None:
    if part["y1"]:
        is_one_form = part["s1"] == part["t1"]
        # 2026111 is 11 January or 1 November.
        is_whole = part["s1"] or len(part["m1"] + part["d1"]) == len("1003")
        if not is_one_form or not is_whole:
            return None
        return int(part["y1"]), int(part["m1"]), int(part["d1"])
    if part["n2"] or part["n3"]:
        month = _MONTHS.index((part["n2"] or part["n3"]).lower()) + 1
        return int(part["y2"] or part["y3"]), month, int(part["d2"] or part["d3"])
    return _day_of_year_last(part, order)


def _day_of_year_last(part: dict[str, str], order: DayOrder | None) -> tuple[int, int, int] | None:
    first, second = int(part["a4"]), int(part["b4"])
    if part["s4"] != part["t4"]:
        return None
    if order is None and first != second and max(first, second) <= _LAST_MONTH:
        return None
    is_day_first = order == "day-first" if order else first > _LAST_MONTH
    month, day = (second, first) if is_day_first else (first, second)
    return int(part["y4"]), month, day


def _hour(hour: int, half: str) -> int:
    """Of twelve hours and their half, where it is written; 12 am is midnight."""
    if not half:
        return hour
    if not 1 <= hour <= _HALF_DAY:
        raise ValueError("a half of the day has twelve hours")
    return hour % _HALF_DAY + (_HALF_DAY if half == "p" else 0)


def plain_time_of(text: Sql) -> Sql:
    """`time_of` for the forms that most files have, and NULL for all others; much less to bind."""
    return script_query("shared.sql", "plain_time.sql", {"text": text})


def time_of(text: Sql, order: DayOrder | None = None) -> Sql:
    """A TIMESTAMP in UTC of a text, NULL where `parse_time` gives None."""
    orders = {None: null("BOOLEAN"), "day-first": TRUE, "month-first": FALSE}
    parts = {
        "text": text,
        "blanks": literal(_BLANKS),
        "pattern": literal(PATTERN),
        "groups": _texts(_GROUPS),
        "months": _texts(_MONTHS),
        "day_first": orders[order],
    }
    names = {
        "text": text,
        "plain": plain_time_of(text),
        "blanks": literal(_BLANKS),
        "of_epoch": script_query("shared.sql", "epoch_time.sql", {"text": text}),
        "of_calendar": script_query("shared.sql", "calendar_time.sql", parts),
        "earliest": timestamp(EARLIEST),
        "end": timestamp(TIMES_END),
    }
    return script_query("shared.sql", "time_of_text.sql", names)


def day_order(texts: Iterable[str], period: Period) -> DayOrder | None:
    """The order of day and month in which dates of one column can be meant.

    One order brings some of them into the period, where the other doesn't, and the other order
    none. None where the dates don't tell, or contradict each other.
    """
    shown: set[DayOrder] = set()
    for text in texts:
        fits = {order: _fits(parse_time(text, order), period) for order in _ORDERS}
        best = max(fits.values())
        likely = [order for order in _ORDERS if fits[order] == best]
        if len(likely) == 1:
            shown.update(likely)
    return shown.pop() if len(shown) == 1 else None


def _fits(moment: datetime | None, period: Period) -> int:
    """An end may be that of the period."""
    if moment is None:
        return 0
    return 2 if period.start <= moment <= period.end else 1


def time_advice(text: str) -> str:
    """What a text looks like that is no time, and how times are written."""
    text = text.strip(_BLANKS)
    advice = f"Write times as {EXAMPLE}."
    if re.fullmatch("[0-9]{9,19}([.][0-9]+)?", text):
        return (
            f"It looks like a count of seconds, or of their parts, since 1970: {advice} Or write"
            f" the unit behind the number, as 1790812800s (s, ms, us or ns)."
        )
    if re.match("[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}(?![0-9])", text):
        return f"It looks like what a spreadsheet saved, with two digits for the year: {advice}"
    if re.match("[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}", text):
        return (
            "It looks like what a spreadsheet saved; which number is the day and which the month"
            f" can't be known: {advice}"
        )
    if re.fullmatch("[0-9]{5}([.][0-9]+)?", text):
        return f"It looks like a spreadsheet's number of a day: {advice}"
    return advice


def _texts(values: Sequence[str]) -> Sql:
    return Sql("[" + ", ".join(map(literal, values)) + "]")
