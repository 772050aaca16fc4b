"""One case per rule of attribution, in tables that can be checked by hand (tests/engine/golden)."""

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from shared.faults import Fault
from shared.sql.expressions import identifier
from tests.bills import focus_line, run_of, sums_of, write_signals, write_workloads
from tests.engine.golden.language import Case, read_cases
from tests.normalised_bills import write_normalised

CASES = list(read_cases(Path(__file__).with_name("golden")))


def run(case: Case, work: Path):
    bill = write_normalised(work / "bill", [focus_line(**line) for line in case.bill])
    workloads = [write_workloads(work / "workloads.csv", case.workloads)] if case.workloads else []
    signals = [write_signals(work / "signals.csv", *case.signals)] if case.signals else []
    return run_of(bill, work, case.ruleset, signals, workloads=workloads, is_prepared=True)


def found(work: Path, names: list[str]) -> dict[tuple[str, ...], Decimal]:
    listed = ", ".join(f"CAST({identifier(name)} AS VARCHAR)" for name in names)
    rows = sums_of(work / "run/allocations.parquet", f"{listed}, sum(amount)")
    return {tuple(cell or "" for cell in row): amount for *row, amount in rows}


def expected(case: Case, names: list[str]) -> dict[tuple[str, ...], Decimal]:
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for row in case.table("gives"):
        sums[tuple(row[name] for name in names)] += Decimal(row["amount"])
    return dict(sums)


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_golden_case(case: Case, tmp_path):
    if case.refuses:
        with pytest.raises(Fault) as refused:
            run(case, tmp_path)
        assert case.refuses in str(refused.value), case.place
        return
    proof = run(case, tmp_path).proof
    names = [name for name in case.table("gives")[0] if name != "amount"]
    assert found(tmp_path, names) == expected(case, names), case.place
    assert proof.difference == 0


def test_titles_are_told_apart():
    assert len({case.title for case in CASES}) == len(CASES)
