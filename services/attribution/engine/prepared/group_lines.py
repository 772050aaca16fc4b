"""One of the two steps that read what grows without end: bill lines, grouped by key and hour.

Everything after it works on what comes out here, which hardly depends on the number of lines.
"""

from collections.abc import Sequence
from typing import Final

from shared.columnar import Session
from shared.sql.expressions import Sql, identifier, sums
from shared.sql.scripts import run_script

QUANTA: Final = ("quanta",)
"""The measures of a run: its cost, in whole quanta of 10^-10 of the currency."""


def group_lines(session: Session, names: Sql, measures: Sequence[str] = QUANTA) -> None:
    """Makes `line_costs`: of `keyed_lines` the sum of each measure by key and time.

    `names` are the columns of a key. Measures are columns of whole numbers.
    """
    summed = sums({measure: identifier(measure) for measure in measures})
    run_script(session, __package__, "line_costs.sql", {"names": names, "measures": summed})
