"""Which billing periods there is anything to show of, and how each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from services.portal.domain.period_states import freshness_state, period_state
from services.portal.models import BillState, PeriodSummary
from services.portal.pages.frame import Freshness
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class KnownPeriod:
    month: Month
    state: PeriodState
    is_attributed: bool

    @property
    def is_closed(self) -> bool:
        """Also when a bill has reopened it: what was invoiced stays."""
        return self.state in {PeriodState.CLOSED, PeriodState.REOPENED}


@dataclass(frozen=True)
class Calendar:
    """`periods` newest first; empty before the first bill."""

    periods: Sequence[KnownPeriod]
    now: datetime

    @property
    def newest(self) -> Month:
        """The newest month with a run that is over, for a month that still runs has no revenue yet.

        Else the newest with a run, else with a bill, else the month of the clock.
        """
        attributed = [known for known in self.periods if known.is_attributed]
        over = [known for known in attributed if known.state != PeriodState.OPEN]
        newest = next(iter(over or attributed or self.periods), None)
        return newest.month if newest else Month.of(self.now)

    def state_of(self, month: Month) -> PeriodState:
        state = next((known.state for known in self.periods if known.month == month), None)
        return state or period_state(month, is_closed=False, now=self.now)

    def earlier(self, month: Month) -> Month | None:
        return max((k.month for k in self.periods if k.month < month), default=None)

    def later(self, month: Month) -> Month | None:
        return min((k.month for k in self.periods if k.month > month), default=None)


def read_calendar(now: datetime) -> Calendar:
    summaries = {
        period: (closed_at is not None, bool(run_id), revised > 0)
        for period, closed_at, run_id, revised in PeriodSummary.objects.values_list(
            "period", "closed_at", "run_id", "revised_tenant_count"
        )
    }
    billed = set(BillState.objects.values_list("period", flat=True).distinct())
    periods = []
    for period in sorted(summaries.keys() | billed, reverse=True):
        is_closed, is_attributed, is_restated = summaries.get(period, (False, False, False))
        month = Month.parse(period)
        state = period_state(month, is_closed=is_closed, now=now, is_restated=is_restated)
        periods.append(KnownPeriod(month, state, is_attributed))
    return Calendar(periods, now)


def read_freshness(calendar: Calendar, month: Month) -> Freshness:
    delivered = BillState.objects.filter(period=str(month)).aggregate(at=Max("delivered_at"))["at"]
    is_closed = calendar.state_of(month) in {PeriodState.CLOSED, PeriodState.REOPENED}
    state = freshness_state(delivered, is_closed=is_closed, now=calendar.now)
    return Freshness(state, delivered, estimated=not is_closed)
