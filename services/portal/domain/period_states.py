"""What stage a period is in, and how fresh its bill is."""

from datetime import datetime, timedelta
from typing import Final, Literal

from shared.periods import Month
from shared.vocabulary.period_states import PeriodState

FreshnessState = Literal["fresh", "stale", "unknown"]
# AWS refreshes an export at least once a day; a day and a half means that one was missed.
LATE_AFTER: Final = timedelta(hours=36)


def period_state(
    month: Month, *, is_closed: bool, now: datetime, is_restated: bool = False
) -> PeriodState:
    """Closed by a person; `reopened` where a bill has restated it since, though it stays closed.

    Else settling once the month is over, for AWS restates it for weeks.
    """
    if is_closed:
        return PeriodState.REOPENED if is_restated else PeriodState.CLOSED
    return PeriodState.SETTLING if now >= month.end else PeriodState.OPEN


def freshness_state(
    delivered_at: datetime | None, *, is_closed: bool, now: datetime
) -> FreshnessState:
    """A closed period waits for no bill, so that its bill is never late."""
    if delivered_at is None:
        return "unknown"
    return "fresh" if is_closed or now - delivered_at <= LATE_AFTER else "stale"
