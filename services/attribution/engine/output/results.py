"""What came out, by day: the parts of the computed days and what was kept of the others."""

import hashlib

from shared.columnar import Session
from shared.configuration import ruleset_digest
from shared.configuration.models import Configuration
from shared.periods import Month
from shared.sql.scripts import run_script


def sum_results(session: Session) -> None:
    """`results`, with `result_lines` and `amounts` behind it, and `pool_hours`."""
    run_script(session, __package__, "results.sql")


def name_of_content(session: Session, config: Configuration, period: Month) -> str:
    """The run's id where nobody gives it one: by its period, ruleset and results.

    Whatever the order of the results' rows.
    """
    sums = run_script(session, __package__, "results_digest.sql").fetchall()[0]
    content = f"{period}|{ruleset_digest(config)}|{'|'.join(map(str, sums))}"
    return f"run_{hashlib.sha256(content.encode()).hexdigest()[:32]}"


def metered(session: Session) -> list[str]:
    """The meters that the signals have."""
    return [meter for (meter,) in run_script(session, __package__, "metered.sql").fetchall()]
