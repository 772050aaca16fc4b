"""What `trueback attribute` takes, for commands that work on files or on the stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from services.command.attribute import read_snapshot
from services.ingestion.engine import Snapshot
from shared.periods import Month

Bill = Annotated[str, typer.Option(help="On files: the bill, as of `trueback attribute`.")]
Config = Annotated[Path | None, typer.Option(help="On files: the ruleset.")]
Signals = Annotated[Path | None, typer.Option(help="On files: usage signals.")]
Workloads = Annotated[Path | None, typer.Option(help="On files: workloads.")]
MemoryMb = Annotated[int, typer.Option(min=128, help="On files: memory limit of the engine.")]


@dataclass(frozen=True)
class BillFiles:
    bill: str
    config: Path
    signals: list[Path]
    workloads: list[Path]
    memory_mb: int

    @contextmanager
    def snapshot(self, month: Month) -> Iterator[tuple[Snapshot, Path]]:
        """The bill as a snapshot, with a folder for work beside it; both are gone afterwards."""
        with TemporaryDirectory(prefix="trueback-") as name:
            yield read_snapshot(self.bill, month, Path(name), self.memory_mb), Path(name)


def bill_files(
    bill: str,
    config: Path | None,
    signals: Path | None,
    workloads: Path | None,
    memory_mb: int,
    *,
    config_option: str = "--config",
) -> BillFiles | None:
    """None where neither is given: the stack is meant."""
    if config is None and not bill:
        return None
    if config is None or not bill:
        raise typer.BadParameter("on files both are needed.", param_hint=f"--bill, {config_option}")
    return BillFiles(
        bill=bill,
        config=config,
        signals=[signals] if signals else [],
        workloads=[workloads] if workloads else [],
        memory_mb=memory_mb,
    )
