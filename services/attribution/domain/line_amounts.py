"""An amount brought back to its bill lines: each line's part of it, in whole quanta."""

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
            for bill_line, quanta in _by_line(part.evidence, part.quanta):
                amounts[bill_line.source, bill_line.line, *named] += quanta
    return dict(amounts)


def _by_line(evidence: Evidence, quanta: int) -> Iterator[tuple[Line, int]]:
    match evidence:
        case BillLines():
            parts = spread(quanta, [line.quanta for line in evidence.largest])
            yield from zip(evidence.largest, parts, strict=True)
        case Share():
            yield from _by_line(evidence.of, quanta)
        case Total():
            parts = spread(quanta, [recompute(part) for part in evidence.parts])
            for part, part_quanta in zip(evidence.parts, parts, strict=True):
                yield from _by_line(part, part_quanta)
        case _:
            assert_never(evidence)


def spread(quanta: int, amounts: Sequence[int]) -> list[int]:
    """In proportion to amounts of either sign, by largest remainder, ties to the earlier one.

    Of amounts that sum to zero there is no proportion: then each gets nothing, and so must be
    `quanta`. Raises ValueError where it is not.
    """
    whole = sum(amounts)
    if whole == 0:
        if quanta:
            raise ValueError(f"{quanta} quanta have no line to go to")
        return [0] * len(amounts)
    scale = quanta if whole > 0 else -quanta
    parts = [scale * amount // abs(whole) for amount in amounts]
    by_remainder = sorted(
        range(len(amounts)), key=lambda place: (-(scale * amounts[place] % abs(whole)), place)
    )
    for place in by_remainder[: quanta - sum(parts)]:
        parts[place] += 1
    return parts
