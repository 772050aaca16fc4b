"""`trueback attribute`: one bill to its tenants, on files alone, without any server."""

import datetime as dt
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from services.attribution.engine import attribute as attribute_snapshot
from services.attribution.engine.inputs.misspelt_labels import misspelt_labels
from services.attribution.ruleset_guess.guess import guess_ruleset
from services.command.out_folder import refused_if_unwritable, whole_folder
from services.command.starter import starter_text
from services.command.summary import print_guess, print_summary
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import Configuration, load_configuration, parse_configuration
from shared.faults import BadConfiguration, Fault
from shared.periods import Month
from shared.readable import refused_if_out_of_reach

_STARTER = "trueback.yaml"


def attribute(
    bill: Annotated[str, typer.Option(help="Folder, s3:// prefix or file of the bill.")],
    period: Annotated[str, typer.Option(help="Month, such as 2026-10.")],
    out: Annotated[Path, typer.Option(help="Output folder; written whole or not at all.")],
    config: Annotated[Path | None, typer.Option(help="The ruleset; guessed without.")] = None,
    signals: Annotated[Path | None, typer.Option(help="File or folder of usage signals.")] = None,
    workloads: Annotated[
        Path | None, typer.Option(help="File or folder of Kubernetes workloads.")
    ] = None,
    memory_mb: Annotated[int, typer.Option(min=128, help="Memory limit of the engine.")] = 1024,
) -> None:
    """Attribute a month's bill to tenants, exactly, and prove it."""
    month = month_of(period)
    with refused_if_unwritable(out):
        has_starter = (out / _STARTER).exists()
    if config is None and has_starter:
        raise BadConfiguration(
            "a ruleset is there already, and is never overwritten.",
            file=str(out / _STARTER),
            field="--config",
            remedy="Give it as --config, or another --out to guess afresh.",
        )
    given = None if config is None else load_configuration(config)
    with (
        whole_folder(out) as folder,
        tempfile.TemporaryDirectory(prefix="trueback-", dir=folder.parent) as scratch,
    ):
        snapshot = read_snapshot(bill, month, Path(scratch), memory_mb)
        ruleset = given or _guessed(snapshot, folder / _STARTER, Path(scratch), memory_mb)
        run = attribute_snapshot(
            snapshot_parts=snapshot.parts,
            raw_totals=snapshot.raw_totals,
            config=ruleset,
            signals=[signals] if signals else [],
            workloads=[workloads] if workloads else [],
            period=month,
            out_dir=folder,
            scratch_dir=Path(scratch),
            memory_limit_mb=memory_mb,
            unreadable=snapshot.unreadable,
        )
        absent = misspelt_labels(
            run,
            snapshot_parts=snapshot.parts,
            config=ruleset,
            scratch_dir=Path(scratch),
            memory_limit_mb=memory_mb,
        )
    print_summary(run, snapshot, absent, out)


def _guessed(snapshot: Snapshot, starter: Path, scratch: Path, memory_mb: int) -> Configuration:
    guess = guess_ruleset(
        snapshot_parts=snapshot.parts,
        currency=snapshot.currency,
        scratch_dir=scratch,
        memory_limit_mb=memory_mb,
        unreadable=snapshot.unreadable,
    )
    text = starter_text(guess, period=snapshot.period)
    starter.write_text(text, encoding="utf-8")
    print_guess(guess, starter.name)
    return parse_configuration(text, file=starter.name)


def month_of(text: str, hint: str = "--period") -> Month:
    try:
        return Month.parse(text)
    except Fault as fault:
        raise typer.BadParameter(str(fault), param_hint=hint) from fault


def day_of(text: str, hint: str = "--day") -> dt.date | None:
    """None for an empty text."""
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(
            f"{text!r} is no day such as 2026-10-03.", param_hint=hint
        ) from error


def read_snapshot(bill: str, month: Month, scratch: Path, memory_mb: int) -> Snapshot:
    root = Path(bill)
    if bill.startswith("s3://"):
        from services.command.s3 import download_delivery  # noqa: PLC0415 - boto3 starts slowly

        root = download_delivery(bill, period=month, into=scratch / "bill")
    with refused_if_out_of_reach(root):
        delivery = find_delivery(root, period=month)
    return normalise(
        delivery,
        period=month,
        out_dir=scratch / "snapshot",
        scratch_dir=scratch,
        memory_limit_mb=memory_mb,
    )
