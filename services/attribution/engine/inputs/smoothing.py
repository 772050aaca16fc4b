"""`commitments: smoothed`: usage of one kind in one hour has one effective rate.

AWS gives a commitment's discount to whichever usage it happens to cover, so twins pay differently
by luck. Where some of a kind (account, service, region, usage type and unit, in the same time) is
covered, the EffectiveCost of all of it is spread by ConsumedQuantity, in whole quanta. The kind's
cost stays what it was, and so does each account's.
"""

from collections.abc import Sequence
from pathlib import Path

from services.attribution.engine.largest_remainder import split_weights
from shared.columnar import Session
from shared.sql.expressions import literal, parquet_scan
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query


def smooth_commitments(session: Session, parts: Sequence[Path], out_dir: Path) -> list[Path]:
    """The parts with the new EffectiveCost; their own where nothing of them changes."""
    lines = parquet_scan(parts, rows=True)
    run_script(session, __package__, "smoothed_usage.sql", {"lines": lines})
    split_weights(session, weights="smoothed_weights", parts="smoothed_parts", scratch_dir=out_dir)
    run_script(session, __package__, "smoothed_costs.sql")
    changed = run_script(session, __package__, "smoothed_files.sql").fetchall()
    names = {name for (name,) in changed}
    return [
        _rewritten(session, part, out_dir / f"smoothed-{at:05d}.parquet")
        if str(part) in names
        else part
        for at, part in enumerate(parts)
    ]


def _rewritten(session: Session, part: Path, to: Path) -> Path:
    names = {"lines": parquet_scan([part], rows=True), "file": literal(str(part))}
    write_parquet(session, script_query(__package__, "smoothed_lines.sql", names), to)
    return to
