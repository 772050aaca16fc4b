"""What a month may draw of grants."""

from datetime import date
from decimal import Decimal

import pytest

from services.invoicing.domain.grants import (
    Balance,
    Reach,
    available,
    expiry_of,
    extended_to,
    is_valid,
    reach_of,
)
from services.invoicing.domain.price_steps import Grant
from services.invoicing.domain.settlement import Policy
from shared.vocabulary.account_states import AccountState

UNTIL, LAST = date(2027, 1, 31), date(2028, 10, 31)


def policy(**more):
    return Policy(step_minor=1, threshold_minor=100, charge_until=UNTIL, credit_until=LAST, **more)


class TestWhatIsAvailable:
    def test_is_its_own_present_draw_and_what_is_left(self):
        first = Balance("first", 50_000, own_minor=20_000, others_minor=10_000)
        second = Balance("second", 30_000, own_minor=0, others_minor=30_000)
        assert available([first, second]) == [Grant("first", 40_000), Grant("second", 0)]

    @pytest.mark.parametrize("reach", [Reach.NO_RISE, Reach.FIXED])
    def test_is_its_own_draw_where_it_does_not_rise(self, reach):
        balance = Balance("first", 50_000, own_minor=20_000, others_minor=10_000)
        assert available([balance], reach) == [Grant("first", 20_000)]


class TestADraw:
    @pytest.mark.parametrize(
        ("state", "more", "day", "reach"),
        [
            (AccountState.OPEN, {}, UNTIL, Reach.FREE),
            (AccountState.STOPPED, {}, UNTIL, Reach.FREE),
            (AccountState.OPEN, {"charge_max_percent": Decimal(0)}, UNTIL, Reach.FREE),
            (AccountState.OPEN, {}, date(2027, 2, 1), Reach.NO_RISE),
            (AccountState.OPEN, {"may_charge": False}, UNTIL, Reach.NO_RISE),
            (AccountState.FINAL, {}, UNTIL, Reach.NO_RISE),
            (AccountState.LET_GO, {}, UNTIL, Reach.NO_RISE),
            (AccountState.OPEN, {}, LAST, Reach.NO_RISE),
            (AccountState.OPEN, {}, date(2028, 11, 1), Reach.FIXED),
            (AccountState.FINAL, {}, date(2028, 11, 1), Reach.FIXED),
        ],
    )
    def test_does_not_rise_where_nothing_more_is_charged(self, state, more, day, reach):
        assert reach_of(state, policy(**more), day) == reach


class TestAGrant:
    def test_is_of_months_that_begin_until_it_expires(self):
        assert is_valid(None, date(2090, 1, 1))
        assert is_valid(date(2026, 10, 1), date(2026, 10, 1))
        assert not is_valid(date(2026, 9, 30), date(2026, 10, 1))

    def test_expires_later_where_something_came_back(self):
        assert expiry_of(None, [date(2027, 1, 31)]) is None
        assert expiry_of(date(2026, 12, 31), []) == date(2026, 12, 31)
        assert expiry_of(date(2026, 12, 31), [date(2027, 2, 28)]) == date(2027, 2, 28)
        assert expiry_of(date(2026, 12, 31), [date(2026, 11, 30)]) == date(2026, 12, 31)

    @pytest.mark.parametrize(
        ("expiry", "day", "until"),
        [
            (None, date(2026, 11, 20), None),
            (date(2026, 11, 20), date(2026, 11, 20), None),
            (date(2026, 11, 19), date(2026, 11, 20), date(2026, 12, 31)),
            (date(2026, 11, 19), date(2027, 1, 31), date(2027, 2, 28)),
        ],
    )
    def test_that_has_expired_lasts_to_the_end_of_the_next_month(self, expiry, day, until):
        assert extended_to(expiry, day) == until
