"""The product's arithmetic against the sample's own: two ways, one answer."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from deploy.sample import Sample, write_sample
from shared.periods import Month

UNIT = Decimal("1e-10")


@pytest.fixture(scope="module", params=["2026-10", "2024-02"])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("sample")
    return write_sample(root=folder, period=Month.parse(request.param), seed=1)


@pytest.fixture(scope="module")
def output(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("output") / "run"
    options = {
        "--bill": sample.bill,
        "--config": sample.configuration,
        "--signals": sample.signals,
        "--period": sample.period,
        "--out": folder,
    }
    arguments = [str(part) for option in options.items() for part in option]
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli.main", "attribute", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def attributed(output: Path) -> dict[str, Decimal]:
    query = "select tenant, sum(amount) from read_parquet(?) group by tenant"
    return dict(duckdb.execute(query, [str(output / "allocations.parquet")]).fetchall())


class TestAttributeOnTheSample:
    def test_gives_each_tenant_its_true_cost(self, sample: Sample, output: Path) -> None:
        truth = json.loads(sample.truth_file.read_text(encoding="utf-8"))["tenants"]
        found = attributed(output)
        mismatches = {
            key: found[key] - Decimal(entry["amount"])
            for key, entry in truth.items()
            if abs(found[key] - Decimal(entry["amount"])) >= UNIT * entry["cells"]
        }
        assert mismatches == {}

    def test_gives_everybody_else_exactly_theirs(self, sample: Sample, output: Path) -> None:
        document = json.loads(sample.truth_file.read_text(encoding="utf-8"))
        found = attributed(output)
        others = {key: found[key] for key in found if key not in document["tenants"]}
        assert others == {key: Decimal(value) for key, value in document["others"].items()}

    def test_proves_that_nothing_is_lost(self, sample: Sample, output: Path) -> None:
        proof = json.loads((output / "proof.json").read_text(encoding="utf-8"))
        assert Decimal(proof["bill_total"]) == sample.bill_total
        assert Decimal(proof["difference"]) == 0
