"""Pools and a tenant's days as CSV: every digit, rows that sum to the page's totals."""

from collections.abc import Iterable, Sequence
from typing import Final

from services.portal.pages.pools import PoolSplit
from services.portal.queries.cost_changes import daily_of
from services.portal.queries.margin_totals import current_margins, find_summary
from services.portal.queries.pools import pool_splits
from services.portal.views.csv_file import as_ratio, write_csv
from shared.csv_files import Cell
from shared.periods import Month

POOL_HEADER: Final = (
    *("period", "pool", "kind", "tenant", "name", "currency", "amount", "share", "drivers"),
)
TENANT_HEADER: Final = ("period", "tenant", "day", "charge_group", "currency", "amount")


def pool_file(month: Month) -> str | None:
    """None where nothing is attributed; the rows of a pool sum to its cost."""
    summary = find_summary(str(month))
    if summary is None:
        return None
    rows = [row for pool in pool_splits(summary) for row in _pool_rows(month, pool)]
    return write_csv(POOL_HEADER, rows)


def tenant_file(key: str, month: Month) -> str | None:
    """None where the tenant has no run in the month, or no day of it is known."""
    row = current_margins().filter(period=str(month), tenant=key).first()
    if row is None or not row.daily:
        return None
    return write_csv(
        TENANT_HEADER,
        [
            (str(month), key, f"{month}-{day:02d}", group, row.currency, amount)
            for group, days in sorted(daily_of(row).items())
            for day, amount in enumerate(days, start=1)
            if amount
        ],
    )


def _pool_rows(month: Month, pool: PoolSplit) -> Iterable[Sequence[Cell]]:
    common = (str(month), pool.key)
    for part in pool.parts:
        yield (
            *common,
            *("tenant", part.key, part.name, part.amount.currency),
            *(part.amount.amount, as_ratio(part.ratio)),
            "; ".join(label for label, _ in part.methods),
        )
    for rest in pool.rests:
        yield (
            *common,
            *(rest.label.lower(), "", rest.label, rest.amount.currency),
            *(rest.amount.amount, as_ratio(rest.ratio), ""),
        )
