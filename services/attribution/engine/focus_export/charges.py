"""A run's charges in the names of FOCUS 1.3, as Parquet and CSV, with their metadata.

The origin of an allocated charge is the sum of a day's lines of a pool, or of what pods took, by
service, account, region and charge category. Every metric that can be summed is allocated: the
run's own cost as the run has it, the others of a pool by the same ratio.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.focus_export.files import FocusInputs, write_focus_files
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.sql.expressions import (
    Sql,
    listed,
    literal,
    parquet_scan,
    timestamp,
)
from shared.sql.parquet import write_parquet
from shared.sql.scripts import run_script, script_query

METRICS: Final = ("BilledCost", "ContractedCost", "EffectiveCost", "ListCost")
_ORIGIN: Final = (
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
                "focus_charges",
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
        lines = {"lines": parquet_scan(self.inputs.snapshot_parts)}
        row = run_script(session, __package__, "whole_metrics.sql", lines).fetchall()[0]
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
            names = {"metric": literal(metric)}
            write_parquet(
                attribution.session,
                script_query(__package__, "measured_results.sql", names),
                self.inputs.work_dir / f"{metric}.parquet",
            )
            return attribution.name_of_content()

    def _create_charges(self, session: Session, metrics: Sequence[str], run_id: str) -> None:
        # One thread, so that rows come in one order.
        session.execute("SET threads = 1")
        parts = [self.inputs.work_dir / f"{metric}.parquet" for metric in metrics]
        metric = literal(self.inputs.config.cost)
        run_script(session, __package__, "measured.sql", {"rows": parquet_scan(parts)})
        create_table(
            session,
            "tenant_names",
            {"tenant": "VARCHAR", "name": "VARCHAR"},
            [(tenant.key, tenant.name or tenant.key) for tenant in self.inputs.config.tenants],
            scratch_dir=self.inputs.work_dir,
        )
        run_script(session, __package__, "charges.sql", {"metric": metric})
        run_script(session, __package__, "metric_weights.sql", {"metric": metric})
        split_weights(
            session,
            weights="metric_weights",
            parts="metric_parts",
            scratch_dir=self.inputs.work_dir,
        )
        run_script(
            session,
            __package__,
            "focus_charges.sql",
            {
                "metric": metric,
                "currency": literal(self.inputs.config.currency),
                "run": literal(run_id),
                "started_at": timestamp(self.inputs.period.start),
                "ended_at": timestamp(self.inputs.period.end),
                "lines": parquet_scan(self.inputs.snapshot_parts),
                "amounts": listed({metric: _amount(metric) for metric in metrics}),
            },
        )


def _amount(metric: str) -> Sql:
    """Money from quanta, exactly."""
    return script_query(__package__, "metric_amount.sql", {"metric": literal(metric)})
