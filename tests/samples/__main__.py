"""`python -m tests.samples`: bills that other programs make, through the product.

Each is taken with the total and the owners that the csv module and Decimal find, or refused for the
reason that its set names. Of the files of a folder of yours (`--samples`) totals must be right, and
what one is refused for is yours to judge. The last line is one JSON object; exit code 1 where a
total, an owner or an outcome is another, 2 where the bills can't be made. `--write` renews the
table in `docs/reference/test-data.md`.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.samples.judge import FAULTS, Judged, judge
from tests.samples.made import SEED, Programs, UnableToMake
from tests.samples.sets import given, sets

ROOT: Final = Path(__file__).resolve().parents[2]
TABLE: Final = ROOT / "docs" / "reference" / "test-data.md"
_BEFORE_TABLE: Final = "<!-- below: make test-data WRITE=1 -->"
_HEAD: Final = "| set | cost | lines | total | result |\n|---|---|---|---|---|"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="samples", description=__doc__)
    parser.add_argument("--programs", type=Path, default=Path(".venv/data/bin"))
    parser.add_argument("--samples", type=Path, help="a folder of FOCUS files of your own")
    parser.add_argument("--write", action="store_true", help="renew the table in the docs")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="trueback-samples-") as name:
        work = Path(name)
        programs = Programs(asked.programs.absolute(), work)
        try:
            own = given(asked.samples) if asked.samples else ()
            made = [_shown(judge(each, work / "case")) for each in sets(programs)]
        except (UnableToMake, OSError) as error:
            print(f"the bills can't be made here: {error}", file=sys.stderr)
            return 2
        yours = [_shown(judge(each, work / "case")) for each in own]
    rows = [_row(each) for each in made]
    if asked.write:
        before = TABLE.read_text(encoding="utf-8").partition(_BEFORE_TABLE)[0]
        table = "\n".join([_HEAD, *rows, ""])
        TABLE.write_text(f"{before}{_BEFORE_TABLE}\n\n{table}", encoding="utf-8")
    counts = Counter(each.verdict for each in (*made, *yours))
    figures = {name: counts[name] for name in ("taken", "refused", *FAULTS)}
    print(json.dumps({"sets": len(made) + len(yours), **figures, "seed": SEED}))
    return 1 if any(counts[name] for name in FAULTS) else 0


def _shown(judged: Judged) -> Judged:
    print(_row(judged), flush=True)
    return judged


def _row(judged: Judged) -> str:
    sample = judged.sample
    result = judged.verdict if not judged.reason else f"{judged.verdict}: {_cell(judged.reason)}"
    lines = f"{judged.lines:,}" if judged.lines else ""
    total = "" if judged.total is None else f"{judged.total.normalize():f} {sample.currency}"
    return f"| {_cell(sample.title)} | {sample.cost} | {lines} | {total} | {result} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
