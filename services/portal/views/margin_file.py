"""The margin table as CSV: every digit, and a column of costs that sums to the bill."""

from decimal import Decimal
from typing import Final

from services.portal.models import PeriodSummary
from services.portal.pages.margins import MarginRow
from services.portal.queries.margin_page import others
from services.portal.queries.margin_rows import all_margins
from services.portal.queries.margin_totals import find_summary, sum_margins
from services.portal.views.csv_file import as_ratio, write_csv
from shared.csv_files import Cell
from shared.money import Money
from shared.periods import Month

HEADER: Final = (
    *("period", "kind", "tenant", "name", "plan", "currency", "revenue", "revenue_basis"),
    *("direct", "shared", "cost", "margin", "margin_ratio"),
)


def margin_file(month: Month) -> str | None:
    """None where nothing is attributed; unknown revenue is an empty cell."""
    summary = find_summary(str(month))
    if summary is None:
        return None
    tenants = [_tenant(month, row) for row in all_margins(month)]
    return write_csv(HEADER, [*tenants, *_others(month, summary)])


def _tenant(month: Month, row: MarginRow) -> tuple[Cell, ...]:
    return (
        *(str(month), "tenant", row.tenant.key, row.tenant.name, row.plan, row.cost.currency),
        *(_amount(row.revenue), row.revenue_basis, _amount(row.direct), _amount(row.shared)),
        *(_amount(row.cost), _amount(row.margin), as_ratio(row.margin_ratio)),
    )


def _others(month: Month, summary: PeriodSummary) -> list[tuple[Cell, ...]]:
    return [
        (
            *(str(month), other.label.lower(), "", other.label, "", other.cost.currency),
            *("", "", "", "", _amount(other.cost), "", ""),
        )
        for other in others(summary, sum_margins(summary))
    ]


def _amount(money: Money | None) -> Decimal | None:
    return None if money is None else money.amount
