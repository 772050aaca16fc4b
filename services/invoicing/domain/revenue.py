"""Revenue belongs to the days of service, whenever it is billed."""

from datetime import UTC, date, datetime, time

from shared.money import split_by_largest_remainder
from shared.periods import Month


def by_month(minor: int, start: date, end: date) -> dict[str, int]:
    """Minor units per month of `start <= day < end`, by days; they sum to the whole exactly.

    The minor units left go to the largest remainders, ties to the earlier month.
    """
    days: dict[str, int] = {}
    month = Month.of(datetime.combine(start, time(), tzinfo=UTC))
    while month.start.date() < end:
        first, last = max(start, month.start.date()), min(end, month.end.date())
        days[str(month)] = (last - first).days
        month = month.following
    return split_by_largest_remainder(minor, days)
