"""What of each bill line went to one tenant, in the names of FOCUS 1.3."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.attribution.domain.evidence import Selection
from services.attribution.domain.evidence_rows import lines_of
from services.attribution.domain.line_amounts import amounts_by_line
from services.attribution.engine.explain import explain
from services.attribution.engine.focus_export.files import FocusInputs, write_focus_files
from services.attribution.engine.tables import create_table
from shared.faults import BadInput
from shared.sql.expressions import identifier, literal, parquet_scan
from shared.sql.scripts import run_script

_LINES_MAX: Final = 500_000
"""Held at once; a day of a tenant that has more is asked for alone."""
_COLUMNS: Final = {
    **dict.fromkeys(("source", "line", "charge_group", "method", "rule", "driver"), "VARCHAR"),
    "quanta": "HUGEINT",
}
_ORIGIN: Final = (
    "A row is what of one bill line (x_LineId of x_Source) went to the tenant; x_OriginCost is the"
    " whole line's. The rows sum to what the run gives the tenant. A line that was split with"
    " others by one weight has its part of the split in proportion to its cost."
)


@dataclass(frozen=True)
class TenantLines:
    inputs: FocusInputs
    selection: Selection

    def write(self, out_dir: Path) -> dict[str, Any]:
        """As `FocusCharges`. Raises NothingToExplain, and BadInput where lines are too many."""
        explanation = explain(
            snapshot_parts=self.inputs.snapshot_parts,
            config=self.inputs.config,
            signals=self.inputs.signals,
            workloads=self.inputs.workloads,
            period=self.inputs.period,
            selection=self.selection,
            scratch_dir=self.inputs.scratch_dir,
            rows_max=_LINES_MAX,
            memory_limit_mb=self.inputs.memory_limit_mb,
        )
        count = lines_of(*(part.evidence for part in explanation.parts)).count
        if count > _LINES_MAX:
            raise BadInput(
                f"it rests on {count:,} lines, more than {_LINES_MAX:,}.", remedy="Ask for a day."
            )
        run_id = self.inputs.run_id or explanation.provenance.run_id
        shutil.rmtree(self.inputs.work_dir, ignore_errors=True)
        with self.inputs.open() as session:
            rows = [(*key, quanta) for key, quanta in amounts_by_line(explanation).items()]
            create_table(session, "tenant_parts", _COLUMNS, rows, scratch_dir=self.inputs.work_dir)
            names = {
                "tenant": literal(self.selection.tenant),
                "run": literal(run_id),
                "measure": identifier(self.inputs.config.cost),
                "lines": parquet_scan(self.inputs.snapshot_parts),
            }
            session.execute("SET threads = 1")
            run_script(session, __package__, "focus_lines.sql", names)
            return write_focus_files(
                session,
                "focus_lines",
                out_dir,
                {
                    "BillingPeriod": str(self.inputs.period),
                    "RunId": run_id,
                    "OriginCharge": _ORIGIN,
                },
            )
