# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""`commitments: smoothed`: usage of one kind in one hour has one effective rate.

AWS gives a commitment's discount to whichever usage it happens to cover, so twins pay differently
by luck. Where some of a kind (account, service, region, usage type and unit, in the same time) is
covered, the EffectiveCost of all of it is spread by ConsumedQuantity, in whole units. The kind's
cost stays what it was, and so does each account's.
"""

from collections.abc import Sequence
from pathlib import Path

from services.attribution.engine.largest_remainder import split_weighed
from services.attribution.engine.tables import sql_text
from shared.columnar import Session, literal, parquet_scan, write_parquet

ROW_GROUP_SIZE = 122_880


def smooth_commitments(session: Session, parts: Sequence[Path], out_dir: Path) -> list[Path]:
    """The parts with the new EffectiveCost; their own where nothing of them changes."""
    _run(session, "smoothed_usage.sql", parquet_scan(parts, rows=True))
    split_weighed(session, out_dir)
    _run(session, "smoothed_costs.sql", "")
    changed = session.execute("SELECT DISTINCT filename FROM smoothed").fetchall()
    names = {name for (name,) in changed}
    return [
        _rewritten(session, part, out_dir / f"smoothed-{at:05d}.parquet")
        if str(part) in names
        else part
        for at, part in enumerate(parts)
    ]


def _rewritten(session: Session, part: Path, to: Path) -> Path:
    columns = "* EXCLUDE (filename, file_row_number, cost)"
    cost = "coalesce(smoothed.cost, EffectiveCost) AS EffectiveCost"
    write_parquet(
        session,
        f"SELECT {columns} REPLACE ({cost}) FROM {parquet_scan([part], rows=True)} AS lines"
        " LEFT JOIN (SELECT file_row_number, cost FROM smoothed"
        f" WHERE filename = {literal(str(part))}) AS smoothed USING (file_row_number)",
        to,
        row_group_size=ROW_GROUP_SIZE,
    )
    return to


def _run(session: Session, name: str, scan: str) -> None:
    session.execute(sql_text(__package__, name).replace("{scan}", scan))
