"""Half-open UTC periods: the start belongs to a period, the end does not."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from shared.faults import Fault

# A calendar ends somewhere: of years 0 and 9999 not every month has a start, or an end.
_MONTH = re.compile(r"(?!0000|9999)([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, order=True)
class Period:
    """`start <= t < end`, both aware and in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("a period's bounds are in UTC")
        if self.start >= self.end:
            raise ValueError("a period ends after it starts")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def hours(self) -> int:
        return int((self.end - self.start).total_seconds()) // 3600


@dataclass(frozen=True, order=True)
class Month:
    """A calendar month in UTC, written `2026-10`: the billing period of everything here."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Self:
        match = _MONTH.fullmatch(text)
        if match is None:
            raise Fault(f"{text!r} is not a month.", remedy="Write it as YYYY-MM, such as 2026-10.")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, moment: datetime) -> Self:
        utc = moment.astimezone(UTC)
        return cls(utc.year, utc.month)

    @property
    def start(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.following.start

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def following(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def previous(self) -> "Month":
        return Month(self.year - (self.month == 1), 12 if self.month == 1 else self.month - 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"
