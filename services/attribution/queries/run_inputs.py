import hashlib
from dataclasses import dataclass

from services.attribution.models import InputSet, Ruleset


@dataclass(frozen=True)
class RunInputs:
    """Everything a run is a function of; the same digest is the same output, byte for byte."""

    ruleset: Ruleset
    snapshots: tuple[InputSet, ...]
    signals: tuple[InputSet, ...]
    workloads: tuple[InputSet, ...]
    digest: str


def inputs_of_period(period: str) -> RunInputs | None:
    """The newest inputs, or None while there is no ruleset or no bill."""
    ruleset = Ruleset.objects.filter(is_current=True).first()
    sets = list(InputSet.objects.filter(period=period).order_by("source", "set_id"))
    snapshots, signals, workloads = (
        tuple(item for item in sets if item.kind == kind)
        for kind in (InputSet.Kind.SNAPSHOT, InputSet.Kind.SIGNALS, InputSet.Kind.WORKLOADS)
    )
    if ruleset is None or not snapshots:
        return None
    parts = [
        ruleset.digest,
        *(
            f"{item.kind} {item.source} {item.content_hash}"
            for item in (*snapshots, *signals, *workloads)
        ),
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return RunInputs(ruleset, snapshots, signals, workloads, digest)
