"""A restated month is closed again by itself, once it is quiet and nothing speaks against it."""

import logging
from datetime import UTC, datetime
from typing import Final

from services.attribution.models import Period, Run
from services.attribution.operations.close_period import keep_close
from services.attribution.queries.period_checks import period_checks
from services.attribution.queries.reclosing import reclose_due_at, reclosing_of
from shared.contracts.attribution import Override
from shared.isolation.scope import as_ops
from shared.runtime.business_time import business_time
from shared.vocabulary.period_states import PeriodState

_log: Final = logging.getLogger(__name__)
# Who does in the log what no person does.
ACTOR: Final = "trueback"


def reclose_periods() -> None:
    """Called on schedule."""
    now = datetime.now(UTC)
    with as_ops():
        reopened = Period.objects.filter(state=PeriodState.REOPENED).order_by("period")
        periods = list(reopened.values_list("period", flat=True))
    for period in periods:
        with as_ops():
            _reclose(period, now)


def _reclose(period: str, now: datetime) -> None:
    record = Period.objects.select_for_update().get(period=period)
    run = Run.objects.filter(period=period, is_current=True).first()
    if run is None or record.state != PeriodState.REOPENED:
        return
    due_at = reclose_due_at(record, run)
    if due_at is None or business_time(now) < due_at:
        return
    checks = period_checks(run, now=now)
    reclosing = reclosing_of(record, run, checks)
    if reclosing.standing.waits_for:
        return
    given = {one["check"]: Override(**one) for one in reclosing.overridden}
    keep_close(record, run, checks, given, closed_by=ACTOR, now=now)
    _log.info("%s is closed again on %s", period, run.run_id)
