"""The product's arithmetic against the sample's own: two ways, one answer, in three formats."""

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from deploy.demo.checks import untrue
from deploy.demo.formats import attribute_format
from deploy.sample_company import Sample, SampleMonth, write_sample
from deploy.sample_company.months import OFFSETS
from deploy.sample_company.write import CUR_2, FOCUS, FORMATS, LEGACY
from services.attribution.engine import Run
from shared.csv_files import read_rows
from shared.periods import Month
from tests.trueback_command import trueback

FEBRUARY_29_DAYS = SampleMonth(anchor=Month(2024, 3), offset=-1)


def assert_is_true(sample: Sample, run: Run) -> None:
    assert untrue(sample.truth, ((row.tenant, row.amount) for row in run.statements)) == []
    assert run.proof.difference == 0
    assert run.proof.bill_total == sample.bill_total


class TestAMonth:
    """The anchor is in every format, and so is the current month, by the command.

    `make demo-check` attributes every delivery in every format.
    """

    def test_is_attributed_truly_and_to_the_same_bytes_in_every_format(
        self, sample: Sample, attributed: tuple[Run, Path], tmp_path: Path
    ) -> None:
        run, work = attributed
        assert_is_true(sample, run)
        expected = (work / "run/allocations.parquet").read_bytes()
        for name in (FOCUS, LEGACY):
            assert_is_true(sample, attribute_format(sample, name, tmp_path / name))
            assert (tmp_path / name / "run/allocations.parquet").read_bytes() == expected

    def test_is_attributed_truly_in_a_leap_year(self, tmp_path: Path) -> None:
        sample = write_sample(root=tmp_path, month=FEBRUARY_29_DAYS, seed=1, formats=[CUR_2])
        assert sample.month.days == 29
        assert_is_true(sample, attribute_format(sample, CUR_2, tmp_path / "work"))


class TestTheCommand:
    def test_finds_a_month_among_others_in_each_format(
        self, everything: list[Sample], tmp_path: Path
    ) -> None:
        """Months share a folder, as they share a bucket."""
        sample = everything[OFFSETS.index(1)]
        for name, bill in sample.bills.items():
            options = {
                "--bill": bill,
                "--config": sample.configuration,
                "--signals": sample.signals,
                "--workloads": sample.workloads,
                "--period": sample.period,
                "--out": tmp_path / name,
            }
            arguments = [str(part) for option in options.items() for part in option]
            done = trueback(tmp_path, "attribute", *arguments)
            assert done.returncode == 0, done.stderr
            proof = json.loads((tmp_path / name / "proof.json").read_text(encoding="utf-8"))
            assert Decimal(proof["bill_total"]) == sample.bill_total
            assert Decimal(proof["difference"]) == 0
            statements = read_rows((tmp_path / name / "statements.csv").read_bytes().decode())
            rows = [(row["tenant"], Decimal(row["amount"])) for row in statements]
            assert untrue(sample.truth, rows) == []
        files = [tmp_path / name / "allocations.parquet" for name in FORMATS]
        assert len({file.read_bytes() for file in files}) == 1


class TestUntrue:
    def test_names_who_got_a_quantum_too_much(self, sample: Sample) -> None:
        truth = replace(sample.truth, cells={}, amounts={"acme": Fraction(1)})
        assert untrue(truth, [("acme", Decimal(1))]) == []
        assert untrue(truth, [("acme", Decimal("1.0000000001"))])[0].startswith("acme: ")
        assert untrue(truth, [("acme", Decimal(1)), ("globex", Decimal("0.5"))])
