"""A synthetic month: a snapshot as ingestion writes it, signals, and the ruleset for both.

30 parts of a day each, with every column of a snapshot and one more, the promoted tag `customer`
for the bare scan. 2,000 skewed tenants in 200 accounts; three hourly pools with about 120 tenants
in each hour. Made once and kept.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Final

import duckdb

from services.ingestion.engine.focus_columns import COLUMNS, type_of
from shared.configuration import Configuration, parse_configuration
from shared.contracts.raw_totals import RawTotal
from shared.periods import Month
from shared.sql.expressions import identifier
from shared.sql.parquet import write_parquet

PERIOD: Final = Month(2026, 10)
DAYS: Final = 30
RESTATED_DAY: Final = 14
TENANTS: Final = 2000
POOLS: Final = {"nat": "*NatGateway*", "lb": "*L*B*Usage*", "logs": "*DataProcessing*"}
_HERE: Final = Path(__file__).parent


@dataclass(frozen=True)
class SyntheticMonth:
    lines: int
    folder: Path

    @property
    def parts(self) -> list[Path]:
        return [self.folder / f"part-{day:05d}.parquet" for day in range(DAYS)]

    @property
    def restated_parts(self) -> list[Path]:
        """The same month after a day's costs were restated."""
        parts = self.parts
        parts[RESTATED_DAY] = self.folder / "restated.parquet"
        return parts

    @property
    def signals(self) -> Path:
        return self.folder / "signals.parquet"

    def raw_totals(self, *, restated: bool = False) -> list[RawTotal]:
        name = "restated-totals.json" if restated else "totals.json"
        return [RawTotal.from_json(each) for each in json.loads((self.folder / name).read_text())]

    @cached_property
    def config(self) -> Configuration:
        return parse_configuration(self.ruleset)

    @property
    def ruleset(self) -> str:
        tenants = ", ".join(f"{{key: t{at:04d}}}" for at in range(TENANTS))
        accounts = ", ".join(f"'{100000000160 + at}': t{at:04d}" for at in range(20))
        pools = "".join(
            f"  - {{name: {name}, when: {{usage_type: ['{pattern}']}},"
            f" drivers: [{{signal: {name}_use}}, {{proportional: direct}}, {{even: true}}]}}\n"
            for name, pattern in POOLS.items()
        )
        return (
            f"version: 1\ncurrency: USD\ntenants: [{tenants}]\n"
            "labels: {tenant: ['tag:customer', 'tag:tenant'], team: ['tag:team']}\n"
            f"pools:\n{pools}defaults: {{accounts: {{{accounts}}}}}\n"
        )


def synthetic_month(lines: int, home: Path) -> SyntheticMonth:
    """The one that is kept in `home`, or a new one there."""
    folder = home / f"lines-{lines}"
    if not folder.exists():
        fresh = home / f".lines-{lines}"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        _write(SyntheticMonth(lines, fresh))
        fresh.rename(folder)
    month = SyntheticMonth(lines, folder)
    assert month.config  # parsed here, and in none of the processes that are measured
    return month


def _write(month: SyntheticMonth) -> None:
    with duckdb.connect() as session:
        session.execute("SET enable_progress_bar = false")
        for day, path in enumerate(month.parts):
            _write_day(session, month.lines, day, path)
        restated = month.restated_parts
        _write_day(session, month.lines, RESTATED_DAY, restated[RESTATED_DAY], restated=True)
        _write_totals(session, month.parts, month.folder / "totals.json")
        _write_totals(session, restated, month.folder / "restated-totals.json")
        signals = session.sql((_HERE / "signals.sql").read_text())
        signals.write_parquet(str(month.signals))


def _write_day(
    session: duckdb.DuckDBPyConnection,
    lines: int,
    day: int,
    path: Path,
    *,
    restated: bool = False,
) -> None:
    variables = {
        "day": day,
        "first_line": lines * day // DAYS,
        "last_line": lines * (day + 1) // DAYS,
        "restated": restated,
    }
    for name, value in variables.items():
        session.execute(f"SET VARIABLE {name} = {value}")
    lines_of_day = session.sql((_HERE / "lines.sql").read_text())
    write_snapshot(session, lines_of_day, path, more=["customer"])


def write_snapshot(
    session: duckdb.DuckDBPyConnection,
    lines: duckdb.DuckDBPyRelation,
    path: Path,
    *,
    more: Sequence[str] = (),
) -> None:
    """The lines with every column of a snapshot, and these."""
    columns = [
        name if name in lines.columns else f"CAST(NULL AS {type_of(name)}) AS {name}"
        for name in COLUMNS
    ]
    lines.project(", ".join([*columns, *more])).create_view("snapshot")
    write_parquet(session, identifier("snapshot"), path)


def _write_totals(session: duckdb.DuckDBPyConnection, parts: Sequence[Path], path: Path) -> None:
    path.write_text(json.dumps([total.to_json() for total in raw_totals_of(session, parts)]))


def raw_totals_of(session: duckdb.DuckDBPyConnection, parts: Sequence[Path]) -> list[RawTotal]:
    """As ingestion would find them: all costs are written with ten decimals."""
    lines = session.read_parquet([str(part) for part in parts])
    rows = lines.aggregate(
        "x_Source, x_Account, ServiceName, ChargeCategory, sum(BilledCost), sum(EffectiveCost)"
    )
    return [_raw_total(*row) for row in rows.order("ALL").fetchall()]


def _raw_total(
    source: str, account: str, service: str, category: str, billed: Decimal, effective: Decimal
) -> RawTotal:
    return RawTotal(
        source=source,
        account=account,
        service=service,
        charge_category=category,
        billed=billed,
        effective=effective,
        billed_exact=billed,
        effective_exact=effective,
    )
