"""What changed against the month before: per tenant and charge group, exactly."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.portal.domain.cost_changes import (
    GroupChange,
    changes_of,
    days_with_cost,
    first_day_of,
    last_day_with_cost,
)
from services.portal.models import TenantMargin
from services.portal.pages.overview import Mover, TenantMover
from services.portal.pages.tenant import CostChange
from services.portal.queries.margin_totals import current_margins
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.names import charge_group_label
from shared.vocabulary.recipients import is_pooled

TENANT_MOVERS_MAX: Final = 5
MOVERS_MAX: Final = 3


@dataclass(frozen=True)
class Span:
    """`days` of a month and of the one before are compared; None is both whole."""

    month: Month
    days: int | None

    def costs_of(self, row: TenantMargin | None) -> Mapping[str, Decimal]:
        if row is None:
            return {}
        if self.days is None:
            return sums_of(row.lines)
        known = {group: days[: self.days] for group, days in row.daily.items()}
        return {group: sum(map(Decimal, days), Decimal(0)) for group, days in known.items()}

    @property
    def days_before(self) -> int:
        return self.days or _length(self.month.previous)

    def compares(self, now: TenantMargin, before: TenantMargin | None) -> bool:
        """Not across currencies, and not by days with a run that told none."""
        if before is None:
            return True
        has_days = self.days is None or bool(before.daily) or not before.lines
        return before.currency == now.currency and has_days

    def changes(self, now: TenantMargin, before: TenantMargin | None) -> list[GroupChange]:
        """The largest first, without what did not change or is only billed later in the month."""
        all_changes = changes_of(self.costs_of(now), self.costs_of(before))
        waiting = self._not_billed_yet(now, before)
        return [change for change in all_changes if change.by and change.group not in waiting]

    def _not_billed_yet(self, now: TenantMargin, before: TenantMargin | None) -> set[str]:
        """What the month before was charged on one day, as support and tax are."""
        if self.days is None or before is None:
            return set()
        costs = sums_of(now.lines)
        return {
            group
            for group, days in before.daily.items()
            if not costs.get(group) and days_with_cost(days) == 1
        }


def sums_of(lines: Iterable[Mapping[str, str]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in lines:
        group = line["charge_group"]
        sums[group] = sums.get(group, Decimal(0)) + Decimal(line["amount"])
    return sums


def daily_of(row: TenantMargin) -> dict[str, list[Decimal]]:
    return {group: [Decimal(day) for day in days] for group, days in row.daily.items()}


def span_of(month: Month, rows: Iterable[TenantMargin], *, is_open: bool) -> Span | None:
    """A month that still runs is compared with as many days; None where no day is known."""
    if not is_open:
        return Span(month, None)
    days = max((last_day_with_cost(row.daily) for row in rows), default=0)
    return Span(month, min(days, _length(month.previous))) if days else None


def read_movers(month: Month, *, is_open: bool) -> tuple[list[TenantMover], Span | None]:
    """The largest changes of any tenant's charge group; none without a month before."""
    now = _rows(month, with_days=is_open)
    before = _rows(month.previous, with_days=is_open)
    span = span_of(month, now.values(), is_open=is_open)
    if span is None or not before:
        return [], None
    changes = [
        (now[tenant], change)
        for tenant in now
        if span.compares(now[tenant], before.get(tenant))
        for change in span.changes(now[tenant], before.get(tenant))
    ]
    changes.sort(key=lambda item: (-abs(item[1].by), item[0].tenant, item[1].group))
    top = changes[:TENANT_MOVERS_MAX]
    days = _days_of(month, {row.tenant for row, _ in top})
    return [
        TenantMover(
            row.tenant, row.name, mover(row.currency, change, days.get(row.tenant, {}), span)
        )
        for row, change in top
    ], span


def change_of(now: TenantMargin, before: TenantMargin | None, span: Span) -> CostChange | None:
    """None without a month before in the same currency, or where nothing changed."""
    if before is None or not span.compares(now, before):
        return None
    changes = span.changes(now, before)
    if not changes:
        return None
    movers, rest = changes[:MOVERS_MAX], changes[MOVERS_MAX:]
    days = daily_of(now)
    return CostChange(
        by=Money(sum((change.by for change in changes), Decimal(0)), now.currency),
        movers=[mover(now.currency, change, days, span) for change in movers],
        rest_count=len(rest),
        rest=Money(sum((change.by for change in rest), Decimal(0)), now.currency),
    )


def mover(
    currency: str, change: GroupChange, days: Mapping[str, Sequence[Decimal]], span: Span
) -> Mover:
    amounts = days.get(change.group, ())[: span.days]
    first = first_day_of(amounts, change.before / span.days_before)
    return Mover(
        label=charge_group_label(change.group),
        is_shared=is_pooled(change.group),
        now=Money(change.now, currency),
        by=Money(change.by, currency),
        since=date(span.month.year, span.month.month, first) if first else None,
    )


def _rows(month: Month, *, with_days: bool) -> dict[str, TenantMargin]:
    margins = current_margins().filter(period=str(month))
    return {row.tenant: row for row in (margins if with_days else margins.defer("daily"))}


def _days_of(month: Month, tenants: set[str]) -> dict[str, dict[str, list[Decimal]]]:
    margins = current_margins().filter(period=str(month), tenant__in=tenants)
    return {row.tenant: daily_of(row) for row in margins.only("tenant", "daily")}


def _length(month: Month) -> int:
    return (month.end - timedelta(days=1)).day
