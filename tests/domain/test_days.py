from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.days import amounts_by_day, as_amounts, as_texts
from tests.bills import OCTOBER

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["Compute", "pool:nat"]),
        st.dates(date(2026, 9, 20), date(2026, 11, 10)),
        st.decimals(-1000, 1000, places=10),
    )
)


@given(rows=ROWS)
def test_no_day_is_lost_whatever_day_a_line_is_of(rows):
    found = amounts_by_day(OCTOBER, rows)
    assert {len(days) for days in found.values()} <= {31}
    assert sum(map(sum, found.values())) == sum(amount for _, _, amount in rows)


@given(rows=ROWS)
def test_days_come_back_from_their_texts_unchanged(rows):
    found = amounts_by_day(OCTOBER, rows)
    assert as_amounts(as_texts(found)) == found
