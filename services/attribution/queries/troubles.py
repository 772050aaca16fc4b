from collections.abc import Iterator
from datetime import datetime

from services.attribution.models import Period, Run
from services.attribution.queries.period_checks import period_checks
from services.attribution.queries.reclosing import reclose_due_at, reclosing_of
from shared.health.read import common_troubles
from shared.health.trouble import Trouble
from shared.proposals.read import waiting_proposals
from shared.runtime.business_time import business_time
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.troubles import TroubleCode, TroubleKind


def read_troubles(now: datetime) -> Iterator[Trouble]:
    yield from common_troubles(now)
    yield from waiting_proposals(now)
    yield from _reopened_periods(now)


def _reopened_periods(now: datetime) -> Iterator[Trouble]:
    """Those that are closed by nobody but a person: by the file, or since their checks fail."""
    today = business_time(now)
    for record in Period.objects.filter(state=PeriodState.REOPENED).order_by("period"):
        run = Run.objects.filter(period=record.period, is_current=True).first()
        if run is None:
            continue
        due_at = reclose_due_at(record, run)
        if due_at is None:
            since = record.content_since or run.created_at
            yield Trouble(TroubleKind.PERIOD, TroubleCode.CLOSED_BY_HAND, record.period, since)
        elif today >= due_at:
            yield from _waits(record, run, due_at - (today - now), now)


def _waits(record: Period, run: Run, since: datetime, now: datetime) -> Iterator[Trouble]:
    waits_for = reclosing_of(record, run, period_checks(run, now=now)).standing.waits_for
    if waits_for:
        figures = {"checks": " ".join(waits_for)}
        yield Trouble(TroubleKind.PERIOD, TroubleCode.CHECKS_FAIL, record.period, since, figures)
