"""What a run is made of, fetched from the lake to the run's folders."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine import Exchange, MovedLines, set_apart
from services.attribution.queries.control_totals import control_totals
from services.attribution.queries.run_inputs import InputFiles, RunInputs
from shared.configuration import Configuration
from shared.contracts.raw_totals import RawTotal
from shared.faults import Fault
from shared.lake.lake import Lake
from shared.periods import Month


@dataclass(frozen=True)
class LocalInputs:
    """`snapshot_parts` are without lines of earlier months, and with those of later bills."""

    snapshot_parts: list[Path]
    exchange: Exchange
    raw_totals: list[RawTotal]
    signals: list[Path]
    workloads: list[Path]
    uri_of: dict[Path, str]
    """Where each of them lies in the lake."""

    @contextmanager
    def named_by_uri(self) -> Iterator[None]:
        """A fault in one of them is one in the lake's: what was fetched is gone with the run."""
        try:
            yield
        except Fault as fault:
            for path, uri in self.uri_of.items():
                fault.file = fault.file.replace(str(path), uri)
            raise


def fetch_inputs(
    inputs: RunInputs, period: Month, folders: RunFolders, config: Configuration
) -> LocalInputs:
    """What of the bill belongs to earlier months lies in `folders.moved` then."""
    lake = Lake(settings.ENVIRONMENT)
    totals = (control_totals(lake, item.raw_totals_uri) for item in inputs.snapshots)
    snapshot_parts = _fetch(lake, inputs.snapshots, folders.bill)
    signals = _fetch(lake, inputs.signals, folders.signals)
    workloads = _fetch(lake, inputs.workloads, folders.workloads)
    months = inputs.earlier_months if config.corrections == "charge_period" else ()
    divided = set_apart(
        [*snapshot_parts],
        period=period,
        months=[Month.parse(month) for month in months],
        out_dir=folders.moved,
        scratch_dir=folders.spill,
        memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
    )
    came = tuple(_moved_in(lake, inputs, folders.moved_in))
    return LocalInputs(
        snapshot_parts=[*divided.parts, *(each.path for each in came)],
        exchange=Exchange(came, divided.moved_out),
        raw_totals=[total for listed in totals for total in listed],
        signals=[*signals],
        workloads=[*workloads],
        uri_of=snapshot_parts | signals | workloads | _uris_of_moved(inputs, came),
    )


def _moved_in(lake: Lake, inputs: RunInputs, to: Path) -> Iterator[MovedLines]:
    paths = lake.fetch_all([item.lines.uri for item in inputs.moved_in], to)
    for item, path in zip(inputs.moved_in, paths, strict=True):
        yield MovedLines(
            period=item.period,
            source=item.lines.source,
            path=path,
            content_hash=item.lines.content_hash,
            line_count=item.lines.line_count,
            billed=Decimal(item.lines.billed),
            effective=Decimal(item.lines.effective),
        )


def _uris_of_moved(inputs: RunInputs, came: Sequence[MovedLines]) -> dict[Path, str]:
    return {each.path: item.lines.uri for item, each in zip(inputs.moved_in, came, strict=True)}


def _fetch(lake: Lake, sets: Iterable[InputFiles], to: Path) -> dict[Path, str]:
    uris = [uri for item in sets for uri in item.part_uris]
    return dict(zip(lake.fetch_all(uris, to), uris, strict=True))
