"""`trueback export focus`: a run's charges for whoever reads FOCUS."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from services.attribution.domain.evidence import Selection
from services.attribution.domain.evidence_json import selection_to_json
from services.attribution.engine.focus_export import export_focus
from services.attribution.engine.focus_export.files import FocusInputs
from services.command.attribute import day_of, month_of
from services.command.bill_files import (
    Bill,
    BillFiles,
    Config,
    MemoryMb,
    Signals,
    Workloads,
    bill_files,
)
from services.command.out_folder import make_folder
from services.command.stack import answer_of, current_run, download
from shared.configuration import load_configuration
from shared.periods import Month

app = typer.Typer(name="export", help="Hand on what came out.", no_args_is_help=True)


@app.callback()
def export() -> None:
    """Hand on what came out."""


@app.command("focus")
def focus(
    period: Annotated[str, typer.Argument(help="Month, such as 2026-10.")],
    *,
    out: Annotated[Path, typer.Option(help="Folder for focus.parquet, focus.csv, metadata.json.")],
    tenant: Annotated[str, typer.Option(help="One tenant's part of each bill line.")] = "",
    day: Annotated[str, typer.Option(help="With --tenant: one day, such as 2026-10-03.")] = "",
    run: Annotated[str, typer.Option(help="On the stack: a run; else the current one.")] = "",
    bill: Bill = "",
    config: Config = None,
    signals: Signals = None,
    workloads: Workloads = None,
    memory_mb: MemoryMb = 1024,
) -> None:
    """Allocated charges in the names of FOCUS 1.3; they sum to their origin charge."""
    month = month_of(period, hint="PERIOD")
    if day and not tenant:
        raise typer.BadParameter("a day is of one tenant's lines.", param_hint="--tenant")
    selection = Selection(tenant, day=day_of(day)) if tenant else None
    files = bill_files(bill, config, signals, workloads, memory_mb)
    make_folder(out)
    if files is None:
        query = urlencode(selection_to_json(selection)) if selection else ""
        path = f"/api/v1/runs/{run or current_run(period)}/focus?{query}"
        answer = answer_of("GET", path)
        download(answer["files"], out)
        metadata = answer["metadata"]
    else:
        metadata = _of_files(files, month, selection, out)
    what = "lines" if tenant else "charges"
    print(f"{metadata['RowCount']} {what} of {period} written to {out}")


def _of_files(
    files: BillFiles, month: Month, selection: Selection | None, out: Path
) -> dict[str, Any]:
    ruleset = load_configuration(files.config)
    with files.snapshot(month) as (snapshot, scratch):
        inputs = FocusInputs(
            config=ruleset,
            period=month,
            snapshot_parts=snapshot.parts,
            signals=files.signals,
            workloads=files.workloads,
            scratch_dir=scratch,
            memory_limit_mb=files.memory_mb,
        )
        return export_focus(inputs, out, selection)
