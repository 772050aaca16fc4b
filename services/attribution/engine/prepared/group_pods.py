"""The other step that reads what grows without end: what pods took of a place, by the hour."""

from collections.abc import Sequence
from typing import Final

from shared.columnar import Session
from shared.sql.expressions import Sql, identifier, sums
from shared.sql.scripts import run_script

TAKEN: Final = ("weight", "requested")
"""The larger of requested and used, and what was requested, in whole numbers of one scale."""


def group_pods(session: Session, placed: Sql, measures: Sequence[str] = TAKEN) -> None:
    """Makes `workload_loads`: of what is `placed` the sum of each measure by place and pod."""
    summed = sums({measure: identifier(measure) for measure in measures})
    run_script(session, __package__, "workload_loads.sql", {"placed": placed, "measures": summed})
