"""Which months a later bill may still change, and what of it belongs to them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from shared.periods import Month

CHARGE_WITHIN_MONTHS: Final = 3
CREDIT_WITHIN_MONTHS: Final = 24
"""What is charged, and what is credited, so long after a month: later its cost changes nothing."""


@dataclass(frozen=True)
class MovedOut:
    """Lines of a run's bill that belong to the month `period`, of one source, in the lake.

    The amounts are texts, in the currency of the bill and exact.
    """

    period: str
    source: str
    uri: str
    content_hash: str
    line_count: int
    billed: str
    effective: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(**kept)


def months_within_reach(period: str, earlier: Iterable[str]) -> list[str]:
    """Of the earlier months those that the bill of `period` is not too late for, in order.

    Counted from month to month and not by a clock: the same bill moves the same lines whenever it
    is attributed.
    """
    longest = max(CHARGE_WITHIN_MONTHS, CREDIT_WITHIN_MONTHS)
    reach = _number(period) - longest
    return sorted(month for month in set(earlier) if reach <= _number(month) < _number(period))


def _number(period: str) -> int:
    month = Month.parse(period)
    return month.year * 12 + month.month


def changed_months(before: Iterable[MovedOut], after: Iterable[MovedOut]) -> set[str]:
    """Those that are given other lines than before, or none any more."""
    old, new = (
        {(one.period, one.source, one.content_hash) for one in each} for each in (before, after)
    )
    return {month for month, *_ in old ^ new}
