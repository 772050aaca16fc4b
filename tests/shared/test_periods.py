from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.faults import Fault
from shared.periods import Month, Period

months = st.builds(Month, st.integers(2000, 2100), st.integers(1, 12))


class TestMonth:
    @given(month=months)
    def test_ends_where_the_next_one_starts(self, month):
        assert month.end == month.following.start
        assert month.following.previous == month
        assert Month.parse(str(month)) == month

    @given(month=months)
    def test_holds_its_start_and_not_its_end(self, month):
        assert month.start in month.period
        assert month.end not in month.period

    def test_has_the_hours_of_its_days(self):
        assert Month(2026, 10).period.hours == 744
        assert Month(2024, 2).period.hours == 696

    def test_of_a_moment_is_that_in_utc(self):
        late = datetime(2026, 10, 31, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
        assert Month.of(late) == Month(2026, 11)

    @pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "10-2026", "2026-10-01"])
    def test_written_otherwise_is_refused(self, text):
        with pytest.raises(Fault, match="YYYY-MM"):
            Month.parse(text)

    @pytest.mark.parametrize("text", ["0000-01", "9999-12"])
    def test_that_no_calendar_has_whole_is_refused(self, text):
        with pytest.raises(Fault, match="YYYY-MM"):
            Month.parse(text)


class TestPeriod:
    def test_is_in_utc(self):
        naive = datetime(2026, 10, 1)  # noqa: DTZ001
        with pytest.raises(ValueError, match="UTC"):
            Period(naive, naive)

    def test_ends_after_it_starts(self):
        moment = datetime(2026, 10, 1, tzinfo=UTC)
        with pytest.raises(ValueError, match="after"):
            Period(moment, moment)
