"""The money kernel: splits whole quanta by largest remainder, of any size, ties by recipient."""

from collections import defaultdict
from pathlib import Path
from typing import Final

from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.money import split_by_largest_remainder
from shared.sql.expressions import identifier
from shared.sql.scripts import run_script

_PART_COLUMNS: Final = {
    "cell": "BIGINT",
    "recipient": "VARCHAR",
    "level": "INTEGER",
    "quanta": "HUGEINT",
}


def split_weights(session: Session, *, weights: str, parts: str, scratch_dir: Path) -> None:
    """Makes the table `parts` (cell, recipient, level, quanta) of the table `weights`.

    `weights` has cell, quanta, recipient, weight, total and level: a row for each recipient of a
    cell, with the cell's quanta and the sum of its weights.
    """
    names = {"weights": identifier(weights)}
    counts = run_script(session, __package__, "count_weights.sql", names).fetchall()
    count, large_count = counts[0]
    if count == 0:  # as in most steps of most runs; the kernel is a long query
        create_table(session, parts, _PART_COLUMNS, [], scratch_dir=scratch_dir)
        return
    large = f"{parts}_beyond_127_bits"
    rows = _split_beyond_127_bits(session, weights) if large_count > 0 else []
    create_table(session, large, _PART_COLUMNS, rows, scratch_dir=scratch_dir)
    run_script(
        session,
        __package__,
        "largest_remainder.sql",
        {**names, "parts": identifier(parts), "large": identifier(large)},
    )


def _split_beyond_127_bits(session: Session, weights: str) -> list[tuple[int, str, int, int]]:
    """Parts of the cells whose product of quanta and weight no integer of DuckDB holds."""
    rows = run_script(
        session, __package__, "weights_beyond_127_bits.sql", {"weights": identifier(weights)}
    ).fetchall()
    cells: dict[tuple[int, int, int], dict[str, int]] = defaultdict(dict)
    for cell, level, quanta, recipient, weight in rows:
        cells[cell, level, quanta][recipient] = weight
    return [
        (cell, recipient, level, part)
        for (cell, level, quanta), by_recipient in cells.items()
        for recipient, part in split_by_largest_remainder(quanta, by_recipient).items()
    ]
