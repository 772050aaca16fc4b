"""The shared pools of a month: what each cost, how it was split, and on what ground."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from services.portal.domain.figures import change_or_base, ratio
from services.portal.domain.labels import METHODS
from services.portal.models import PeriodSummary, TenantMargin
from services.portal.pages.pools import DriverStep, Part, PoolsPage, PoolSplit, Rest
from services.portal.queries.margin_totals import find_summary
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.names import as_heading, pool_name
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.recipients import POOL, is_pooled

PARTS_MAX: Final = 20
_KINDS: Final = {
    "signal": "Measured",
    "proportional": "In proportion to direct cost",
    "even": "Evenly",
    "weights": "By fixed weights",
}
_NOBODYS: Final = (
    ("unmetered", "Unmetered", "used by those who were not active then"),
    ("unallocated", "Unallocated", "no driver had a say in these hours"),
)


@dataclass(frozen=True)
class _Line:
    tenant: TenantMargin
    method: str
    amount: Decimal


def read_pools(month: Month, *, state: PeriodState = PeriodState.CLOSED) -> PoolsPage:
    """A month that still runs is compared with none."""
    summary = find_summary(str(month))
    if summary is None:
        return PoolsPage(period=month, period_state=state, is_attributed=False)
    before = None if state == PeriodState.OPEN else _costs_before(summary)
    pools = [_shortened(pool) for pool in _splits(summary, before or {})]
    return PoolsPage(
        period=month,
        period_state=state,
        is_attributed=True,
        currency=summary.currency,
        pools=pools,
        total=Money(sum((pool.cost.amount for pool in pools), Decimal(0)), summary.currency),
        compared_to=month.previous if before is not None else None,
    )


def pool_splits(summary: PeriodSummary) -> list[PoolSplit]:
    """Every pool with all its parts, compared with nothing."""
    return _splits(summary, {})


def _splits(summary: PeriodSummary, before: Mapping[str, Decimal]) -> list[PoolSplit]:
    lines = _lines(summary)
    measured = {pool["name"]: pool for pool in summary.pools}
    splits = [
        _split(name, measured.get(name), lines.get(name, []), before.get(name), summary)
        for name in measured.keys() | lines.keys()
    ]
    return sorted(splits, key=lambda pool: (-pool.cost.amount, pool.key))


def _shortened(pool: PoolSplit) -> PoolSplit:
    """The largest parts, and the others as one: a page is for reading, the file has them all."""
    others = pool.parts[PARTS_MAX:]
    if len(others) <= 1:
        return pool
    amount = sum((part.amount.amount for part in others), Decimal(0))
    rest = Rest(
        label=f"Other ({len(others)})",
        hint="one by one in the CSV",
        amount=Money(amount, pool.cost.currency),
        ratio=ratio(amount, pool.cost.amount),
    )
    return replace(pool, parts=pool.parts[:PARTS_MAX], rests=[rest, *pool.rests])


def _lines(summary: PeriodSummary) -> Mapping[str, list[_Line]]:
    by_pool: defaultdict[str, list[_Line]] = defaultdict(list)
    rows = TenantMargin.objects.filter(period=summary.period, run_id=summary.run_id)
    for row in rows.defer("daily").order_by("tenant"):
        for line in row.lines:
            group: str = line["charge_group"]
            if is_pooled(group):
                name = group.removeprefix(POOL)
                by_pool[name].append(_Line(row, line["method"], Decimal(line["amount"])))
    return by_pool


def _costs_before(summary: PeriodSummary) -> Mapping[str, Decimal] | None:
    """None without a month before in the same currency, or where its run measured no pools."""
    before = find_summary(str(Month.parse(summary.period).previous))
    if before is None or before.currency != summary.currency or not before.pools:
        return None
    return {pool["name"]: Decimal(pool["cost"]) for pool in before.pools}


def _split(
    name: str,
    measured: Mapping[str, Any] | None,
    lines: Sequence[_Line],
    before: Decimal | None,
    summary: PeriodSummary,
) -> PoolSplit:
    currency = summary.currency
    given = sum((line.amount for line in lines), Decimal(0))
    cost = Decimal(measured["cost"]) if measured else given
    fallback = Decimal(measured["fallback_cost"]) if measured else None
    by, was = change_or_base(cost, before, currency)
    return PoolSplit(
        key=name,
        label=as_heading(pool_name(name)),
        cost=Money(cost, currency),
        change=by,
        was=was,
        drivers=_drivers(measured["drivers"], measured.get("spans", [])) if measured else [],
        meter=measured["meter"] if measured else "",
        coverage=ratio(Decimal(measured["hours_with_signal"]), Decimal(measured["hours"]))
        if measured
        else None,
        hours=measured["hours"] if measured else 0,
        hours_with_signal=measured["hours_with_signal"] if measured else 0,
        fallback=Money(fallback, currency) if fallback is not None else None,
        fallback_ratio=ratio(fallback, cost),
        unmetered=Money(Decimal(measured["unmetered"]), currency) if measured else None,
        parts=_parts(lines, cost, currency),
        rests=list(_rests(measured, given, cost, currency)),
    )


def _parts(lines: Sequence[_Line], cost: Decimal, currency: str) -> list[Part]:
    by_tenant: defaultdict[str, list[_Line]] = defaultdict(list)
    for line in lines:
        by_tenant[line.tenant.tenant].append(line)
    parts = []
    for key, own in by_tenant.items():
        amount = sum((line.amount for line in own), Decimal(0))
        own.sort(key=lambda line: -line.amount)
        parts.append(
            Part(
                key=key,
                name=own[0].tenant.name,
                amount=Money(amount, currency),
                ratio=ratio(amount, cost),
                methods=[
                    (METHODS.get(line.method, line.method), Money(line.amount, currency))
                    for line in own
                ],
            )
        )
    return sorted(parts, key=lambda part: (-part.amount.amount, part.key))


def _rests(
    measured: Mapping[str, Any] | None, given: Decimal, cost: Decimal, currency: str
) -> Iterator[Rest]:
    nobodys = Decimal(0)
    for name, label, hint in _NOBODYS:
        amount = Decimal(measured[name]) if measured else Decimal(0)
        nobodys += amount
        if amount:
            yield Rest(label, hint, Money(amount, currency), ratio(amount, cost))
    arriving = cost - given - nobodys
    if arriving:
        hint = "tenants whose figures are on their way"
        yield Rest("Arriving", hint, Money(arriving, currency), ratio(arriving, cost))


def _drivers(texts: Sequence[str], spans: Sequence[str]) -> list[DriverStep]:
    """A driver after its like differs in its span alone."""
    steps: list[DriverStep] = []
    for turn, text in enumerate(texts):
        name = text.removeprefix("fallback:")
        kind, _, detail = name.partition(":")
        is_again = turn > 0 and texts[turn - 1].removeprefix("fallback:") == name
        if is_again:
            label = f"the same by {spans[turn]}" if turn < len(spans) else "over another span"
            steps.append(DriverStep(label, ""))
        else:
            steps.append(DriverStep(_KINDS.get(kind, kind), detail if kind == "signal" else ""))
    return steps
