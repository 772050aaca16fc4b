from pathlib import Path
from typing import Final

from shared.columnar import Session
from shared.sql.expressions import Sql, literal, number
from shared.sql.scripts import run_script

ROW_GROUP_SIZE: Final = 122_880
"""DuckDB's own size of a row group; written down, so that another release gives the same bytes."""


def write_parquet(
    session: Session, rows: Sql, path: Path, *, row_group_size: int = ROW_GROUP_SIZE
) -> None:
    """`rows` is a table, or a query in brackets."""
    run_script(
        session,
        __package__,
        "copy_to_parquet.sql",
        {"rows": rows, "path": literal(str(path)), "row_group_size": number(row_group_size)},
    )


def parquet_row_count(session: Session, path: Path) -> int:
    """By its footer."""
    names = {"file": literal(str(path))}
    counted = run_script(session, __package__, "parquet_metadata.sql", names)
    return int(counted.fetchall()[0][0] or 0)
