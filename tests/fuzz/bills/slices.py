"""Slices of the deliveries, each judged in a process; together they are the figures of a run."""

import multiprocessing
import resource
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.duckdb_sessions import shared_instance
from tests.fuzz.bills.judge import judge

COUNTERS: Final = ("accepted", "rejected", "silent_wrong", "half_imported", "crashes")
FAULTS: Final = COUNTERS[2:]
_AT_ONCE: Final = 100
_KB_PER_MB: Final = 1024


class Slice(NamedTuple):
    numbers: range
    seed: int


class Outcome(NamedTuple):
    counts: dict[str, int]
    faults: list[str]
    peak_mb: int


def judge_all(part: Slice) -> Outcome:
    """In a process of its own, which parses the product's scripts once."""
    counts: Counter[str] = Counter()
    faults = []
    with tempfile.TemporaryDirectory(prefix="fuzz-bills-") as work, shared_instance():
        for number in part.numbers:
            judged = judge(number, part.seed, Path(work) / "case")
            counts[judged.verdict] += 1
            if judged.verdict in FAULTS:
                faults.append(f"{judged.verdict}: {judged.what}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _KB_PER_MB
    return Outcome(dict(counts), faults, peak)


def fuzz(first: int, files: int, seed: int, processes: int) -> tuple[dict[str, Any], list[str]]:
    end = first + files
    parts = [Slice(range(at, min(at + _AT_ONCE, end)), seed) for at in range(first, end, _AT_ONCE)]
    counts: Counter[str] = Counter()
    faults: list[str] = []
    peak_mb = 0
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for done in pool.imap_unordered(judge_all, parts):
            counts.update(done.counts)
            faults += done.faults
            peak_mb = max(peak_mb, done.peak_mb)
    figures = {name: counts[name] for name in COUNTERS}
    return {"files": files, **figures, "peak_mb": peak_mb, "seed": seed}, faults
