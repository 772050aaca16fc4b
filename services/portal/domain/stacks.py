"""Amounts over time as a few series: a chart of more than eight says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

SERIES_MAX: Final = 8
_ZERO = Decimal(0)


@dataclass(frozen=True)
class Series:
    """`others` are the names that stand together where there are too many; else empty."""

    name: str
    amounts: Sequence[Decimal]
    others: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, _ZERO)


def stacked(amounts: Mapping[str, Sequence[Decimal]], *, order: Sequence[str] = ()) -> list[Series]:
    """Largest first; what is beyond the eighth is one series, and nothing is lost.

    Those in `order` come before, so that two charts of one thing have the same colours.
    """
    places = {name: place for place, name in enumerate(order)}
    named = [Series(name, values) for name, values in amounts.items() if any(values)]
    named.sort(
        key=lambda series: (
            places.get(series.name, len(places)),
            -abs(series.total),
            series.name,
        )
    )
    if len(named) <= SERIES_MAX:
        return named
    kept, rest = named[: SERIES_MAX - 1], named[SERIES_MAX - 1 :]
    columns = zip(*(series.amounts for series in rest), strict=True)
    together = [sum(column, _ZERO) for column in columns]
    return [*kept, Series("", together, tuple(series.name for series in rest))]
