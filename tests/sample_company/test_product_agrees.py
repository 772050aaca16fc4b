"""The product's arithmetic against the sample's own: two ways, one answer, in three formats."""

import json
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from deploy.demo.checks import untrue
from deploy.demo.formats import attribute_format
from deploy.sample_company import Sample, SampleMonth, months_of, write_sample
from deploy.sample_company.write import CUR_2, FORMATS
from services.attribution.engine import Run
from shared.periods import Month

OCTOBER = Month(2026, 10)
ANCHOR = SampleMonth(anchor=OCTOBER)
LEAP_YEAR = SampleMonth(anchor=Month(2024, 2))
OTHERS = [month for month in months_of(OCTOBER) if month != ANCHOR]


def attributed(sample: Sample, name: str, work: Path) -> tuple[Run, bytes]:
    run = attribute_format(sample, name, work)
    return run, (work / "run/allocations.parquet").read_bytes()


def findings(sample: Sample, run: Run) -> list[str]:
    return untrue(sample.truth, ((row.tenant, row.amount) for row in run.statements))


class TestEachMonth:
    @pytest.mark.parametrize(
        "month",
        [ANCHOR, ANCHOR.restated, *OTHERS],
        ids=["before", "after", *map(str, OTHERS)],
    )
    def test_is_attributed_truly_and_to_the_same_bytes_in_every_format(
        self, month: SampleMonth, tmp_path: Path
    ) -> None:
        sample = write_sample(root=tmp_path, month=month, seed=1)
        runs = {name: attributed(sample, name, tmp_path / name) for name in FORMATS}
        assert {name: findings(sample, run) for name, (run, _) in runs.items()} == {
            name: [] for name in FORMATS
        }
        assert len({allocations for _, allocations in runs.values()}) == 1
        assert {run.proof.difference for run, _ in runs.values()} == {0}
        assert {run.proof.bill_total for run, _ in runs.values()} == {sample.bill_total}

    def test_is_attributed_truly_in_a_leap_year(self, tmp_path: Path) -> None:
        sample = write_sample(root=tmp_path, month=LEAP_YEAR, seed=1, formats=[CUR_2])
        run, _ = attributed(sample, CUR_2, tmp_path / "work")
        assert findings(sample, run) == []
        assert run.proof.bill_total == sample.bill_total


class TestTheCommand:
    def test_finds_a_month_among_others_in_each_format(self, tmp_path: Path) -> None:
        """Months share a folder, as they share a bucket."""
        for month in OTHERS:
            sample = write_sample(root=tmp_path, month=month, seed=1)
        for name, bill in sample.bills.items():
            out = tmp_path / f"run of {name}"
            options = {
                "--bill": bill,
                "--config": sample.configuration,
                "--signals": sample.signals,
                "--workloads": sample.workloads,
                "--period": sample.period,
                "--out": out,
            }
            arguments = [str(part) for option in options.items() for part in option]
            done = subprocess.run(
                [sys.executable, "-m", "services.command.main", "attribute", *arguments],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            proof = json.loads((out / "proof.json").read_text(encoding="utf-8"))
            assert Decimal(proof["bill_total"]) == sample.bill_total
            assert Decimal(proof["difference"]) == 0


class TestUntrue:
    def test_names_who_got_a_unit_too_much(self, tmp_path: Path) -> None:
        sample = write_sample(root=tmp_path, month=OTHERS[0], seed=1, formats=[CUR_2])
        truth = replace(sample.truth, cells={}, amounts={"acme": Fraction(1)})
        assert untrue(truth, [("acme", Decimal(1))]) == []
        assert untrue(truth, [("acme", Decimal("1.0000000001"))])[0].startswith("acme: ")
        assert untrue(truth, [("acme", Decimal(1)), ("globex", Decimal("0.5"))])
