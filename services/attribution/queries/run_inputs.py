import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from services.attribution.domain.earlier_months import MovedOut, months_within_reach
from services.attribution.models import InputSet, Ruleset, Run
from shared.faults import Fault

_SETS: Final = ("snapshots", "signals", "workloads")
_NONE_FRESH: Final[Mapping[str, Run]] = {}


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
class MovedIn:
    """Lines of the bill of `period`, a later month, that belong to this one: `run_id` left them."""

    period: str
    run_id: str
    lines: MovedOut


@dataclass(frozen=True)
class RunInputs:
    """Everything a run is a function of; the same digest is the same output, byte for byte.

    `earlier_months` are those that lines of the bill belong to and that were attributed.
    """

    ruleset: Ruleset
    snapshots: tuple[InputFiles, ...]
    signals: tuple[InputFiles, ...]
    workloads: tuple[InputFiles, ...]
    earlier_months: tuple[str, ...] = ()
    moved_in: tuple[MovedIn, ...] = ()

    @property
    def digest(self) -> str:
        parts = [
            self.ruleset.digest,
            *(f"snapshot {item.source} {item.content_hash}" for item in self.snapshots),
            *(f"signals {item.source} {item.content_hash}" for item in self.signals),
            *(f"workloads {item.source} {item.content_hash}" for item in self.workloads),
            *(f"earlier month {month}" for month in self.earlier_months),
            *(
                f"moved in {item.period} {item.lines.source} {item.lines.content_hash}"
                for item in self.moved_in
            ),
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """All but the ruleset, which is kept by its digest."""
        kept: dict[str, Any] = {
            kind: [asdict(item) for item in getattr(self, kind)] for kind in _SETS
        }
        kept["earlier_months"] = [*self.earlier_months]
        kept["moved_in"] = [asdict(item) for item in self.moved_in]
        return kept


def inputs_of_period(period: str, fresh: Mapping[str, Run] = _NONE_FRESH) -> RunInputs | None:
    """The newest inputs, or None while there is no ruleset or no bill.

    `fresh` are proven runs, by period, that are to become current together with this one.
    """
    ruleset = ruleset_of_period(period)
    sets = list(InputSet.objects.filter(period=period).order_by("source", "set_id"))
    snapshots, signals, workloads = (
        tuple(_files(item for item in sets if item.kind == kind))
        for kind in (InputSet.Kind.SNAPSHOT, InputSet.Kind.SIGNALS, InputSet.Kind.WORKLOADS)
    )
    if ruleset is None or not snapshots:
        return None
    return RunInputs(
        ruleset,
        snapshots,
        signals,
        workloads,
        tuple(_earlier_months(period, sets)),
        tuple(_moved_in(period, fresh)),
    )


def _earlier_months(period: str, sets: Iterable[InputSet]) -> Iterator[str]:
    """A month that was never attributed has no run that could take them: they stay in this one."""
    months = months_within_reach(period, (month for one in sets for month in one.earlier_months))
    if months:
        billed = InputSet.objects.filter(kind=InputSet.Kind.SNAPSHOT, period__in=months)
        known = Run.objects.filter(period__in=billed.values("period"), is_current=True)
        yield from sorted(known.values_list("period", flat=True))


def _moved_in(period: str, fresh: Mapping[str, Run]) -> Iterator[MovedIn]:
    later = Run.objects.filter(period__gt=period, is_current=True).exclude(moved_out=[])
    runs = {run.period: run for run in later.only("period", "run_id", "moved_out")}
    runs |= {month: run for month, run in fresh.items() if month > period}
    for month, run in sorted(runs.items()):
        for lines in map(MovedOut.from_json, run.moved_out):
            if lines.period == period:
                yield MovedIn(month, run.run_id, lines)


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
    return RunInputs(
        ruleset,
        **{kind: tuple(InputFiles(**item) for item in run.inputs[kind]) for kind in _SETS},
        earlier_months=tuple(run.inputs.get("earlier_months", ())),
        moved_in=tuple(
            MovedIn(item["period"], item["run_id"], MovedOut.from_json(item["lines"]))
            for item in run.inputs.get("moved_in", ())
        ),
    )


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
