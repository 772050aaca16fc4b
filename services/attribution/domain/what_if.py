"""What a changed ruleset would do: each tenant's cost before and after, and whose margin turns."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from services.attribution.domain.proof import bare_zero, plain
from shared.csv_files import Cell
from shared.exact import EXACT

Costs = Mapping[str, Decimal]
"""By tenant, or by what stands in its place, such as `unallocated`."""
HEADER: Final = (
    *("period", "run_id", "currency"),
    *("tenant", "cost_before", "cost_after", "difference", "revenue", "margin_turns"),
)


@dataclass(frozen=True)
class Change:
    tenant: str
    before: Decimal
    after: Decimal
    revenue: Decimal | None = None
    """Unknown is None, never zero: then there is no margin that could turn."""

    @property
    def difference(self) -> Decimal:
        return EXACT.subtract(self.after, self.before)

    @property
    def turns(self) -> str:
        """`negative` or `positive` where the margin changes its sign, else ''."""
        if self.revenue is None or (self.revenue < self.before) == (self.revenue < self.after):
            return ""
        return "negative" if self.revenue < self.after else "positive"


@dataclass(frozen=True)
class PeriodChange:
    period: str
    run_id: str
    """The run that it is compared with."""
    currency: str
    changes: tuple[Change, ...]


def compare(before: Costs, after: Costs, revenue: Costs) -> tuple[Change, ...]:
    """The largest difference first; those of equal ones by name."""
    zero = Decimal(0)
    changes = (
        Change(tenant, before.get(tenant, zero), after.get(tenant, zero), revenue.get(tenant))
        for tenant in before.keys() | after.keys()
    )
    return tuple(sorted(changes, key=lambda change: (-abs(change.difference), change.tenant)))


def costs_by_tenant(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for tenant, amount in amounts:
        totals[tenant] = EXACT.add(totals.get(tenant, Decimal(0)), amount)
    return totals


def rows(period_change: PeriodChange) -> Iterator[tuple[Cell, ...]]:
    """A row per tenant, whose cells `HEADER` names."""
    for change in period_change.changes:
        yield (
            *(period_change.period, period_change.run_id, period_change.currency, change.tenant),
            *(bare_zero(change.before), bare_zero(change.after), bare_zero(change.difference)),
            None if change.revenue is None else bare_zero(change.revenue),
            change.turns,
        )


def to_json(period_change: PeriodChange) -> dict[str, Any]:
    return {
        "period": period_change.period,
        "run_id": period_change.run_id,
        "currency": period_change.currency,
        "tenants": [
            {
                "tenant": change.tenant,
                "cost_before": plain(change.before),
                "cost_after": plain(change.after),
                "difference": plain(change.difference),
                "revenue": None if change.revenue is None else plain(change.revenue),
                "margin_turns": change.turns,
            }
            for change in period_change.changes
        ],
    }


def from_json(content: Mapping[str, Any]) -> PeriodChange:
    changes = (
        Change(
            tenant=row["tenant"],
            before=Decimal(row["cost_before"]),
            after=Decimal(row["cost_after"]),
            revenue=None if row["revenue"] is None else Decimal(row["revenue"]),
        )
        for row in content["tenants"]
    )
    return PeriodChange(content["period"], content["run_id"], content["currency"], tuple(changes))
