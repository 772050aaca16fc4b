"""One grammar of time, read by Python and by DuckDB alike."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.columnar import open_session
from shared.periods import Month
from shared.sql.expressions import identifier, listed, ordered
from shared.sql.scripts import run_script
from shared.times import DayOrder, day_order, parse_time, time_advice, time_of

OCTOBER = Month(2026, 10).period


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


TIMES = {
    "2026-10-03": utc(2026, 10, 3),
    "2026-10-03T04:00:00Z": utc(2026, 10, 3, 4),
    "2026-10-03t04:00:00z": utc(2026, 10, 3, 4),
    "2026-10-03 04:00:00.000 UTC": utc(2026, 10, 3, 4),
    "2026-10-03 04:00:00+00": utc(2026, 10, 3, 4),
    "2026-10-03T06:30:00+02:30": utc(2026, 10, 3, 4),
    "2026-10-03T00:00:00-0400": utc(2026, 10, 3, 4),
    "2026-10-03 04:00:00 +0000 UTC": utc(2026, 10, 3, 4),
    "2026-10-03T04:00:00.123456789Z": utc(2026, 10, 3, 4, 0, 0, 123456),
    "2026-10-03 04:00:00,5": utc(2026, 10, 3, 4, 0, 0, 500000),
    "20261003T040000Z": utc(2026, 10, 3, 4),
    "20261003": utc(2026, 10, 3),
    "2026/10/3 4:00": utc(2026, 10, 3, 4),
    "3-Oct-2026 04:00": utc(2026, 10, 3, 4),
    "October 3, 2026, 4:00 PM": utc(2026, 10, 3, 16),
    "10/13/2026 12:30 AM": utc(2026, 10, 13, 0, 30),
    "13.10.2026": utc(2026, 10, 13),
    "10/10/2026": utc(2026, 10, 10),
    "1790812800s": utc(2026, 10, 1),
    "1790812800123ms": utc(2026, 10, 1, 0, 0, 0, 123000),
    " 2026-10-03 ": utc(2026, 10, 3),
}
NO_TIMES = [
    *("", "now", "infinity", "epoch", "NaT", "0000-00-00 00:00:00", "2026-10", "2026-W40-1"),
    *("10/1/26", "3-10-26", "26-10-03", "10/03/2026", "03.10.2026 04:00", "3-Oct-26"),
    *("2026-02-30", "2026-13-01", "2026-10-03T24:00:00Z", "2026-10-03T23:59:60Z", "13/13/2026"),
    *("2026-10-03 04:00:00 PST", "2026-10-03 04:00 Europe/Berlin", "2026-10-03T04:00:00+02:75"),
    *("2026-10/03", "2026111", "0010-03-26", "1999-12-31", "2200-01-01", "99999-01-01"),
    *("1790812800", "1790812800.0", "46296.5", "2026-10-03 13:00 PM", "2026-10-03Z", "٢٠٢٦-10-03"),
    "2026-10-03T04:00:00." + "0" * 60,
]


def read_by_duckdb(
    texts: list[str], tmp_path: Path, order: DayOrder | None = None
) -> list[datetime | None]:
    with open_session(scratch_dir=tmp_path, memory_limit_mb=256) as session:
        session.execute("CREATE TEMP TABLE texts (place INTEGER, written VARCHAR)")
        session.executemany("INSERT INTO texts VALUES (?, ?)", list(enumerate(texts)))
        names = {
            "row": identifier("place"),
            "columns": listed({"utc": time_of(identifier("written"), order)}),
            "rows": ordered("texts", "place"),
        }
        rows = run_script(session, "services.ingestion.engine", "file_rows.sql", names)
        return [moment and moment.replace(tzinfo=UTC) for _, moment in rows.fetchall()]


def test_both_readers_take_the_forms_that_people_have(tmp_path: Path) -> None:
    wanted = list(TIMES.values())
    assert [parse_time(text) for text in TIMES] == wanted
    assert read_by_duckdb(list(TIMES), tmp_path) == wanted


def test_neither_reader_takes_what_may_mean_something_else(tmp_path: Path) -> None:
    assert [text for text in NO_TIMES if parse_time(text)] == []
    assert read_by_duckdb(NO_TIMES, tmp_path) == [None] * len(NO_TIMES)


@pytest.mark.parametrize("order", [None, "day-first", "month-first"])
def test_both_readers_agree_on_any_text(tmp_path: Path, order: DayOrder | None) -> None:
    dice = random.Random(str(order))  # noqa: S311 - a test has to repeat
    texts = [damaged(dice, dice.choice([*TIMES, *NO_TIMES[:-1]])) for _ in range(400)]
    assert read_by_duckdb(texts, tmp_path, order) == [parse_time(text, order) for text in texts]


def damaged(dice: random.Random, text: str) -> str:
    """With some signs more, less or others."""
    signs = list(text)
    for _ in range(dice.randint(0, 3)):
        at = dice.randrange(len(signs) + 1)
        signs[at : at + dice.randint(0, 1)] = dice.choice(["", *"0123456789-/:. TZ+,sAPm\u00a0"])
    return "".join(signs)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["10/1/2026 0:00", "10/10/2026"], "month-first"),
        (["1/10/2026 0:00"], "day-first"),
        (["10/1/2026", "11/1/2026"], "month-first"),  # an end is that of the period
        (["10/1/2026", "12/31/2027"], "month-first"),
        (["10/10/2026"], None),
        (["11/12/2027"], None),  # outside in either order
        (["10/1/2026", "1/10/2026"], None),  # one of them is of January
        ([], None),
    ],
)
def test_the_order_of_day_and_month_is_that_of_the_period(
    texts: list[str], order: DayOrder | None
) -> None:
    assert day_order(texts, OCTOBER) == order


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1790812800", "since 1970"),
        ("10/1/26", "two digits for the year"),
        ("10/03/2026 4:00", "which the month"),
        ("46296.5", "a spreadsheet's number"),
        ("infinity", "2026-10-03T04:00:00Z"),
    ],
)
def test_a_text_that_is_no_time_is_told_what_it_looks_like(text: str, words: str) -> None:
    assert words in time_advice(text)
