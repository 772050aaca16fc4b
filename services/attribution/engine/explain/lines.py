"""The bill lines behind the facts that are wanted."""

from services.attribution.domain.evidence import BillLines, Line
from services.attribution.engine.tables import records, sql_text
from shared.columnar import Session, identifier


def evidence_of_lines(session: Session, rows_max: int) -> dict[str, BillLines]:
    """By the parts in the table `wanted`; reads the snapshot once more."""
    described = session.execute("SELECT * EXCLUDE (kid) FROM keys LIMIT 0").description or ()
    names = ", ".join(identifier(column[0]) for column in described)
    query = sql_text(__package__, "explained_lines.sql").replace("{names}", names)
    return {
        row["part"]: BillLines(
            row["count"], row["units"], tuple(Line(**line) for line in row["largest"] or ())
        )
        for row in records(session, query, {"rows_max": rows_max})
    }
