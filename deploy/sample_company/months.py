"""The months of the sample, told from its anchor: the last one that is over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from shared.periods import Month

OFFSETS: Final = (-2, -1, 0, 1)
PARTIAL_DAYS: Final = 20


@dataclass(frozen=True, kw_only=True)
class SampleMonth:
    """The anchor at offset 0, two months before it, and the current one: its first 20 days.

    AWS delivers the anchor by the hour and the others by the day. The anchor's second delivery
    restates the first.
    """

    anchor: Month
    offset: int = 0
    is_restated: bool = False

    @cached_property
    def month(self) -> Month:
        month = self.anchor
        for _ in range(-self.offset):
            month = month.previous
        return month.following if self.offset > 0 else month

    @cached_property
    def start(self) -> datetime:
        return self.month.start

    @property
    def end(self) -> datetime:
        """Where what has been billed so far ends."""
        return self.at(self.hours)

    @property
    def is_over(self) -> bool:
        return self.offset <= 0

    @property
    def days_of_month(self) -> int:
        return self.month.period.hours // 24

    @property
    def days(self) -> int:
        return self.days_of_month if self.is_over else PARTIAL_DAYS

    @property
    def hours(self) -> int:
        return self.days * 24

    @property
    def slot_hours(self) -> int:
        """How long the time of a line is, but for what is billed by the day or month everywhere."""
        return 1 if self.offset == 0 else 24

    @property
    def restated(self) -> "SampleMonth":
        return replace(self, is_restated=True)

    def at(self, hour: int) -> datetime:
        return self.start + timedelta(hours=hour)

    def __str__(self) -> str:
        return f"{self.month}"


def months_of(anchor: Month) -> Iterator[SampleMonth]:
    """Oldest first."""
    return (SampleMonth(anchor=anchor, offset=offset) for offset in OFFSETS)
