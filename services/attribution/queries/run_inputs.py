import hashlib
from dataclasses import dataclass

from services.attribution.models import InputSet, Ruleset


@dataclass(frozen=True)
class RunInputs:
    """Everything a run is a function of; the same digest is the same output, byte for byte."""

    ruleset: Ruleset
    snapshots: tuple[InputSet, ...]
    signals: tuple[InputSet, ...]
    digest: str


def inputs_of_period(period: str) -> RunInputs | None:
    """The newest inputs, or None while there is no ruleset or no bill."""
    ruleset = Ruleset.objects.filter(is_current=True).first()
    sets = InputSet.objects.filter(period=period).order_by("source", "set_id")
    snapshots = tuple(item for item in sets if item.kind == InputSet.Kind.SNAPSHOT)
    signals = tuple(item for item in sets if item.kind == InputSet.Kind.SIGNALS)
    if ruleset is None or not snapshots:
        return None
    parts = [
        ruleset.digest,
        *(f"{item.kind} {item.source} {item.content_hash}" for item in (*snapshots, *signals)),
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return RunInputs(ruleset, snapshots, signals, digest)
