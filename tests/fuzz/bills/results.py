"""The file of results, a line of JSON for each slice, and what all of its slices come to."""

import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

COUNTERS: Final = ("accepted", "rejected", "silent_wrong", "half_imported", "crashes")
FAULTS: Final = COUNTERS[2:]
PEAK_MB_MAX: Final = 512


class UnableToReadResults(Exception):
    """A line of the file is none of ours."""


def open_results(path: Path) -> None:
    """Raises OSError before the work is done whose figures could not be kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8"):
        pass


def append(path: Path, line: Mapping[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def total(path: Path) -> list[dict[str, Any]]:
    """By seed. Of a slice that was run again the last run counts; no other may overlap.

    Raises UnableToReadResults.
    """
    slices: dict[tuple[int, int, int], Mapping[str, Any]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            figures = json.loads(line)
            slices[figures["seed"], figures["from"], figures["files"]] = figures
        except (ValueError, KeyError, TypeError) as error:
            raise UnableToReadResults(f"{path}:{number}: {error!r}") from error
    seeds = sorted({seed for seed, _, _ in slices})
    return [
        _summed(seed, [each for key, each in slices.items() if key[0] == seed]) for seed in seeds
    ]


def _summed(seed: int, slices: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    ordered = sorted(slices, key=lambda each: each["from"])
    for one, other in itertools.pairwise(ordered):
        if one["from"] + one["files"] > other["from"]:
            raise UnableToReadResults(
                f"the slices from {one['from']} and from {other['from']} of seed {seed} overlap"
            )
    names = ("files", *COUNTERS)
    sums = {name: sum(each[name] for each in ordered) for name in names}
    return {**sums, "peak_mb": max(each["peak_mb"] for each in ordered), "seed": seed}


def has_failed(figures: Mapping[str, Any]) -> bool:
    return any(figures[name] for name in FAULTS) or figures["peak_mb"] > PEAK_MB_MAX
