"""Why two runs of a month differ: what each of them was made of, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from shared.exact import EXACT
from shared.vocabulary.revision_causes import RevisionCause

_Key = TypeVar("_Key", str, tuple[str, str])


@dataclass(frozen=True)
class Corrections:
    """The lines of a bill that correct earlier charges; amounts in its currency, exact."""

    line_count: int = 0
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)


@dataclass(frozen=True)
class Bill:
    content_hash: str
    corrections: Corrections


@dataclass(frozen=True)
class MadeOf:
    """What a run is a function of; bills, signals and workloads by their source.

    `moved_in` are lines of later bills that belong to this month, by the bill's month and source.
    """

    bills: Mapping[str, Bill]
    signals: Mapping[str, str]
    workloads: Mapping[str, str]
    ruleset_digest: str
    engine_digest: str
    moved_in: Mapping[tuple[str, str], Bill] = field(default_factory=dict)


@dataclass(frozen=True)
class Cause:
    """`source` is "" for rules and engine; `more` are the corrections that the bill has more.

    `bill_period` is the later month in whose bill they came, "" of the month's own bill.
    """

    code: RevisionCause
    source: str = ""
    more: Corrections = Corrections()
    bill_period: str = ""


def revision_causes(before: MadeOf, after: MadeOf) -> list[Cause]:
    """By kind, then by source; empty where both are made of the same."""
    return list(_causes(before, after))


def _causes(before: MadeOf, after: MadeOf) -> Iterator[Cause]:
    for source in _changed(
        {source: bill.content_hash for source, bill in before.bills.items()},
        {source: bill.content_hash for source, bill in after.bills.items()},
    ):
        more = _more(before.bills.get(source), after.bills.get(source))
        is_restated = more == Corrections()
        code = RevisionCause.BILL if is_restated else RevisionCause.CORRECTION
        yield Cause(code, source, more)
    for period, source in _changed(
        {key: bill.content_hash for key, bill in before.moved_in.items()},
        {key: bill.content_hash for key, bill in after.moved_in.items()},
    ):
        key = (period, source)
        more = _more(before.moved_in.get(key), after.moved_in.get(key))
        yield Cause(RevisionCause.CORRECTION, source, more, period)
    for source in _changed(before.signals, after.signals):
        yield Cause(RevisionCause.SIGNALS, source)
    for source in _changed(before.workloads, after.workloads):
        yield Cause(RevisionCause.WORKLOADS, source)
    if before.ruleset_digest != after.ruleset_digest:
        yield Cause(RevisionCause.RULES)
    if before.engine_digest != after.engine_digest:
        yield Cause(RevisionCause.SOFTWARE)


def _changed(before: Mapping[_Key, str], after: Mapping[_Key, str]) -> list[_Key]:
    return [
        key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)
    ]


def _more(before: Bill | None, after: Bill | None) -> Corrections:
    old = before.corrections if before else Corrections()
    new = after.corrections if after else Corrections()
    return Corrections(
        new.line_count - old.line_count,
        EXACT.subtract(new.billed, old.billed),
        EXACT.subtract(new.effective, old.effective),
    )
