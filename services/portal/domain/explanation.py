"""An explanation as attribution gives it, in the words and the order of a page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from services.portal.domain.figures import ratio
from services.portal.domain.labels import METHODS
from shared.faults import Fault
from shared.money import Money
from shared.vocabulary.names import charge_group_label

PARTS_MAX: Final = 12
_LINES_MAX: Final = 3
_SMALL: Final = 20
"""Fractions of up to so many are written as such."""
_REASONS: Final = {
    "no-label": "no {key} says whose it is",
    "unknown-value": "“{value}”, as {key} says, is no known tenant",
    "unknown-node": "the workloads don't know the node of cluster {value}",
    "no-consumer": "no driver of {key} had a consumer in that time",
    "unmetered": "used by no active tenant, by the signals of {key}",
}
Found = Mapping[str, Any]


@dataclass(frozen=True)
class PartRow:
    """`shares` are the steps from `cost` to `amount`; `lines` name the largest as file:row."""

    when: datetime | date | None
    what: str
    cost: Money
    shares: tuple[str, ...]
    amount: Money
    lines: tuple[str, ...]
    line_count: int


@dataclass(frozen=True)
class Use:
    """What the signals say of the tenant itself, by one meter."""

    quantity: Decimal
    unit: str
    meter: str
    signal_count: int


@dataclass(frozen=True)
class Ground:
    """All parts that came by one rule and driver."""

    rule: str
    driver: str
    reason: str
    amount: Money
    cost: Money
    ratio: Decimal | None
    line_count: int
    uses: tuple[Use, ...]
    parts: tuple[PartRow, ...]
    part_count: int

    @property
    def is_share(self) -> bool:
        return any(part.shares for part in self.parts)


@dataclass(frozen=True)
class Why:
    label: str
    method: str
    amount: Money
    grounds: tuple[Ground, ...]


@dataclass(frozen=True)
class Explained:
    """`whys` are one per statement line, the largest first."""

    amount: Money
    cost_measure: str
    run_id: str
    ruleset: str
    whys: list[Why]


class UnableToUnderstand(Fault):
    """The answer has another form."""


def explained(answer: Found) -> Explained:
    """What the page shows. Raises UnableToUnderstand."""
    try:
        return Explained(
            amount=Money(Decimal(answer["amount"]), answer["currency"]),
            cost_measure=answer["cost_measure"],
            run_id=answer["run"]["run_id"],
            ruleset=answer["run"]["ruleset"],
            whys=_whys(answer),
        )
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise UnableToUnderstand("Attribution explains in another form than is known.") from error


def _whys(answer: Found) -> list[Why]:
    """Per statement line, the largest first."""
    currency = answer["currency"]
    whys = [
        Why(
            label=charge_group_label(line["charge_group"]),
            method=METHODS.get(line["method"], line["method"]),
            amount=Money(Decimal(line["amount"]), currency),
            grounds=tuple(_grounds(line["parts"], currency)),
        )
        for line in answer["lines"]
    ]
    return sorted(whys, key=lambda why: -abs(why.amount.amount))


def _grounds(parts: Sequence[Found], currency: str) -> Iterator[Ground]:
    groups: defaultdict[tuple[str, ...], list[Found]] = defaultdict(list)
    for part in parts:
        names = ("rule", "driver", "reason", "tag_key", "tag_value")
        groups[tuple(part.get(name, "") for name in names)].append(part)
    grounds = [_ground(key, group, currency) for key, group in groups.items()]
    yield from sorted(grounds, key=lambda ground: -abs(ground.amount.amount))


def _ground(key: tuple[str, ...], parts: Sequence[Found], currency: str) -> Ground:
    rule, driver, reason, tag_key, tag_value = key
    rows = sorted((_row(part, currency) for part in parts), key=lambda row: -abs(row.amount.amount))
    amount = sum((row.amount.amount for row in rows), Decimal(0))
    lines = _distinct_lines(part["evidence"] for part in parts)
    cost = _cost_of(lines)
    sentence = _REASONS.get(reason, reason)
    return Ground(
        rule=rule,
        driver=driver,
        reason=sentence.format(key=tag_key, value=tag_value),
        amount=Money(amount, currency),
        cost=Money(cost, currency),
        ratio=ratio(amount, cost),
        line_count=sum(each["count"] for each in lines),
        uses=tuple(_uses(parts)),
        parts=tuple(rows[:PARTS_MAX]),
        part_count=len(rows),
    )


def _row(part: Found, currency: str) -> PartRow:
    evidence = part["evidence"]
    lines = _distinct_lines([evidence])
    largest = sorted(
        (line for each in lines for line in each["largest"]),
        key=lambda line: -abs(Decimal(line["amount"])),
    )
    names = ("service", "region", "place", "pods", "charge_category")
    return PartRow(
        when=_when(part),
        what=" ".join(part[name] for name in names if part.get(name)),
        cost=Money(_cost_of(lines), currency),
        shares=tuple(_written(Fraction(share["fraction"])) for share in _shares(evidence)),
        amount=Money(Decimal(part["amount"]), currency),
        lines=tuple(line["line"] for line in largest[:_LINES_MAX]),
        line_count=sum(each["count"] for each in lines),
    )


def _when(part: Found) -> datetime | date | None:
    """The hour where it is one, else the day."""
    day = date.fromisoformat(part["day"]) if part.get("day") else None
    start = datetime.fromisoformat(part["start"]) if part.get("start") else None
    return start if start is not None and start.date() == day else day


def _distinct_lines(evidence: Iterable[Found]) -> list[Found]:
    """Bill lines that stand behind several parts, as a node's behind CPU and memory, count once."""
    all_lines = (lines for each in evidence for lines in _bill_lines(each))
    return list({repr(sorted(lines.items())): lines for lines in all_lines}.values())


def _cost_of(lines: Sequence[Found]) -> Decimal:
    return sum((Decimal(each["amount"]) for each in lines), Decimal(0))


def _bill_lines(evidence: Found) -> Iterator[Found]:
    if "bill_lines" in evidence:
        yield evidence["bill_lines"]
    elif "share" in evidence:
        yield from _bill_lines(evidence["share"]["of"])
    else:
        for each in evidence["total_of"]:
            yield from _bill_lines(each)


def _shares(evidence: Found) -> Iterator[Found]:
    """The steps of the money, from the bill on; of a total those of its first part."""
    if "share" in evidence:
        yield from _shares(evidence["share"]["of"])
        yield evidence["share"]
    elif "total_of" in evidence:
        yield from _shares(evidence["total_of"][0])


def _written(share: Fraction) -> str:
    if share.denominator <= _SMALL:
        return str(share)
    return f"{float(share):.1%}"


def _uses(parts: Sequence[Found]) -> Iterator[Use]:
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for part in parts:
        for share in list(_shares(part["evidence"]))[-1:]:
            for signals in share["signals"]:
                named = signals["unit"], signals["meter"]
                sums[named] += Decimal(signals["quantity"])
                counts[named] += signals["count"]
    for (unit, meter), quantity in sums.items():
        yield Use(quantity, unit, meter, counts[unit, meter])
