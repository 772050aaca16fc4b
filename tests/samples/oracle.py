"""What a bill costs in all and by owner, by the csv module and Decimal: no code of the product.

A FOCUS bill's total is the sum of its column. A CUR's BilledCost is the sum of `UnblendedCost`; its
EffectiveCost is AWS's amortised cost: a covered line has what its Savings Plan says, and a negation
or an upfront fee nothing.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

NOBODY: Final = ""
_CONTEXT: Final = Context(prec=100, rounding=ROUND_HALF_UP)
_QUANTUM: Final = Decimal("1E-10")
_NOTHING: Final = Decimal(0)
_SAVINGS_PLAN: Final = "savingsPlan/SavingsPlanEffectiveCost"
_FREE: Final = ("SavingsPlanNegation", "SavingsPlanUpfrontFee")
Row = Mapping[str, str]


@dataclass
class Answer:
    """`total` is exact; `owners` are of lines rounded to 1e-10, as they are kept."""

    lines: int = 0
    total: Decimal = _NOTHING
    owners: dict[str, Decimal] = field(default_factory=dict)

    def add(self, owner: str, cost: Decimal) -> None:
        self.lines += 1
        self.total = _CONTEXT.add(self.total, cost)
        kept = cost.quantize(_QUANTUM, context=_CONTEXT)
        self.owners[owner] = _CONTEXT.add(self.owners.get(owner, _NOTHING), kept)


def read(bill: Path, *, period: str, cost: str, label: str = "") -> Answer:
    """Of the lines of the month; `label` is the tag that names a line's owner."""
    answer = Answer()
    for row in (row for path in _files_of(bill, period) for row in _rows_of(path)):
        if (row.get("BillingPeriodStart") or row.get("bill/BillingPeriodStartDate") or "")[:7] == (
            period
        ):
            answer.add(_owner(row, label), _cost(row, cost))
    return answer


def shared_by(answer: Answer, shares: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The owners where each has a part of all, and nobody the rest."""
    parts = {name: _CONTEXT.multiply(answer.total, share) for name, share in shares.items()}
    rest = _CONTEXT.subtract(answer.total, sum(parts.values(), _NOTHING))
    return {**parts, NOBODY: rest}


def _files_of(bill: Path, period: str) -> Sequence[Path]:
    """One file, or all that the month's folder in a bucket holds."""
    if bill.is_file():
        return [bill]
    return sorted(bill.glob(f"**/{period.replace('-', '')}01-*/*/*.csv.gz"))


def _rows_of(path: Path) -> Iterator[Row]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)  # noqa: TID251 - others' file


def _cost(row: Row, cost: str) -> Decimal:
    if "lineItem/UnblendedCost" not in row:
        return _number(row[cost])
    if cost == "EffectiveCost":
        line_type = row["lineItem/LineItemType"]
        if line_type == "SavingsPlanCoveredUsage":
            return _number(row[_SAVINGS_PLAN])
        if line_type in _FREE:
            return _NOTHING
    return _number(row["lineItem/UnblendedCost"])


def _number(text: str) -> Decimal:
    """What is no number makes the total none: whoever takes such a bill has another one."""
    try:
        return _CONTEXT.create_decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _owner(row: Row, label: str) -> str:
    """By FOCUS what a row was allocated by counts before the tags of what it was allocated from."""
    if f"resourceTags/user:{label}" in row:
        return row[f"resourceTags/user:{label}"]
    value: Any = None
    for column in ("Tags", "AllocatedTags"):
        value = json.loads(row.get(column) or "{}").get(label, value)
    return NOBODY if value is None else str(value)
