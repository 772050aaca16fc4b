"""A month's amounts day by day, in a form short enough for a message."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

from services.attribution.domain.proof import plain
from shared.exact import EXACT
from shared.periods import Month


def amounts_by_day(
    month: Month, amounts: Iterable[tuple[str, dt.date, Decimal]]
) -> dict[str, list[Decimal]]:
    """Per name one amount for each day; a day outside the month counts on the nearest inside.

    So that the days always sum to the whole: a bill has lines for other days than its own, too.
    """
    first = month.start.date()
    last = (month.end - dt.timedelta(days=1)).day
    by_group: dict[str, list[Decimal]] = {}
    for name, day, amount in amounts:
        days = by_group.setdefault(name, [Decimal(0)] * last)
        place = min(max((day - first).days, 0), last - 1)
        days[place] = EXACT.add(days[place], amount)
    return by_group


def as_texts(daily: Mapping[str, list[Decimal]]) -> dict[str, list[str]]:
    return {name: [plain(amount) for amount in days] for name, days in daily.items()}


def as_amounts(daily: Mapping[str, list[str]]) -> dict[str, list[Decimal]]:
    return {name: [Decimal(text) for text in days] for name, days in daily.items()}
