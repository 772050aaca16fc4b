"""An amount brought back to its bill lines: each line's part of it, in whole units."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import assert_never

from services.attribution.domain.evidence import (
    BillLines,
    Evidence,
    Explanation,
    Line,
    Share,
    Total,
    recompute,
)

LineKey = tuple[str, str, str, str, str, str]
"""Source, line, charge group, method, rule, driver."""


def amounts_by_line(explanation: Explanation) -> dict[LineKey, int]:
    """They sum to the explained amount; every bill line must be named in the evidence."""
    amounts: defaultdict[LineKey, int] = defaultdict(int)
    for line in explanation.lines:
        for part in line.parts:
            named = (line.charge_group, line.method, part.rule, part.driver)
            for bill_line, units in _by_line(part.evidence, part.units):
                amounts[bill_line.source, bill_line.line, *named] += units
    return dict(amounts)


def _by_line(evidence: Evidence, units: int) -> Iterator[tuple[Line, int]]:
    match evidence:
        case BillLines():
            parts = spread(units, [line.units for line in evidence.largest])
            yield from zip(evidence.largest, parts, strict=True)
        case Share():
            yield from _by_line(evidence.of, units)
        case Total():
            parts = spread(units, [recompute(part) for part in evidence.parts])
            for part, part_units in zip(evidence.parts, parts, strict=True):
                yield from _by_line(part, part_units)
        case _:
            assert_never(evidence)


def spread(units: int, amounts: Sequence[int]) -> list[int]:
    """In proportion to amounts of either sign, by largest remainder, ties to the earlier one.

    Of amounts that sum to zero there is no proportion: then each gets nothing, and so must be
    `units`. Raises ValueError where it is not.
    """
    whole = sum(amounts)
    if whole == 0:
        if units:
            raise ValueError(f"{units} units have no line to go to")
        return [0] * len(amounts)
    scale = units if whole > 0 else -units
    parts = [scale * amount // abs(whole) for amount in amounts]
    by_remainder = sorted(
        range(len(amounts)), key=lambda place: (-(scale * amounts[place] % abs(whole)), place)
    )
    for place in by_remainder[: units - sum(parts)]:
        parts[place] += 1
    return parts
