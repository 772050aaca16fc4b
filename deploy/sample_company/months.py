"""The months of the sample, told from its anchor: the last one that is over."""

from collections.abc import Collection, Iterator, Sequence
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
    restates the first. With a late line, the current one's bill charges for an hour of the anchor,
    and what the anchor costs includes it.
    """

    anchor: Month
    offset: int = 0
    is_restated: bool = False
    has_late_line: bool = False

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

    @property
    def with_late_line(self) -> "SampleMonth":
        return replace(self, has_late_line=True)

    def at(self, hour: int) -> datetime:
        return self.start + timedelta(hours=hour)

    def __str__(self) -> str:
        return f"{self.month}"


def months_of(anchor: Month) -> Iterator[SampleMonth]:
    """Oldest first."""
    return (SampleMonth(anchor=anchor, offset=offset) for offset in OFFSETS)


def delivered_months(anchor: Month, offsets: Collection[int] = OFFSETS) -> list[SampleMonth]:
    """What is delivered first of those months: the current one's bill has the late line."""
    months = (month for month in months_of(anchor) if month.offset in offsets)
    return [month if month.is_over else month.with_late_line for month in months]


def restated_anchor(delivered: Sequence[SampleMonth]) -> SampleMonth:
    """What is delivered last."""
    anchor = next(month for month in delivered if month.offset == 0).restated
    return anchor if all(month.is_over for month in delivered) else anchor.with_late_line
