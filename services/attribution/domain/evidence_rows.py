"""Evidence as a flat table: a row per part, from the bill lines to what was got of them."""

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from services.attribution.domain.evidence import (
    BillLines,
    Evidence,
    Explanation,
    Part,
    Share,
    bill_lines,
)
from services.attribution.domain.proof import bare_zero
from shared.csv_files import Cell
from shared.exact import exact_sum
from shared.money import from_quanta

HEADER = (
    *("charge_group", "method", "rule", "driver", "service", "account", "region"),
    *("charge_category", "day", "start", "place", "pods", "reason", "tag_key", "tag_value"),
    *("bill_lines", "bill_amount", "largest_lines", "weight", "total_weight", "share"),
    *("signals", "quantity", "amount", "currency"),
)


def rows(explanation: Explanation) -> Iterator[tuple[Cell, ...]]:
    """`share` is of the bill lines' amount, through all steps, in lowest terms."""
    for line in explanation.lines:
        for part in line.parts:
            yield line.charge_group, line.method, *_row(part), explanation.currency


def shares(evidence: Evidence) -> Iterator[Share]:
    """The steps from the amount back to the bill lines; the last one first."""
    while isinstance(evidence, Share):
        yield evidence
        evidence = evidence.of


def fraction(evidence: Evidence) -> Fraction:
    return Fraction(prod((share.fraction for share in shares(evidence)), start=Fraction(1)))


def lines_of(*evidence: Evidence) -> BillLines:
    """All bill lines behind it; those that stand behind several parts of it count once."""
    distinct = list(dict.fromkeys(lines for each in evidence for lines in bill_lines(each)))
    largest = sorted(
        (line for lines in distinct for line in lines.largest),
        key=lambda line: (-abs(line.quanta), line.source, line.line),
    )
    return BillLines(
        sum(lines.count for lines in distinct),
        sum(lines.quanta for lines in distinct),
        tuple(largest),
    )


def _row(part: Part) -> tuple[Cell, ...]:
    lines = lines_of(part.evidence)
    last = next(shares(part.evidence), None)
    signals = last.signals if last else ()
    quantity = bare_zero(exact_sum(rows.quantity for rows in signals))
    return (
        *(part.rule, part.driver, part.service, part.account, part.region, part.charge_category),
        *(str(part.day or ""), str(part.start or "")),
        *(part.place, part.pods, part.reason, part.tag_key, part.tag_value),
        *(lines.count, bare_zero(from_quanta(lines.quanta))),
        " ".join(f"{line.source}/{line.line}" for line in lines.largest),
        *((last.weight, sum(last.weights)) if last else (None, None)),
        fraction(part.evidence),
        *((sum(rows.count for rows in signals), quantity) if signals else (None, None)),
        bare_zero(from_quanta(part.quanta)),
    )
