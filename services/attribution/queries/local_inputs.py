"""What a run is made of, fetched from the lake to the run's folders."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from services.attribution.domain.run_folders import RunFolders
from services.attribution.queries.control_totals import control_totals
from services.attribution.queries.run_inputs import InputFiles, RunInputs
from shared.contracts.raw_totals import RawTotal
from shared.lake.lake import Lake


@dataclass(frozen=True)
class LocalInputs:
    snapshot_parts: list[Path]
    raw_totals: list[RawTotal]
    signals: list[Path]
    workloads: list[Path]


def fetch_inputs(inputs: RunInputs, folders: RunFolders) -> LocalInputs:
    lake = Lake(settings.ENVIRONMENT)
    totals = (control_totals(lake, item.raw_totals_uri) for item in inputs.snapshots)
    return LocalInputs(
        snapshot_parts=_fetch(lake, inputs.snapshots, folders.bill),
        raw_totals=[total for listed in totals for total in listed],
        signals=_fetch(lake, inputs.signals, folders.signals),
        workloads=_fetch(lake, inputs.workloads, folders.workloads),
    )


def _fetch(lake: Lake, sets: Iterable[InputFiles], to: Path) -> list[Path]:
    return lake.fetch_all([uri for item in sets for uri in item.part_uris], to)
