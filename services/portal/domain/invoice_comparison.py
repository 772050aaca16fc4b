"""An invoice against the months before: by how much, and why as far as its lines tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from statistics import median
from typing import Any, Final

from services.portal.domain.figures import change
from services.portal.domain.invoice_words import basis_words
from shared.money import Money
from shared.vocabulary.names import as_heading

Document = Mapping[str, Any]
Key = tuple[str, str, str, str]
MONTHS_MAX: Final = 6
# One month before is last month; a median of fewer than three says nothing more.
_MEDIAN_OF_AT_LEAST: Final = 3
# A line is worth a look that moved by so much, and is so much of the total.
_LARGE_CHANGE: Final = Decimal("0.3")
_SMALLEST_PART: Final = Decimal("0.01")


@dataclass(frozen=True)
class Against:
    """What the total was, by how much it differs from that now; over `months` months."""

    total: Money
    by: Money
    change: Decimal | None
    months: int


@dataclass(frozen=True)
class LineDifference:
    """`by` is None for a line that last month did not have; `usual` is the line's own median.

    `flag` is why it is worth a look, or empty.
    """

    by: Money | None
    change: Decimal | None
    why: str
    before: Money | None
    usual: Money | None
    flag: str = ""


@dataclass(frozen=True)
class Ended:
    """A line of last month that this month has not."""

    description: str
    amount: Money


@dataclass(frozen=True)
class Comparison:
    """`lines` in the order of the invoice; `previous` is None where there was no month before."""

    previous: Against | None
    usual: Against | None
    lines: Sequence[LineDifference]
    ended: Sequence[Ended]


def compare(
    document: Document, previous: Document | None, earlier: Sequence[Document]
) -> Comparison:
    """`previous` is of the month before, `earlier` of the months before, it included."""
    currency = document["currency"]
    before = _by_key(previous)
    history = [_by_key(one) for one in earlier[:MONTHS_MAX]]
    now = _by_key(document)
    totals = [Decimal(one["total"]) for one in earlier[:MONTHS_MAX]]
    total = Decimal(document["total"])
    return Comparison(
        previous=_against(total, Decimal(previous["total"]), currency, 1) if previous else None,
        usual=_against(total, _median(totals), currency, len(totals)),
        lines=[
            _flagged(
                _difference(
                    line, before.get(key_of(line)), _usual(line, history), currency, previous
                ),
                Decimal(line["amount"]),
                total if previous else None,
            )
            for line in document["lines"]
        ],
        ended=[
            Ended(line["description"], Money(Decimal(line["amount"]), currency))
            for key, line in before.items()
            if key not in now
        ],
    )


def key_of(line: Mapping[str, Any]) -> Key:
    """What makes a line the same one in another month: its component of the plan, and of what."""
    return line["kind"], line["tenant"], line["component"], line.get("charge_group") or ""


def likest(document: Document, candidates: Sequence[Document]) -> Document | None:
    """Of a customer's several invoices of a month, the one with the most of the same lines."""
    keys = {key_of(line) for line in document["lines"]}
    shared = [
        (len(keys & {key_of(line) for line in candidate["lines"]}), candidate)
        for candidate in candidates
    ]
    best = max(shared, key=lambda item: item[0], default=None)
    return best[1] if best else None


def _against(total: Decimal, base: Decimal | None, currency: str, months: int) -> Against | None:
    if base is None:
        return None
    by = Money(total - base, currency)
    return Against(Money(base, currency), by, change(total, base), months)


def _median(amounts: Sequence[Decimal]) -> Decimal | None:
    return Decimal(median(amounts)) if len(amounts) >= _MEDIAN_OF_AT_LEAST else None


def _by_key(document: Document | None) -> dict[Key, Mapping[str, Any]]:
    return {key_of(line): line for line in document["lines"]} if document else {}


def _usual(
    line: Mapping[str, Any], history: Sequence[Mapping[Key, Mapping[str, Any]]]
) -> Decimal | None:
    key = key_of(line)
    return _median([Decimal(month[key]["amount"]) for month in history if key in month])


def _difference(
    line: Mapping[str, Any],
    before: Mapping[str, Any] | None,
    usual: Decimal | None,
    currency: str,
    previous: Document | None,
) -> LineDifference:
    usual_money = None if usual is None else Money(usual, currency)
    if before is None:
        why = "New: last month had no such line." if previous else ""
        return LineDifference(None, None, why, None, usual_money)
    amount, amount_before = Decimal(line["amount"]), Decimal(before["amount"])
    return LineDifference(
        by=Money(amount - amount_before, currency),
        change=change(amount, amount_before),
        why=_why(line, before) if amount != amount_before else "",
        before=Money(amount_before, currency),
        usual=usual_money,
    )


def _flagged(line: LineDifference, amount: Decimal, total: Decimal | None) -> LineDifference:
    """`total` is None where there is no last month to differ from."""
    if total is None or abs(amount) < abs(total) * _SMALLEST_PART:
        return line
    if line.by is None:
        return replace(line, flag="new line")
    if line.change is not None and abs(line.change) > _LARGE_CHANGE:
        return replace(line, flag=f"{'up' if line.change > 0 else 'down'} over 30%")
    return line


def _why(line: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """In the order of what tells most; empty where the lines don't tell."""
    reasons = [
        *_moved(line, before, "quantity", "Quantity"),
        *_moved(line, before, "cost", "Cost"),
        *_price(line, before),
    ]
    return as_heading("; ".join(reasons)) + "." if reasons else ""


def _moved(line: Mapping[str, Any], before: Mapping[str, Any], name: str, label: str) -> list[str]:
    now, then = line.get(name), before.get(name)
    if now is None or then is None or Decimal(now) == Decimal(then):
        return []
    by = Decimal(now) - Decimal(then)
    ratio = change(Decimal(now), Decimal(then))
    direction = "up" if by > 0 else "down"
    return [f"{label} {direction}" if ratio is None else f"{label} {direction} {abs(ratio):.1%}"]


def _price(line: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    if line.get("unit_amount") != before.get("unit_amount"):
        return [f"unit price {before.get('unit_amount')} is now {line.get('unit_amount')}"]
    basis, basis_before = (basis_words(one.get("basis")) for one in (line, before))
    if basis != basis_before:
        return [f"price: {basis_before} is now {basis}"]
    if line.get("cost") is not None:
        return ["price rule unchanged"]
    if line.get("quantity") is None and line.get("unit_amount") is None:
        return ["the fee itself changed"]
    return []
