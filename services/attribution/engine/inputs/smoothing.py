"""`commitments: smoothed`: usage of one kind in one hour has one effective rate.

AWS gives a commitment's discount to whichever usage it happens to cover, so twins pay differently
by luck. Where some of a kind (service, region, usage type and unit, in the same time and the same
scope) is covered, the EffectiveCost of all of it is spread by ConsumedQuantity, in whole quanta.
What the kind costs stays. The scope is an account, a group of accounts as AWS's sharing of
commitments has them, or the payer; beyond an account, what each of them lost or got is `moved`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from services.attribution.engine.bill_columns import types_of_columns
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.sql.expressions import (
    Sql,
    case,
    identifier,
    literal,
    one_of,
    or_empty,
    parquet_scan,
    type_name,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query

_MOVED_COLUMNS: Final = {
    **dict.fromkeys(("source", "account", "service", "charge_category"), "VARCHAR"),
    "quanta": "DECIMAL(38,0)",
}


def smooth_commitments(
    session: Session, config: Configuration, parts: Sequence[Path], out_dir: Path
) -> Sequence[Path]:
    """The parts with the new EffectiveCost; their own where nothing of them changes.

    Makes `moved_costs`, which has no rows where no account's cost changes.
    """
    moved: list[tuple[object, ...]] = []
    if config.smoothing_scope is not None:
        parts = _smoothed(session, config, parts, out_dir)
        moved = run_script(session, __package__, "moved_costs.sql").fetchall()
    create_table(session, "moved_costs", _MOVED_COLUMNS, moved, scratch_dir=out_dir)
    return parts


def _smoothed(
    session: Session, config: Configuration, parts: Sequence[Path], out_dir: Path
) -> Sequence[Path]:
    lines = parquet_scan(parts, rows=True)
    names = {"lines": lines, "scope": _scope(config)}
    run_script(session, __package__, "smoothed_usage.sql", names)
    split_weights(session, weights="smoothed_weights", parts="smoothed_parts", scratch_dir=out_dir)
    run_script(session, __package__, "smoothed_costs.sql")
    changed = run_script(session, __package__, "smoothed_files.sql").fetchall()
    files = {name for (name,) in changed}
    return [
        _rewritten(session, part, out_dir / f"smoothed-{at:05d}.parquet")
        if str(part) in files
        else part
        for at, part in enumerate(parts)
    ]


def _scope(config: Configuration) -> Sql:
    """Of a line, what it has one rate with. An account in no group has its own."""
    account = or_empty(identifier("x_Account"))
    if config.smoothing_scope == "payer":
        return or_empty(identifier("BillingAccountId"))
    if config.smoothing_scope == "account":
        return account
    groups = config.commitment_groups.items()
    return case(
        [(one_of(account, each), literal(f"group:{name}")) for name, each in groups], account
    )


def _rewritten(session: Session, part: Path, to: Path) -> Path:
    lines = parquet_scan([part], rows=True)
    cost_type = type_name(types_of_columns(session, lines)["EffectiveCost"])
    names = {"lines": lines, "file": literal(str(part)), "cost_type": cost_type}
    write_parquet(session, script_query(__package__, "smoothed_lines.sql", names), to)
    return to
