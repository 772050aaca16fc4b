"""What changed in a cost between two months: exact, by charge group, and since which day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

# A step is told where this many days stand on either side of it.
DAYS_MIN: Final = 3
_ZERO = Decimal(0)


@dataclass(frozen=True)
class GroupChange:
    """`by` of all groups of a thing sum to its own change, exactly."""

    group: str
    before: Decimal
    now: Decimal

    @property
    def by(self) -> Decimal:
        return self.now - self.before


def changes_of(now: Mapping[str, Decimal], before: Mapping[str, Decimal]) -> list[GroupChange]:
    """The largest first, whichever way it went; a group that is gone has become 0."""
    changed = [
        GroupChange(group, before.get(group, _ZERO), now.get(group, _ZERO))
        for group in now.keys() | before.keys()
    ]
    return sorted(changed, key=lambda change: (-abs(change.by), change.group))


def first_day_of(days: Sequence[Decimal], before_per_day: Decimal) -> int | None:
    """The day of the month, from 1, from which on it costs what it did not before.

    It splits the month where the two sides' means differ most (least squares), and is told only
    where the first side is like the month before, to half of the step, and where the step goes the
    way of the whole month. None where the cost was another from the first day on, or jumps about.
    """
    best, place = _ZERO, 0
    total, so_far = sum(days, _ZERO), _ZERO
    for at in range(1, len(days)):
        so_far += days[at - 1]
        step = (total - so_far) / (len(days) - at) - so_far / at
        gain = step * step * at * (len(days) - at)
        if gain > best:
            best, place = gain, at
    if min(place, len(days) - place) < DAYS_MIN:
        return None
    early = sum(days[:place], _ZERO) / place
    late = sum(days[place:], _ZERO) / (len(days) - place)
    step = late - early
    is_like_before = abs(early - before_per_day) * 2 <= abs(step)
    goes_the_months_way = (total / len(days) - before_per_day) * step > 0
    return place + 1 if is_like_before and goes_the_months_way else None


def days_with_cost(days: Sequence[str]) -> int:
    return sum(bool(amount.strip("-0.")) for amount in days)


def last_day_with_cost(daily: Mapping[str, Sequence[str]]) -> int:
    """The last day on which anything cost anything; 0 where no day is known."""
    spent = [
        at
        for days in daily.values()
        for at, amount in enumerate(days, start=1)
        if amount.strip("-0.")
    ]
    return max(spent, default=0)
