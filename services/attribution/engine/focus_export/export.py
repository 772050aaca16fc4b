"""`trueback export focus`: a run's charges, or what of each bill line went to one tenant."""

from pathlib import Path
from typing import Any

from services.attribution.domain.evidence import Selection
from services.attribution.engine.focus_export.charges import FocusCharges
from services.attribution.engine.focus_export.files import FocusInputs
from services.attribution.engine.focus_export.tenant_lines import TenantLines


def export_focus(
    inputs: FocusInputs, out_dir: Path, selection: Selection | None = None
) -> dict[str, Any]:
    """The content of `metadata.json`, beside `focus.parquet` and `focus.csv`."""
    if selection is None:
        return FocusCharges(inputs).write(out_dir)
    return TenantLines(inputs, selection).write(out_dir)
