from typing import Final

from shared.columnar import Session
from shared.contracts.fields import YEARS
from shared.periods import Month
from shared.sql.expressions import Sql, timestamp
from shared.sql.scripts import run_script

_YEARS_BEFORE: Final = 5
"""Longer than anybody corrects a bill for; what is older stays where it was billed."""


def earlier_months(session: Session, lines: Sql, period: Month) -> tuple[str, ...]:
    """Those before the bill's own in which charge periods of its lines start, the newest first."""
    since = Month(max(period.year - _YEARS_BEFORE, YEARS.start), period.month)
    names = {
        "lines": lines,
        "before": timestamp(period.start),
        "since": timestamp(since.start),
    }
    rows = run_script(session, __package__, "earlier_months.sql", names).fetchall()
    return tuple(month for (month,) in rows)
