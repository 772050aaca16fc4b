"""A demo or a test stands on a date of its own; a live stack on the real one."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from shared.runtime.environment import ServiceEnvironment
from shared.vocabulary.modes import Mode

TODAY = date(2026, 11, 23)


def shift(**given):
    fields = {"today": None, "today_since": None, **given}
    return ServiceEnvironment.model_construct(**fields).business_shift


def test_is_the_real_one_unless_another_is_given():
    assert shift() == timedelta(0)


def test_goes_on_from_the_day_it_was_given_on():
    assert shift(today=TODAY, today_since=date(2026, 12, 1)) == timedelta(days=-8)
    assert shift(today=TODAY) == TODAY - datetime.now(UTC).date()


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.TEST])
def test_may_be_another_in_a_demo_or_a_test_alone(mode):
    judge = ServiceEnvironment._is_of_no_live_stack
    assert judge(TODAY, SimpleNamespace(data={"environment": mode})) == TODAY
    with pytest.raises(ValueError, match="a live stack stands on the real date"):
        judge(TODAY, SimpleNamespace(data={"environment": Mode.LIVE}))
