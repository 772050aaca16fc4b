"""A Compute Savings Plan and a reserved instance: what they cover, their fees, what is unused.

As AWS writes it. Of the plan, a covered line keeps its on-demand cost and names its effective cost;
a negation line per hour takes the on-demand cost back; the fee's line says how much of the hour's
commitment was used. Of the reservation, a covered line costs nothing and names its effective cost;
the month's one fee says what of it went unused. What is unused is nobody's but the operator's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from deploy.sample_company import meters
from deploy.sample_company.lines import Line
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import PAYER, PRODUCTION

COMMITMENT_QUANTA: Final = 3 * 10**10  # US dollars of an hour, in 10^-10
_EFFECTIVE_PER_CENT: Final = 72
RESERVED_COUNT: Final = 4
_RESERVED_RATE: Final = meters.RESERVATION.rate_in_ten_thousandths
UNUSED_OWNER: Final = "overhead:commitments"
# Lines that cancel others in the unblended cost and have no part in the amortised cost.
NEGATION_OWNER: Final = "nothing"


def covered(line: Line) -> Line:
    return replace(
        line,
        line_type="SavingsPlanCoveredUsage",
        effective_quanta=line.quanta * _EFFECTIVE_PER_CENT // 100,
        commitment="plan",
    )


def reserved(line: Line) -> Line:
    return replace(
        line,
        line_type="DiscountedUsage",
        quanta=0,
        effective_quanta=line.usage_micro * _RESERVED_RATE,
        commitment="reservation",
        description=f"{line.meter.instance_type} reserved instance applied",
    )


def plan_lines(lines: Iterable[Line], month: SampleMonth) -> Iterator[Line]:
    """Negations and fees, slot by slot; covered lines are of one account and usage type."""
    by_hour: dict[int, list[Line]] = {}
    for line in lines:
        if line.commitment == "plan" and line.hour is not None:
            by_hour.setdefault(line.hour, []).append(line)
    for hour in range(0, month.hours, month.slot_hours):
        of_hour = by_hour[hour]
        first = of_hour[0]
        yield replace(
            first,
            quanta=-sum(line.quanta for line in of_hour),
            effective_quanta=0,
            usage_micro=sum(line.usage_micro for line in of_hour),
            owner=NEGATION_OWNER,
            line_type="SavingsPlanNegation",
            resource="",
            zone="",
            tags={},
            description=f"SavingsPlanNegation used by {first.meter.usage_type}",
        )
        used = sum(line.effective_quanta or 0 for line in of_hour)
        fee = COMMITMENT_QUANTA * month.slot_hours
        yield Line(
            start=first.start,
            end=first.end,
            account=PAYER,
            meter=meters.SAVINGS_PLAN,
            quanta=fee,
            effective_quanta=fee - used,
            usage_micro=1_000_000 * month.slot_hours,
            owner=UNUSED_OWNER,
            line_type="SavingsPlanRecurringFee",
            hour=hour,
            span=month.slot_hours,
            commitment="plan",
            used_quanta=used,
        )


def reservation_fee(lines: Sequence[Line], month: SampleMonth) -> Line:
    used = sum(line.amortised_quanta for line in lines if line.commitment == "reservation")
    usage_micro = RESERVED_COUNT * month.hours * 1_000_000
    fee = usage_micro * _RESERVED_RATE
    return Line(
        start=month.start,
        end=month.end,
        account=PRODUCTION,
        meter=meters.RESERVATION,
        quanta=fee,
        effective_quanta=fee - used,
        usage_micro=usage_micro,
        owner=UNUSED_OWNER,
        line_type="RIFee",
        commitment="reservation",
        used_quanta=used,
    )
