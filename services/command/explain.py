"""`trueback explain`: why an amount is what it is, on files or of a run of the stack."""

import json
import sys
from typing import Annotated
from urllib.parse import urlencode

import typer

from services.attribution.domain.evidence import Explanation, Selection
from services.attribution.domain.evidence_json import from_json, selection_to_json, to_json
from services.attribution.domain.evidence_rows import HEADER, rows
from services.attribution.engine.explain import explain as explain_run
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
from services.command.explain_text import print_explanation
from services.command.formats import Format
from services.command.stack import answer_of
from shared.configuration import load_configuration
from shared.csv_files import write_rows
from shared.periods import Month


def explain(
    period: Annotated[str, typer.Argument(help="Month, such as 2026-10.")],
    tenant: Annotated[
        str, typer.Argument(help="A tenant, or overhead:platform, idle:prod, unallocated ...")
    ],
    *,
    charge_group: Annotated[str, typer.Option(help="Such as Compute or pool:nat.")] = "",
    method: Annotated[str, typer.Option(help="Such as label or pool-signal.")] = "",
    service: Annotated[str, typer.Option()] = "",
    account: Annotated[str, typer.Option()] = "",
    day: Annotated[str, typer.Option(help="Such as 2026-10-03.")] = "",
    rule: Annotated[str, typer.Option()] = "",
    format_: Annotated[Format, typer.Option("--format")] = Format.TEXT,
    rows_max: Annotated[
        int, typer.Option("--rows", min=1, max=10_000, help="Lines and signals named per part.")
    ] = 5,
    run: Annotated[str, typer.Option(help="On the stack: a run; else the current one.")] = "",
    bill: Bill = "",
    config: Config = None,
    signals: Signals = None,
    workloads: Workloads = None,
    memory_mb: MemoryMb = 1024,
) -> None:
    """Why an amount is what it is: bill lines, rule, driver, weights, share.

    With --bill and --config on files, as `trueback attribute`; else of a run of the stack.
    """
    month = month_of(period, hint="PERIOD")
    selection = Selection(
        tenant=tenant,
        charge_group=charge_group,
        method=method,
        service=service,
        account=account,
        day=day_of(day),
        rule=rule,
    )
    files = bill_files(bill, config, signals, workloads, memory_mb)
    if files is None:
        _print(_of_stack(month, selection, run, rows_max), format_)
    else:
        _print(_of_files(files, month, selection, rows_max), format_)


def _of_files(files: BillFiles, month: Month, selection: Selection, rows_max: int) -> Explanation:
    config = load_configuration(files.config)
    with files.snapshot(month) as (snapshot, scratch):
        return explain_run(
            snapshot_parts=snapshot.parts,
            config=config,
            signals=files.signals,
            workloads=files.workloads,
            period=month,
            selection=selection,
            scratch_dir=scratch,
            rows_max=rows_max,
            memory_limit_mb=files.memory_mb,
        )


def _of_stack(month: Month, selection: Selection, run: str, rows_max: int) -> Explanation:
    asked = selection_to_json(selection) | ({"run": run} if run else {})
    query = urlencode(asked | {"rows": rows_max})
    return from_json(answer_of("GET", f"/api/v1/periods/{month}/explanations?{query}"))


def _print(explanation: Explanation, form: Format) -> None:
    match form:
        case Format.TEXT:
            print_explanation(explanation)
        case Format.JSON:
            print(json.dumps(to_json(explanation), indent=2, ensure_ascii=False))
        case Format.CSV:
            write_rows(sys.stdout, HEADER, rows(explanation))
