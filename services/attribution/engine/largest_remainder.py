"""Splits the table `weighed` into `parts`: whole units by largest remainder, of any size."""

from collections import defaultdict
from pathlib import Path

from services.attribution.engine.tables import create_table, run_sql
from shared.columnar import Session
from shared.money import split_by_largest_remainder

_PART_COLUMNS = {
    "cell": "BIGINT",
    "recipient": "VARCHAR",
    "level": "INTEGER",
    "units": "HUGEINT",
}


def split_weighed(session: Session, scratch_dir: Path) -> None:
    """A cell's weights sum to its `total`."""
    run_sql(session, __package__, "split_kernel.sql")
    _split_beyond_127_bits(session, scratch_dir)


def _split_beyond_127_bits(session: Session, scratch_dir: Path) -> None:
    rows = session.execute(
        "SELECT cell, level, units, recipient, weight FROM weighed"
        " WHERE CAST(abs(units) AS DOUBLE) * CAST(total AS DOUBLE) >= 1e38 ORDER BY ALL"
    ).fetchall()
    cells: dict[tuple[int, int, int], dict[str, int]] = defaultdict(dict)
    for cell, level, units, recipient, weight in rows:
        cells[cell, level, units][recipient] = weight
    parts = [
        (cell, recipient, level, part)
        for (cell, level, units), weights in cells.items()
        for recipient, part in split_by_largest_remainder(units, weights).items()
    ]
    create_table(session, "large_parts", _PART_COLUMNS, parts, scratch_dir=scratch_dir)
    session.execute("INSERT INTO parts SELECT * FROM large_parts")
