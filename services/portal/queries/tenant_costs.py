"""A tenant's cost by charge group: as a tree of one month, by its days and by months."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from services.portal.domain.figures import change_or_base, ratio
from services.portal.domain.labels import METHODS
from services.portal.domain.stacks import stacked
from services.portal.models import TenantMargin
from services.portal.pages.tenant import Group, Method, Stack, StackRow
from services.portal.queries.cost_changes import Span, daily_of, sums_of
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.names import charge_group_label
from shared.vocabulary.recipients import is_pooled

CHART_MONTHS: Final = 12


def groups(now: TenantMargin, before: TenantMargin | None, span: Span | None) -> list[Group]:
    """Largest first; a pool's group is the tenant's part of what is shared."""
    comparable = before if before and before.currency == now.currency else None
    earlier = span.costs_of(comparable) if span else {}
    later = span.costs_of(now) if span else {}
    listed = []
    for group, amount in sums_of(now.lines).items():
        lines = [line for line in now.lines if line["charge_group"] == group]
        by, was = change_or_base(later.get(group), earlier.get(group), now.currency)
        listed.append(
            Group(
                key=group,
                label=charge_group_label(group),
                is_shared=is_pooled(group),
                amount=Money(amount, now.currency),
                ratio=ratio(amount, now.cost),
                change=by,
                was=was,
                methods=[
                    Method(
                        METHODS.get(line["method"], line["method"]),
                        "",
                        Money(Decimal(line["amount"]), now.currency),
                        ratio(Decimal(line["amount"]), amount),
                    )
                    for line in sorted(lines, key=lambda line: -Decimal(line["amount"]))
                ],
            )
        )
    return sorted(listed, key=lambda group: -group.amount.amount)


def by_day(row: TenantMargin, month: Month) -> Stack | None:
    """None where the run did not tell the days."""
    daily = daily_of(row)
    if not daily:
        return None
    count = (month.end - timedelta(days=1)).day
    days = [date(month.year, month.month, day + 1) for day in range(count)]
    return _stack(daily, days, row.currency)


def by_month(history: Sequence[TenantMargin]) -> Stack | None:
    """From the newest back; None with fewer than two months in the newest one's currency.

    The series stand in the order of the newest month, which its days have too.
    """
    rows = [row for row in history[:CHART_MONTHS] if row.currency == history[0].currency]
    if len(rows) < 2:  # noqa: PLR2004 - one month is no course
        return None
    rows.reverse()
    sums = [sums_of(row.lines) for row in rows]
    names = sorted({name for each in sums for name in each})
    amounts = {name: [each.get(name, Decimal(0)) for each in sums] for name in names}
    newest = sorted(sums[-1], key=lambda name: (-abs(sums[-1][name]), name))
    months = [Month.parse(row.period) for row in rows]
    return _stack(amounts, months, rows[0].currency, order=newest)


def _stack(
    amounts: Mapping[str, Sequence[Decimal]],
    at: Sequence[date | Month],
    currency: str,
    *,
    order: Sequence[str] = (),
) -> Stack | None:
    series = stacked(amounts, order=order)
    if not series:
        return None
    rows = []
    for turn, moment in enumerate(at):
        parts = _money([one.amounts[turn] for one in series], currency)
        rows.append(StackRow(moment, parts, _sum(parts)))
    totals = _money([one.total for one in series], currency)
    return Stack(
        heads=[
            f"Other ({len(one.others)})" if one.others else charge_group_label(one.name)
            for one in series
        ],
        rows=rows,
        totals=totals,
        total=_sum(totals),
        largest_ratio=ratio(totals[0].amount, _sum(totals).amount),
        peak=max(rows, key=lambda row: row.total.amount),
    )


def _money(amounts: Sequence[Decimal], currency: str) -> list[Money]:
    return [Money(amount, currency) for amount in amounts]


def _sum(parts: Sequence[Money]) -> Money:
    return Money(sum((part.amount for part in parts), Decimal(0)), parts[0].currency)
