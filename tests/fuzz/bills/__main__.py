"""`python -m tests.fuzz.bills`: mutated deliveries of all formats, judged by an oracle.

An amount that changes its owner without a finding or a refusal is `silent_wrong`; a refusal that
leaves something, a proof that fails or rows that are missing are `half_imported`; whatever is no
refusal by file is one of `crashes`. The last line is one JSON object; exit code 1 where one of
these is not 0 or the memory of a process was above its limit.

Each delivery is made from the seed and its number alone, so that slices (`--from`, `--files`) add
up; each slice is a line of the file of results.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.fuzz.bills.slices import FAULTS, fuzz

_PEAK_MB_MAX: Final = 512
_SHOWN_MAX: Final = 20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--from", dest="first", type=int, default=0, help="number of the first")
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--results", type=Path, help="a line of JSON is appended to it")
    asked = parser.parse_args(arguments)
    figures, faults = fuzz(asked.first, asked.files, asked.seed, asked.processes)
    for fault in sorted(faults)[:_SHOWN_MAX]:
        print(fault, file=sys.stderr)
    if len(faults) > _SHOWN_MAX:
        print(f"and {len(faults) - _SHOWN_MAX} more", file=sys.stderr)
    if asked.results is not None:
        asked.results.parent.mkdir(parents=True, exist_ok=True)
        with asked.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"from": asked.first, **figures, "faults": faults}) + "\n")
    print(json.dumps(figures))
    failed = any(figures[name] for name in FAULTS) or figures["peak_mb"] > _PEAK_MB_MAX
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
