"""What changed, since when, and the series of a chart: nothing is lost on the way."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.domain.cost_changes import (
    DAYS_MIN,
    changes_of,
    first_day_of,
    last_day_with_cost,
)
from services.portal.domain.stacks import SERIES_MAX, stacked

AMOUNTS = st.decimals(-10_000, 10_000, places=10)
COSTS = st.dictionaries(st.sampled_from("abcdefghijkl"), AMOUNTS)
MONTHS = st.dictionaries(st.sampled_from("abcdefghijkl"), st.lists(AMOUNTS, min_size=4, max_size=4))


def days(*runs):
    return [Decimal(amount) for amount, count in runs for _ in range(count)]


class TestChanges:
    @given(now=COSTS, before=COSTS)
    def test_of_the_groups_sum_to_the_change_of_the_whole(self, now, before):
        found = changes_of(now, before)
        assert sum(change.by for change in found) == sum(now.values()) - sum(before.values())
        sizes = [abs(change.by) for change in found]
        assert sizes == sorted(sizes, reverse=True)

    def test_tell_of_a_group_that_is_gone(self):
        [change] = changes_of({}, {"nat": Decimal(3)})
        assert (change.before, change.now, change.by) == (3, 0, -3)


class TestTheFirstDay:
    @pytest.mark.parametrize(
        ("course", "before", "first"),
        [
            (days((1, 8), (4, 23)), 1, 9),
            (days((4, 8), (1, 23)), 4, 9),
            (days((0, 14), (7, 17)), 0, 15),
            (days((4, 31)), 1, None),
            (days((1, 31)), 1, None),
            (days((4, 8), (5, 23)), 1, None),
            (days((1, 8), (4, 23)), 9, None),
            (days((170, 1), (0, 30)), 3, None),
            (days((0, 14), (100, 1), (0, 16)), 0, None),
            ([], 1, None),
            (days((5, 1)), 1, None),
            (days((1, 2), (4, 29)), 1, None),
        ],
        ids=["up", "down", "new", "from-the-first", "none", "mostly-before", "other-way",
             "all-on-the-first", "all-on-one-day", "no-days", "one-day", "too-early"],
    )  # fmt: skip
    def test_is_told_where_the_change_came_with_it(self, course, before, first):
        assert first_day_of(course, Decimal(before)) == first

    @given(
        first=st.integers(1 + DAYS_MIN, 32 - DAYS_MIN),
        low=st.integers(0, 50),
        step=st.integers(1, 50),
        up=st.booleans(),
    )
    def test_is_found_for_any_step(self, first, low, step, up):
        sides = (low, low + step) if up else (low + step, low)
        course = days((sides[0], first - 1), (sides[1], 32 - first))
        assert first_day_of(course, Decimal(sides[0])) == first


class TestAMonthThatStillRuns:
    def test_is_told_to_the_last_day_that_cost_anything(self):
        assert last_day_with_cost({"a": ["1", "0.5", "-0.10", "0", "0.00"], "b": ["0"] * 5}) == 3
        assert last_day_with_cost({}) == 0


class TestSeries:
    @given(amounts=MONTHS)
    def test_are_eight_at_most_and_lose_nothing(self, amounts):
        found = stacked(amounts)
        assert len(found) <= SERIES_MAX
        for turn in range(4):
            whole = sum(values[turn] for values in amounts.values())
            assert sum(series.amounts[turn] for series in found) == whole

    def test_name_those_that_stand_together(self):
        amounts = {name: [Decimal(10 - place)] for place, name in enumerate("abcdefghi")}
        [*kept, rest] = stacked(amounts)
        assert [series.name for series in kept] == list("abcdefg")
        assert rest.others == ("h", "i")

    def test_stand_in_the_order_asked_for(self):
        amounts = {"a": [Decimal(1)], "b": [Decimal(2)], "c": [Decimal(3)]}
        assert [series.name for series in stacked(amounts, order=["b"])] == ["b", "c", "a"]
