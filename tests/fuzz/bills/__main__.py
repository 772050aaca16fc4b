"""`python -m tests.fuzz.bills`: mutated deliveries of all formats, judged by an oracle.

An amount that changes its owner without a finding or a refusal is `silent_wrong`; a refusal that
leaves something, a proof that fails or rows that are missing are `half_imported`; whatever is no
refusal by file is one of `crashes`. Then random bills are written in all formats: one that is not
the same in all of them is `silent_wrong` as well. The last line is one JSON object.

Exit codes: 0, 1 where one of these is not 0 or the memory of a process was above its limit, 2
where nothing can be said.

Each delivery is made from the seed and its number alone, so that slices (`--from`, `--files`) add
up; each slice is a line of the file of results, and `--total` shows what they come to.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.fuzz.bills.figures import Figures
from tests.fuzz.bills.results import (
    COUNTERS,
    UnableToReadResults,
    append,
    has_failed,
    open_results,
    total,
)
from tests.fuzz.bills.slices import fuzz
from tests.same_bill import FORMS

_SHOWN_MAX: Final = 20
_UNABLE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _asked(arguments)
    try:
        if asked.total:
            return _show_total(asked.results)
        return _run(asked)
    except (OSError, UnableToReadResults) as error:
        print(f"can't run: {error}", file=sys.stderr)
        return _UNABLE


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--from", dest="first", type=_count, default=0, help="number of the first")
    parser.add_argument("--files", type=_count, default=2_000)
    parser.add_argument("--bills", type=_count, default=300, help="written in all formats")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--processes", type=_count, default=2)
    parser.add_argument("--results", type=Path, help="a line of JSON is appended to it")
    parser.add_argument("--total", action="store_true", help="what the file of results comes to")
    asked = parser.parse_args(arguments)
    if asked.total and not asked.results:
        parser.error("--total needs --results")
    return asked


def _count(text: str) -> int:
    if (count := int(text)) < 0:
        raise ValueError(text)
    return count


def _show_total(results: Path) -> int:
    totals = total(results)
    for figures in totals:
        print(json.dumps(figures))
    return int(any(map(has_failed, totals)))


def _run(asked: argparse.Namespace) -> int:
    if asked.results is not None:
        open_results(asked.results)
    done = fuzz(asked.first, asked.files, asked.bills, asked.seed, asked.processes)
    for fault in sorted(done.faults)[:_SHOWN_MAX]:
        print(fault, file=sys.stderr)
    if len(done.faults) > _SHOWN_MAX:
        print(f"and {len(done.faults) - _SHOWN_MAX} more", file=sys.stderr)
    _show_kinds(done)
    if asked.bills:
        print(f"{asked.bills} bills in {len(FORMS)} formats: {done.differing_bills} not the same")
    figures = {
        "files": asked.files,
        **{name: done.counts[name] for name in COUNTERS},
        "peak_mb": done.peak_mb,
        "seed": asked.seed,
    }
    if asked.results is not None:
        append(asked.results, _line(asked, done, figures))
    print(json.dumps(figures))
    return int(has_failed(figures))


def _show_kinds(done: Figures) -> None:
    counts = done.by_kind
    for kind in sorted({kind for kind, _, _ in counts}):
        formats = {name for each, name, _ in counts if each == kind}
        files = sum(count for (each, _, _), count in counts.items() if each == kind)
        taken = sum(n for (each, _, verdict), n in counts.items()
                    if each == kind and verdict == "accepted")  # fmt: skip
        print(f"{kind:12} {files:6} files of {len(formats):2} formats, {taken:6} accepted")


def _line(asked: argparse.Namespace, done: Figures, figures: dict[str, Any]) -> dict[str, Any]:
    return {"from": asked.first, **figures, "bills": asked.bills, "faults": done.faults}


if __name__ == "__main__":
    sys.exit(main())
