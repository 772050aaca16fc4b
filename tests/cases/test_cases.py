"""Inputs as people have them, and what `trueback` has to make of each (README.md beside this)."""

import json
import re
import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.csv_files import read_rows
from tests.spreadsheets import evaluated_cells
from tests.trueback_command import Done, trueback

CASES = sorted(path.parent for path in Path(__file__).parent.glob("bills/*/expected.json"))
OPTIONS = {
    "--bill": ("bill.csv", "bill.parquet", "cur"),
    "--config": ("trueback.yaml",),
    "--signals": ("signals.csv", "signals.jsonl"),
    "--workloads": ("w.csv", "ocp"),
}
KEYS = {
    "exit",
    "statements",
    "total",
    "output_has",
    "output_has_not",
    "files_have",
    "files_have_not",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, tmp_path):
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    # A message that shows the path must not match by the case's name.
    work = tmp_path / "inputs"
    shutil.copytree(case, work, ignore=shutil.ignore_patterns("expected.*"))
    done = attribute(work)
    assert expected.keys() <= KEYS
    assert done.returncode in expected.get("exit", [done.returncode]), done.stderr
    amounts = statements(work)
    wanted = expected.get("statements", {})
    assert {name: amounts[name] for name in wanted} == by_name(wanted)
    if "total" in expected:
        assert sum(amounts.values()) == Decimal(expected["total"])
    assert mismatches(texts(work, done, expected, "have"), is_wanted=True) == []
    assert mismatches(texts(work, done, expected, "have_not"), is_wanted=False) == []
    written = [path.read_text("utf-8") for path in work.glob("out/*.csv")]
    assert [cell for text in written for cell in evaluated_cells(text)] == []


def attribute(work: Path) -> Done:
    given = [
        part
        for option, names in OPTIONS.items()
        for name in names
        if (work / name).exists()
        for part in (option, name)
    ]
    return trueback(work, "attribute", *given, "--period", "2026-10", "--out", "out")


def statements(work: Path) -> defaultdict[str, Decimal]:
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    path = work / "out/statements.csv"
    for row in read_rows(path.read_text("utf-8")) if path.exists() else ():
        amounts[row["tenant"]] += Decimal(row["amount"])
    return amounts


def by_name(wanted: dict[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(amount) for name, amount in wanted.items()}


def texts(
    work: Path, done: Done, expected: dict[str, Any], key: str
) -> list[tuple[str, str, list[str]]]:
    """Name, text and the expressions for it."""
    output = " ".join(f"{done.stdout} {done.stderr}".split())
    return [
        ("the output", output, expected.get(f"output_{key.replace('have', 'has')}", [])),
        *(
            (files, "".join(path.read_text("utf-8") for path in sorted(work.glob(files))), patterns)
            for files, patterns in expected.get(f"files_{key}", {}).items()
        ),
    ]


def mismatches(named: list[tuple[str, str, list[str]]], *, is_wanted: bool) -> list[str]:
    return [
        f"{name} {'lacks' if is_wanted else 'has'} /{pattern}/: {text}"
        for name, text, patterns in named
        for pattern in patterns
        if bool(re.search(pattern, text, re.IGNORECASE | re.MULTILINE)) != is_wanted
    ]
