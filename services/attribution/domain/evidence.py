"""Why an amount is what it is: bill lines, and the shares that were taken of them.

An amount is the sum of bill lines, or a tenant's part of such a sum by weights, or of a part of
it. Whoever has the evidence can do the same arithmetic again, in whole quanta, without the bill,
the ruleset or this engine's SQL.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import assert_never

from shared.money import split_by_largest_remainder


@dataclass(frozen=True)
class Line:
    """A bill line; `line` is its place in the delivery, `file:row`, in the order of its files."""

    source: str
    line: str
    quanta: int


@dataclass(frozen=True)
class BillLines:
    """Lines of the snapshot and their sum in quanta; `largest` are few of them, by amount."""

    count: int
    quanta: int
    largest: tuple[Line, ...] = ()


@dataclass(frozen=True)
class SignalRow:
    file: int
    """Which of the signals' files, from 0."""
    row: int
    start: dt.datetime
    quantity: Decimal


@dataclass(frozen=True)
class SignalRows:
    """What was measured for the one that is explained; `largest` are few of the rows."""

    meter: str
    count: int
    quantity: Decimal
    unit: str
    largest: tuple[SignalRow, ...] = ()


@dataclass(frozen=True)
class Share:
    """One's part of `of`: by largest remainder, among all weights in the order of their names.

    Names of others are not kept: what they are called decides nothing but that order.
    """

    of: "Evidence"
    by: str
    """What it was split by, such as `signal:nat_bytes` or `cpu of i-0aa`."""
    weights: tuple[int, ...]
    own: int
    """The place of one's own weight among them."""
    signals: tuple[SignalRows, ...] = ()

    @property
    def weight(self) -> int:
        return self.weights[self.own]

    @cached_property
    def fraction(self) -> Fraction:
        return Fraction(self.weight, sum(self.weights))


@dataclass(frozen=True)
class Total:
    parts: tuple["Evidence", ...]


Evidence = BillLines | Share | Total


def total_of(parts: Sequence[Evidence]) -> Evidence:
    return parts[0] if len(parts) == 1 else Total(tuple(parts))


def recompute(evidence: Evidence) -> int:
    """The amount in quanta, from the evidence alone."""
    match evidence:
        case BillLines():
            return evidence.quanta
        case Total():
            return sum(map(recompute, evidence.parts))
        case Share():
            width = len(str(len(evidence.weights)))
            names = [f"{place:0{width}d}" for place in range(len(evidence.weights))]
            weights = dict(zip(names, evidence.weights, strict=True))
            parts = split_by_largest_remainder(recompute(evidence.of), weights)
            return parts[names[evidence.own]]
        case _:
            assert_never(evidence)


def bill_lines(evidence: Evidence) -> Iterator[BillLines]:
    match evidence:
        case BillLines():
            yield evidence
        case Total():
            for part in evidence.parts:
                yield from bill_lines(part)
        case Share():
            yield from bill_lines(evidence.of)
        case _:
            assert_never(evidence)


@dataclass(frozen=True)
class Part:
    """What one group of bill lines, or one cell of a pool, gave to an amount."""

    service: str
    account: str
    region: str
    charge_category: str
    rule: str
    driver: str
    day: dt.date | None
    """Of the cost. None where lines of several days are taken whole."""
    start: dt.datetime | None
    """Of the time whose cost was split at once: the day's, or a longer one."""
    place: str
    """The node or volume that was split."""
    pods: str
    """Whose part of it, as `cluster/namespace`; of tasks the cluster alone."""
    reason: str
    tag_key: str
    tag_value: str
    evidence: Evidence

    @cached_property
    def quanta(self) -> int:
        return recompute(self.evidence)


@dataclass(frozen=True)
class LineEvidence:
    """A statement line with all that gave to it; its parts sum to it."""

    charge_group: str
    method: str
    quanta: int
    """As the run has it."""
    parts: tuple[Part, ...]

    @property
    def holds(self) -> bool:
        return sum(part.quanta for part in self.parts) == self.quanta


@dataclass(frozen=True)
class Selection:
    """Which amounts of a run are asked about; what is empty is not asked for."""

    tenant: str
    charge_group: str = ""
    method: str = ""
    service: str = ""
    account: str = ""
    day: dt.date | None = None
    rule: str = ""


@dataclass(frozen=True)
class Provenance:
    """What the run was made of, by name: enough to make it again."""

    run_id: str
    ruleset: str
    snapshots: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()


@dataclass(frozen=True)
class Explanation:
    selection: Selection
    period: str
    currency: str
    cost_measure: str
    provenance: Provenance
    lines: tuple[LineEvidence, ...]

    @property
    def quanta(self) -> int:
        return sum(line.quanta for line in self.lines)

    @property
    def parts(self) -> Iterator[Part]:
        for line in self.lines:
            yield from line.parts
