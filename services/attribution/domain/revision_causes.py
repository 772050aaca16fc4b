"""Why two runs of a month differ: what each of them was made of, side by side."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.exact import EXACT
from shared.vocabulary.revision_causes import RevisionCause


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
    """What a run is a function of; bills, signals and workloads by their source."""

    bills: Mapping[str, Bill]
    signals: Mapping[str, str]
    workloads: Mapping[str, str]
    ruleset_digest: str
    engine_digest: str


@dataclass(frozen=True)
class Cause:
    """`source` is "" for rules and engine; `more` are the corrections that the bill has more."""

    code: RevisionCause
    source: str = ""
    more: Corrections = Corrections()


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
    for source in _changed(before.signals, after.signals):
        yield Cause(RevisionCause.SIGNALS, source)
    for source in _changed(before.workloads, after.workloads):
        yield Cause(RevisionCause.WORKLOADS, source)
    if before.ruleset_digest != after.ruleset_digest:
        yield Cause(RevisionCause.RULES)
    if before.engine_digest != after.engine_digest:
        yield Cause(RevisionCause.SOFTWARE)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [
        source
        for source in sorted(before.keys() | after.keys())
        if before.get(source) != after.get(source)
    ]


def _more(before: Bill | None, after: Bill | None) -> Corrections:
    old = before.corrections if before else Corrections()
    new = after.corrections if after else Corrections()
    return Corrections(
        new.line_count - old.line_count,
        EXACT.subtract(new.billed, old.billed),
        EXACT.subtract(new.effective, old.effective),
    )
