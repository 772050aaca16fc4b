from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolders:
    """Where a run finds its inputs and leaves its outputs, on the machine that computes it."""

    bill: Path
    signals: Path
    workloads: Path
    moved: Path
    """Lines of the bill that belong to earlier months."""
    moved_in: Path
    """Lines of later bills that belong to this month."""
    prepared: Path
    """What an earlier run left, and what this one leaves for the next."""
    out: Path
    """The files of `docs/reference/files.md`."""
    spill: Path
    """DuckDB's, and whatever is gone with the run."""
    focus: Path
    """The run's charges in the names of FOCUS."""
    kept: Path
    """An earlier run's output, fetched to be compared with."""

    @classmethod
    def below(cls, root: Path) -> "RunFolders":
        return cls(
            bill=root / "bill",
            signals=root / "signals",
            workloads=root / "workloads",
            moved=root / "moved",
            moved_in=root / "moved_in",
            prepared=root / "prepared",
            out=root / "out",
            spill=root / "spill",
            focus=root / "focus",
            kept=root / "kept",
        )
