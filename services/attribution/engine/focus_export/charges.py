# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""A run's charges in the names of FOCUS 1.3, as Parquet and CSV, with their metadata.

The origin of an allocated charge is the sum of a day's lines of a pool, or of what pods took, by
service, account, region and charge category. Every metric that can be summed is allocated: the
run's own cost as the run has it, the others of a pool by the same ratio.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.focus_export.files import FocusInputs, filled, write_focus_files
from services.attribution.engine.largest_remainder import split_weighed
from services.attribution.engine.output.outputs import ROW_GROUP_SIZE
from services.attribution.engine.tables import create_table, sql_text
from shared.columnar import (
    Session,
    identifier,
    literal,
    parquet_scan,
    write_parquet,
)

METRICS = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
_ORIGIN = (
    "The origin charge of an allocated charge (AllocatedMethodId is not null) is an aggregate: all"
    " lines with its x_OriginChargeId, of one day, source, account, service, region, charge"
    " category and x_ChargeGroup (a pool, or what was split among pods). Over these every metric"
    " sums to the lines' own. AllocatedRatio is rounded down to 12 decimals; the metrics are exact."
)


@dataclass(frozen=True)
class FocusCharges:
    inputs: FocusInputs

    def write(self, out_dir: Path) -> dict[str, Any]:
        """`focus.parquet`, `focus.csv` and `metadata.json`, whose content is given back."""
        shutil.rmtree(self.inputs.work_dir, ignore_errors=True)
        with self.inputs.open() as session:
            metrics = self._metrics(session)
        names = {metric: self._measure(metric) for metric in metrics}
        run_id = self.inputs.run_id or names[self.inputs.config.cost]
        with self.inputs.open() as session:
            self._create_charges(session, metrics, run_id)
            return write_focus_files(
                session,
                out_dir,
                {
                    "BillingPeriod": str(self.inputs.period),
                    "RunId": run_id,
                    "SummableMetrics": metrics,
                    "OriginCharge": _ORIGIN,
                },
            )

    def _metrics(self, session: Session) -> list[str]:
        """Those that every line has; what some lines don't have can't be summed."""
        counts = ", ".join(f"count({identifier(metric)}) = count(*)" for metric in METRICS)
        row = session.execute(
            f"SELECT {counts} FROM {parquet_scan(self.inputs.snapshot_parts)}"
        ).fetchall()[0]
        return [metric for metric, is_whole in zip(METRICS, row, strict=True) if is_whole]

    def _measure(self, metric: str) -> str:
        """Splits the bill once more with the metric as its cost; the run's name by its content."""
        changes = {"cost": metric}
        if metric != self.inputs.config.cost:
            changes["commitments"] = "as_billed"
        with open_attribution(
            config=self.inputs.config.model_copy(update=changes),
            period=self.inputs.period,
            scratch_dir=self.inputs.scratch_dir,
            memory_limit_mb=self.inputs.memory_limit_mb,
        ) as attribution:
            attribution.split(
                self.inputs.snapshot_parts, self.inputs.signals, self.inputs.workloads
            )
            write_parquet(
                attribution.session,
                f"SELECT {literal(metric)} AS metric,"
                " * EXCLUDE (reason, tag_key, tag_value, units),"
                " CAST(sum(units) AS DECIMAL(38,0)) AS units FROM results GROUP BY ALL",
                self.inputs.work_dir / f"{metric}.parquet",
                row_group_size=ROW_GROUP_SIZE,
            )
            return attribution.name_of_content()

    def _create_charges(self, session: Session, metrics: Sequence[str], run_id: str) -> None:
        session.execute("SET threads = 1")
        parts = [self.inputs.work_dir / f"{metric}.parquet" for metric in metrics]
        session.execute(
            "CREATE TEMP TABLE measured AS"
            f" SELECT * REPLACE (CAST(units AS HUGEINT) AS units) FROM {parquet_scan(parts)}"
        )
        create_table(
            session,
            "names",
            {"tenant": "VARCHAR", "name": "VARCHAR"},
            [(tenant.key, tenant.name or tenant.key) for tenant in self.inputs.config.tenants],
            scratch_dir=self.inputs.work_dir,
        )
        said = {
            "metric": literal(self.inputs.config.cost),
            "currency": literal(self.inputs.config.currency),
            "run": literal(run_id),
            "started_at": f"TIMESTAMP {literal(f'{self.inputs.period.start:%Y-%m-%d %H:%M:%S}')}",
            "ended_at": f"TIMESTAMP {literal(f'{self.inputs.period.end:%Y-%m-%d %H:%M:%S}')}",
            "lines": parquet_scan(self.inputs.snapshot_parts),
            "amounts": ", ".join(map(_amount, metrics)),
        }
        for name in ("focus_charges.sql", "focus_metrics.sql"):
            session.execute(filled(sql_text(__package__, name), said))
        split_weighed(session, self.inputs.work_dir)
        session.execute(filled(sql_text(__package__, "focus_table.sql"), said))


def _amount(metric: str) -> str:
    """To money from units, exactly."""
    units = f"coalesce(sum(units) FILTER (WHERE metric = {literal(metric)}), 0)"
    return (
        f"CAST(CAST({units} AS DECIMAL(28,0)) * CAST('0.0000000001' AS DECIMAL(10,10))"
        f" AS DECIMAL(38,10)) AS {identifier(metric)}"
    )
