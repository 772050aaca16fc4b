"""`trueback what-if`: a changed ruleset tried on past months before it is saved."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from services.attribution.domain.proof import side_of
from services.attribution.domain.what_if import (
    HEADER,
    PeriodChange,
    compare,
    costs_by_tenant,
    from_json,
    rows,
    to_json,
)
from services.attribution.engine import Run, attribute
from services.command.attribute import month_of
from services.command.bill_files import Bill, BillFiles, MemoryMb, Signals, Workloads, bill_files
from services.command.figures import money, per_cent
from services.command.formats import Format
from services.command.stack import answer_of
from shared.configuration import Configuration, load_configuration
from shared.csv_files import write_rows
from shared.periods import Month


def what_if(
    periods: Annotated[
        list[str] | None, typer.Argument(help="Months; without any, the last closed ones.")
    ] = None,
    *,
    config: Annotated[Path, typer.Option(help="The changed ruleset.")],
    format_: Annotated[Format, typer.Option("--format")] = Format.TEXT,
    before: Annotated[
        Path | None, typer.Option(help="On files: the ruleset that it is compared with.")
    ] = None,
    bill: Bill = "",
    signals: Signals = None,
    workloads: Workloads = None,
    memory_mb: MemoryMb = 1024,
) -> None:
    """What each tenant would have cost, and whose margin would turn; nothing is stored.

    With --bill and --before on the files of one month, else on runs of the stack.
    """
    months = [month_of(period, hint="PERIODS") for period in periods or []]
    changed = load_configuration(config)
    files = bill_files(bill, before, signals, workloads, memory_mb, config_option="--before")
    if files is None:
        question = {
            "content": config.read_text(encoding="utf-8"),
            "periods": list(map(str, months)),
        }
        period_changes = answer_of("POST", "/api/v1/what-if", question)["periods"]
        _print([from_json(each) for each in period_changes], format_)
    elif len(months) != 1:
        raise typer.BadParameter("on files it is one month.", param_hint="PERIODS")
    else:
        _print([_of_files(files, months[0], changed)], format_)


def _of_files(files: BillFiles, month: Month, changed: Configuration) -> PeriodChange:
    ruleset = load_configuration(files.config)
    with files.snapshot(month) as (snapshot, scratch):

        def run_of(config: Configuration) -> Run:
            return attribute(
                snapshot_parts=snapshot.parts,
                raw_totals=snapshot.raw_totals,
                config=config,
                signals=files.signals,
                workloads=files.workloads,
                period=month,
                out_dir=scratch / "out",
                scratch_dir=scratch,
                memory_limit_mb=files.memory_mb,
            )

        first, second = run_of(ruleset), run_of(changed)
    before, after = (
        costs_by_tenant((row.tenant, row.amount) for row in run.statements)
        for run in (first, second)
    )
    return PeriodChange(str(month), first.run_id, ruleset.currency, compare(before, after, {}))


def _print(period_changes: Sequence[PeriodChange], form: Format) -> None:
    match form:
        case Format.TEXT:
            for each in period_changes:
                _print_table(each)
        case Format.JSON:
            print(json.dumps({"periods": list(map(to_json, period_changes))}, indent=2))
        case Format.CSV:
            write_rows(sys.stdout, HEADER, (row for each in period_changes for row in rows(each)))


def _print_table(period_change: PeriodChange) -> None:
    console = Console(highlight=False)
    changed = [change for change in period_change.changes if change.difference]
    title = f"{period_change.period} in {period_change.currency}, beside {period_change.run_id}"
    if not changed:
        console.print(f"{title}: nothing changes.")
        return
    table = Table(title=title)
    table.add_column("tenant")
    for heading in ("before", "after", "difference", ""):
        table.add_column(heading, justify="right")
    table.add_column("margin")
    for change in changed:
        table.add_row(
            escape(change.tenant),
            *(money(amount) for amount in (change.before, change.after, change.difference)),
            per_cent(change.difference, change.before),
            f"[bold]turns {change.turns}[/]" if change.turns else "",
        )
    console.print(table)
    # Overhead, idle and unallocated cost are no tenants, and have a row where they change.
    same = sum(
        side_of(change.tenant) == "attributed"
        for change in period_change.changes
        if not change.difference
    )
    turned = sum(bool(change.turns) for change in changed)
    stay = "1 tenant stays as it is" if same == 1 else f"{same} tenants stay as they are"
    console.print(f"{stay}; the margin of {turned} changes its sign.")
