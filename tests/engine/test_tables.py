"""Tables of Python's rows: few go in as values, many by a file, and both give the same."""

import datetime as dt
from decimal import Decimal

import pytest

from services.attribution.engine.tables import create_table
from shared.columnar import open_session

_COLUMNS = {"name": "VARCHAR", "day": "DATE", "quanta": "HUGEINT", "flag": "BOOLEAN"}
_ROWS = [
    ('a "quoted", name\nof two lines', dt.date(2026, 10, 1), 2**126, True),
    (None, None, None, None),
    ("", "", "", ""),
    ("ü'; DROP TABLE x", "2026-10-31", Decimal(-7), False),
]
_READ = [
    ('a "quoted", name\nof two lines', dt.date(2026, 10, 1), 2**126, True),
    ("", None, None, None),
    ("", None, None, None),
    ("ü'; DROP TABLE x", dt.date(2026, 10, 31), -7, False),
]


@pytest.fixture
def session(tmp_path):
    with open_session(scratch_dir=tmp_path, memory_limit_mb=256) as session:
        yield session


class TestATable:
    @pytest.mark.parametrize("times", [0, 1, 250, 251, 1000])
    def test_has_its_rows_however_many(self, session, tmp_path, times):
        create_table(session, "rows_of_python", _COLUMNS, _ROWS * times, scratch_dir=tmp_path)
        assert session.execute("FROM rows_of_python").fetchall() == _READ * times

    def test_has_the_same_types_with_rows_and_without(self, session, tmp_path):
        described = []
        for rows in ([], _ROWS):
            create_table(session, "rows_of_python", _COLUMNS, rows, scratch_dir=tmp_path)
            described.append(session.execute("DESCRIBE rows_of_python").fetchall())
        assert described[0] == described[1]

    @pytest.mark.parametrize("count", [3, 5000])
    def test_is_made_of_a_result_that_is_still_being_read(self, session, tmp_path, count):
        result = session.execute("FROM range($count)", {"count": count})
        rows = iter(result.fetchone, None)
        create_table(session, "numbers", {"number": "BIGINT"}, rows, scratch_dir=tmp_path)
        assert session.execute("SELECT count(*), sum(number) FROM numbers").fetchone() == (
            count,
            sum(range(count)),
        )
