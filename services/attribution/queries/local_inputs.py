"""What a run is made of, fetched from the lake to the run's folders."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from services.attribution.domain.run_folders import RunFolders
from services.attribution.queries.control_totals import control_totals
from services.attribution.queries.run_inputs import InputFiles, RunInputs
from shared.contracts.raw_totals import RawTotal
from shared.faults import Fault
from shared.lake.lake import Lake


@dataclass(frozen=True)
class LocalInputs:
    snapshot_parts: list[Path]
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


def fetch_inputs(inputs: RunInputs, folders: RunFolders) -> LocalInputs:
    lake = Lake(settings.ENVIRONMENT)
    totals = (control_totals(lake, item.raw_totals_uri) for item in inputs.snapshots)
    snapshot_parts = _fetch(lake, inputs.snapshots, folders.bill)
    signals = _fetch(lake, inputs.signals, folders.signals)
    workloads = _fetch(lake, inputs.workloads, folders.workloads)
    return LocalInputs(
        snapshot_parts=[*snapshot_parts],
        raw_totals=[total for listed in totals for total in listed],
        signals=[*signals],
        workloads=[*workloads],
        uri_of=snapshot_parts | signals | workloads,
    )


def _fetch(lake: Lake, sets: Iterable[InputFiles], to: Path) -> dict[Path, str]:
    uris = [uri for item in sets for uri in item.part_uris]
    return dict(zip(lake.fetch_all(uris, to), uris, strict=True))
