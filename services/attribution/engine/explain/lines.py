"""The bill lines behind the facts that are wanted."""

from services.attribution.domain.evidence import BillLines, Line
from shared.columnar import Session
from shared.sql.expressions import Sql, identifier
from shared.sql.scripts import records, run_script


def evidence_of_lines(
    session: Session, names: Sql, rows_max: int, *, of_pods: bool
) -> dict[str, BillLines]:
    """By the parts in `wanted_facts` or `wanted_of_pods`; reads the snapshot once more.

    `names` are the columns of a key; at most `rows_max` lines of a part are named.
    """
    wanted = {"wanted": identifier("wanted_facts")}
    if of_pods:
        wanted = {"wanted": identifier("wanted_of_pods")}
    result = run_script(
        session,
        __package__,
        "explained_lines.sql",
        {"names": names, **wanted},
        {"rows_max": rows_max},
    )
    return {
        row["part"]: BillLines(
            row["count"], row["quanta"], tuple(Line(**line) for line in row["largest"] or ())
        )
        for row in records(result)
    }
