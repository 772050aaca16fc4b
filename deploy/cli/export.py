"""`trueback export focus`: a run's charges for whoever reads FOCUS."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.attribute import month_of
from deploy.cli.bill_files import (
    Bill,
    BillFiles,
    Config,
    MemoryMb,
    Signals,
    Workloads,
    bill_files,
)
from deploy.cli.operate import answer_of, current_run, download
from services.attribution.engine.focus_export import FocusExport
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
    run: Annotated[str, typer.Option(help="On the stack: a run; else the current one.")] = "",
    bill: Bill = "",
    config: Config = None,
    signals: Signals = None,
    workloads: Workloads = None,
    memory_mb: MemoryMb = 1024,
) -> None:
    """Allocated charges in the names of FOCUS 1.3; they sum to their origin charge."""
    month = month_of(period, hint="PERIOD")
    files = bill_files(bill, config, signals, workloads, memory_mb)
    if files is None:
        answer = answer_of("GET", f"/api/v1/runs/{run or current_run(period)}/focus")
        download(answer["files"], out)
        count = answer["metadata"]["RowCount"]
    else:
        count = _of_files(files, month, out)
    print(f"{count} charges of {period} written to {out}")


def _of_files(files: BillFiles, month: Month, out: Path) -> int:
    ruleset = load_configuration(files.config)
    with files.snapshot(month) as (snapshot, scratch):
        metadata = FocusExport(
            config=ruleset,
            period=month,
            snapshot_parts=snapshot.parts,
            signals=files.signals,
            workloads=files.workloads,
            scratch_dir=scratch,
            memory_limit_mb=files.memory_mb,
        ).write(out)
    return int(metadata["RowCount"])
