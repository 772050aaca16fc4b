"""What came out, by day: the parts of the computed days and what was kept of the others."""

from shared.columnar import Session
from shared.sql.scripts import run_script


def sum_results(session: Session) -> None:
    """`results`, with `result_lines` and `amounts` behind it, and `pool_hours`."""
    run_script(session, __package__, "results.sql")


def results_digest(session: Session) -> str:
    """Of the table `results`, whatever the order of its rows."""
    sums = run_script(session, __package__, "results_digest.sql").fetchall()[0]
    return "|".join(map(str, sums))


def metered(session: Session) -> list[str]:
    """The meters that the signals have."""
    return [meter for (meter,) in run_script(session, __package__, "metered.sql").fetchall()]
