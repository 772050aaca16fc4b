"""A Compute Savings Plan: what it covers, the negation beside, and the hourly fee.

As AWS writes it: a covered line keeps its on-demand cost and names its effective cost; a negation
line per hour takes the on-demand cost back; the fee's line says how much of the hour's commitment
was used. The rest is unused, and nobody's but the operator's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from deploy.sample import meters
from deploy.sample.lines import Line
from deploy.sample.tenants import PAYER
from shared.periods import Month

COMMITMENT_UNITS: Final = 3 * 10**10  # US dollars of an hour, in 10^-10
_EFFECTIVE_PER_CENT: Final = 72
UNUSED_OWNER: Final = "overhead:commitments"
# Lines that cancel others in the unblended cost and have no part in the amortised cost.
NEGATION_OWNER: Final = "nothing"


def covered(line: Line) -> Line:
    return replace(
        line,
        line_type="SavingsPlanCoveredUsage",
        effective_units=line.units * _EFFECTIVE_PER_CENT // 100,
        is_of_plan=True,
    )


def plan_lines(lines: Iterable[Line], period: Month) -> Iterator[Line]:
    """Negations and fees, hour by hour; covered lines are of one account and usage type."""
    by_hour: dict[int, list[Line]] = {}
    for line in lines:
        if line.is_of_plan and line.hour is not None:
            by_hour.setdefault(line.hour, []).append(line)
    for hour in range(period.period.hours):
        found = by_hour[hour]
        first = found[0]
        yield replace(
            first,
            units=-sum(line.units for line in found),
            effective_units=0,
            usage_micro=sum(line.usage_micro for line in found),
            owner=NEGATION_OWNER,
            line_type="SavingsPlanNegation",
            resource="",
            zone="",
            tags={},
            description=f"SavingsPlanNegation used by {first.meter.usage_type}",
        )
        used = sum(line.effective_units or 0 for line in found)
        yield Line(
            start=first.start,
            end=first.start + timedelta(hours=1),
            account=PAYER,
            meter=meters.SAVINGS_PLAN,
            units=COMMITMENT_UNITS,
            effective_units=COMMITMENT_UNITS - used,
            usage_micro=1_000_000,
            owner=UNUSED_OWNER,
            line_type="SavingsPlanRecurringFee",
            hour=hour,
            is_of_plan=True,
            used_units=used,
        )
