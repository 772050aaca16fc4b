import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from services.attribution.models import InputSet, Ruleset, Run
from shared.faults import Fault


class InputsNotKept(Fault):
    """The run is of a time when runs did not say what they were made of."""


@dataclass(frozen=True)
class InputFiles:
    """A snapshot, a signal set or a set of workloads in the lake."""

    set_id: str
    source: str
    content_hash: str
    part_uris: list[str]
    raw_totals_uri: str = ""
    unreadable: list[dict[str, Any]] = field(default_factory=list)
    """Of a snapshot, what ingestion could not read: `Unreadable` as JSON."""
    corrected: dict[str, Any] = field(default_factory=dict)
    """Of a snapshot, the lines that correct others: `Corrected` as JSON, empty where none does."""


@dataclass(frozen=True)
class RunInputs:
    """Everything a run is a function of; the same digest is the same output, byte for byte."""

    ruleset: Ruleset
    snapshots: tuple[InputFiles, ...]
    signals: tuple[InputFiles, ...]
    workloads: tuple[InputFiles, ...]

    @property
    def digest(self) -> str:
        parts = [
            self.ruleset.digest,
            *(f"snapshot {item.source} {item.content_hash}" for item in self.snapshots),
            *(f"signals {item.source} {item.content_hash}" for item in self.signals),
            *(f"workloads {item.source} {item.content_hash}" for item in self.workloads),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """All but the ruleset, which is kept by its digest."""
        kinds = ("snapshots", "signals", "workloads")
        return {kind: [asdict(item) for item in getattr(self, kind)] for kind in kinds}


def inputs_of_period(period: str) -> RunInputs | None:
    """The newest inputs, or None while there is no ruleset or no bill."""
    ruleset = ruleset_of_period(period)
    sets = list(InputSet.objects.filter(period=period).order_by("source", "set_id"))
    snapshots, signals, workloads = (
        tuple(_files(item for item in sets if item.kind == kind))
        for kind in (InputSet.Kind.SNAPSHOT, InputSet.Kind.SIGNALS, InputSet.Kind.WORKLOADS)
    )
    if ruleset is None or not snapshots:
        return None
    return RunInputs(ruleset, snapshots, signals, workloads)


def ruleset_of_period(period: str) -> Ruleset | None:
    """What a month was first closed by, for good; the current one of a month that never was."""
    closed_by = Ruleset.objects.filter(periods__period=period).first()
    return closed_by or Ruleset.objects.filter(is_current=True).first()


def inputs_of_run(run: Run) -> RunInputs:
    if not run.inputs:
        raise InputsNotKept(
            f"what {run.run_id} was made of was not kept.", remedy="Attribute the period again."
        )
    ruleset = Ruleset.objects.get(digest=run.ruleset_digest)
    kept = {kind: tuple(InputFiles(**item) for item in sets) for kind, sets in run.inputs.items()}
    return RunInputs(ruleset, **kept)


def _files(sets: Iterable[InputSet]) -> Iterable[InputFiles]:
    for item in sets:
        yield InputFiles(
            item.set_id,
            item.source,
            item.content_hash,
            item.part_uris,
            item.raw_totals_uri,
            item.unreadable,
            item.corrected,
        )
