"""`python -m tests.mutants`: does `make test` notice when a line of the code is wrong?

Each mutant of `mutants.yaml` is one small fault, put into a copy of the repository; the tests that
should notice it run there until one fails. Exit code 1 where a mutant survives. `--write` renews
the table in `docs/mutants.md`; `--only 3 17` takes these alone.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
LIST: Final = Path(__file__).with_name("mutants.yaml")
TABLE: Final = ROOT / "docs" / "mutants.md"
_BEFORE_TABLE: Final = "<!-- below: python -m tests.mutants --write -->"
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_TEST_FAILED: Final = 1


@dataclass(frozen=True)
class Mutant:
    """`tests` are the files of a suite in which one test is expected to fail."""

    number: int
    what: str
    file: str
    old: str
    new: str
    tests: str

    def apply(self, text: str) -> str:
        count = text.count(self.old)
        if count != 1 or self.old == self.new:
            raise ValueError(f"mutant {self.number}: its text is {count} times in {self.file}")
        return text.replace(self.old, self.new)


def read_mutants() -> list[Mutant]:
    written = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    return [Mutant(number, **each) for number, each in enumerate(written, start=1)]


@contextmanager
def copy_of_repository() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    with tempfile.TemporaryDirectory(prefix="trueback-mutants-") as name:
        copy = Path(name)
        copy.chmod(0o755)  # PostgreSQL runs as another user where we are root
        for path in filter(None, listed.stdout.split("\0")):
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, target)
        yield copy


def killer(mutant: Mutant, copy: Path) -> str:
    """The test that fails with it, '' where none does. The copy is as before afterwards."""
    place = copy / mutant.file
    before = place.read_text(encoding="utf-8")
    place.write_text(mutant.apply(before), encoding="utf-8")
    try:
        return first_failure(copy, mutant.tests.split())
    finally:
        place.write_text(before, encoding="utf-8")


def first_failure(copy: Path, tests: Sequence[str]) -> str:
    """The same examples and the same order each time, so that the table can be made again."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += ["-p", "no:randomly", "--hypothesis-seed=0", *tests]
    # The package is installed in editable form; the copy comes before it.
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, check=False
    )
    if result.returncode == 0:
        return ""
    failed = _FAILED.search(result.stdout)
    if result.returncode != _TEST_FAILED or failed is None:
        raise RuntimeError(f"{' '.join(tests)} did not run: {result.stdout[-2000:]}")
    return failed[1]


def row(mutant: Mutant, killed_by: str) -> str:
    if not killed_by:
        suite, test = "", "**survived**"
    else:
        suite = killed_by.split("/")[1]
        test = f"`{killed_by.rsplit('::', 1)[-1].split('[', maxsplit=1)[0]}`"
    return f"| {mutant.number} | `{mutant.file}` | {mutant.what} | {suite} | {test} |"


def table(rows: Sequence[str]) -> str:
    head = "| # | file | what is wrong | suite | the first test that fails |"
    return "\n".join([head, "|---|---|---|---|---|", *rows, ""])


def main() -> int:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument("--only", type=int, nargs="+", metavar="N")
    parser.add_argument("--write", action="store_true", help="renew the table in docs/mutants.md")
    asked = parser.parse_args()
    mutants = [each for each in read_mutants() if not asked.only or each.number in asked.only]
    rows = []
    survivors = 0
    with copy_of_repository() as copy:
        for mutant in mutants:
            killed_by = killer(mutant, copy)
            survivors += not killed_by
            rows.append(row(mutant, killed_by))
            print(rows[-1], flush=True)
    if asked.write:
        before = TABLE.read_text(encoding="utf-8").partition(_BEFORE_TABLE)[0]
        TABLE.write_text(f"{before}{_BEFORE_TABLE}\n\n{table(rows)}", encoding="utf-8")
    print(f"{len(mutants) - survivors} of {len(mutants)} killed", file=sys.stderr)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
