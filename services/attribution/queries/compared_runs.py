"""Which runs a changed ruleset is tried on, and what their tenants earned."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from services.attribution.models import Period, RevenueEntry, Run
from shared.faults import Fault

# Each is computed again, one after the other: a year is what one job may take.
PERIODS_MAX: Final = 12
# Without a wish: a quarter, so that one odd month does not decide.
_LAST: Final = 3


class NothingToCompare(Fault):
    """A period was never attributed, or none is closed."""


def compared_runs(periods: Sequence[str]) -> list[Run]:
    """Of each period the run it was closed on, else the current one; by default the last closed."""
    if not periods:
        closed = Period.objects.filter(closed_run__isnull=False).order_by("-period")[:_LAST]
        if not closed:
            raise NothingToCompare("no period is closed.", remedy="Name periods to compare with.")
        return [record.closed_run for record in reversed(closed) if record.closed_run]
    return [_run_of(period) for period in periods]


def revenue_of(run: Run) -> dict[str, Decimal]:
    """In the run's currency, by tenant; who has no entry is not in it."""
    entries = RevenueEntry.objects.filter(period=run.period, currency=run.currency)
    sums = entries.values("tenant_id").annotate(total=Sum("amount"))
    return {row["tenant_id"]: row["total"] for row in sums}


def _run_of(period: str) -> Run:
    record = Period.objects.filter(period=period, closed_run__isnull=False).first()
    current = Run.objects.filter(period=period, is_current=True).first()
    run = record.closed_run if record is not None else current
    if run is None:
        raise NothingToCompare(f"{period} was not attributed.", remedy="Deliver its bill first.")
    return run
