"""The sample operator: it repeats, it ties, and its manifest tells the truth."""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deploy.sample import Sample, write_sample
from deploy.sample.tenants import TENANTS
from deploy.sample.truth import sum_exactly
from shared.periods import Month

OCTOBER = Month(2026, 10)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return write_sample(root=tmp_path_factory.mktemp("sample"), period=OCTOBER, seed=1)


def digests(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(root)), hashlib.sha256(path.read_bytes()).hexdigest()


def parts(sample: Sample) -> str:
    return str(sample.bill / "exports/*/data/*/*.parquet")


def rows(query: str, path: str | Path) -> list[tuple[Any, ...]]:
    return duckdb.execute(query, [str(path)]).fetchall()


class TestWriteSample:
    def test_writes_the_same_bytes_for_the_same_period_and_seed(
        self, sample: Sample, tmp_path: Path
    ) -> None:
        write_sample(root=tmp_path, period=OCTOBER, seed=1)
        assert dict(digests(tmp_path)) == dict(digests(sample.bill.parent))

    def test_writes_another_bill_for_another_seed(self, sample: Sample, tmp_path: Path) -> None:
        other = write_sample(root=tmp_path, period=OCTOBER, seed=2)
        assert other.bill_total != sample.bill_total

    @pytest.mark.parametrize("month", ["2026-02", "2024-02", "2026-04"])
    def test_ties_in_months_of_every_length(self, tmp_path: Path, month: str) -> None:
        sample = write_sample(root=tmp_path, period=Month.parse(month), seed=1)
        assert sample.truth.total == Fraction(sample.bill_total)

    def test_is_of_the_promised_size(self, sample: Sample) -> None:
        assert 30_000 <= sample.line_count <= 60_000
        assert Decimal(40_000) <= sample.bill_total <= Decimal(60_000)
        assert len(TENANTS) == 12


class TestDelivery:
    def test_manifest_lists_exactly_the_parts_that_exist(self, sample: Sample) -> None:
        listed = json.loads(sample.manifest.read_text(encoding="utf-8"))["dataFiles"]
        found = sorted((sample.bill / "exports").rglob("*.parquet"))
        assert listed == [
            f"s3://larkfield-billing/{path.relative_to(sample.bill).as_posix()}" for path in found
        ]
        assert len(found) == 3

    def test_manifest_names_the_columns_of_the_parts(self, sample: Sample) -> None:
        listed = json.loads(sample.manifest.read_text(encoding="utf-8"))["columns"]
        described = rows("describe from read_parquet(?, hive_partitioning = false)", parts(sample))
        assert [column["name"] for column in listed] == [row[0] for row in described]

    def test_shortest_decimals_of_the_doubles_sum_to_the_bill(self, sample: Sample) -> None:
        costs = rows("select line_item_unblended_cost from read_parquet(?)", parts(sample))
        assert sum(Decimal(repr(cost)) for (cost,) in costs) == sample.bill_total
        assert len(costs) == sample.line_count

    def test_has_every_kind_of_line_the_demo_speaks_of(self, sample: Sample) -> None:
        kinds = dict(
            rows(
                "select line_item_line_item_type, count(*) from read_parquet(?) group by all",
                parts(sample),
            )
        )
        assert set(kinds) == {
            *("Usage", "Fee", "Credit", "Refund", "Tax", "SavingsPlanCoveredUsage"),
            *("SavingsPlanNegation", "SavingsPlanRecurringFee"),
        }

    def test_line_ids_are_unique(self, sample: Sample) -> None:
        counted = rows(
            "select count(*), count(distinct identity_line_item_id) from read_parquet(?)",
            parts(sample),
        )[0]
        assert counted == (sample.line_count, sample.line_count)


class TestSignals:
    def test_are_silent_in_some_hours_so_that_the_fallback_is_used(self, sample: Sample) -> None:
        hours = dict(
            rows(
                "select meter, count(distinct start) from read_parquet(?) group by all",
                sample.signals,
            )
        )
        assert hours == {"nat_bytes": 744 - 9, "alb_lcu": 744 - 4, "log_bytes": 744}

    def test_hold_rows_that_were_delivered_twice(self, sample: Sample) -> None:
        delivered, distinct = rows(
            "select count(*), count(distinct (source, id)) from read_parquet(?)", sample.signals
        )[0]
        assert delivered == sample.signal_count
        assert 0 < delivered - distinct < 100


class TestTruth:
    def test_sums_to_the_bill_exactly(self, sample: Sample) -> None:
        assert sample.truth.total == Fraction(sample.bill_total)

    def test_names_every_tenant_and_every_other_recipient(self, sample: Sample) -> None:
        document = json.loads(sample.truth_file.read_text(encoding="utf-8"))
        assert set(document["tenants"]) == {tenant.key for tenant in TENANTS}
        assert set(document["others"]) == {
            "excluded:marketplace",
            "overhead:commitments",
            "overhead:engineering",
            "unallocated",
            "unmapped:gloobex",
        }
        assert Decimal(document["bill_total"]) == sample.bill_total

    def test_written_decimals_are_far_finer_than_the_tolerance(self, sample: Sample) -> None:
        document = json.loads(sample.truth_file.read_text(encoding="utf-8"))
        for key, entry in document["tenants"].items():
            error = abs(Fraction(entry["amount"]) - sample.truth.amounts[key])
            assert error < Fraction(1, 10**29)

    def test_globex_costs_more_than_its_flat_fee(self, sample: Sample) -> None:
        document = yaml.safe_load(sample.configuration.read_text(encoding="utf-8"))
        flat = next(plan for plan in document["plans"] if plan["key"] == "flat-2024")
        assert sample.truth.amounts["globex"] > Fraction(flat["components"][0]["amount"])


class TestConfiguration:
    def test_contracts_name_plans_and_tenants_that_exist(self, sample: Sample) -> None:
        document = yaml.safe_load(sample.configuration.read_text(encoding="utf-8"))
        plans = {plan["key"] for plan in document["plans"]}
        tenants = {tenant["key"] for tenant in document["tenants"]}
        contracts = [one for customer in document["customers"] for one in customer["contracts"]]
        assert {contract["plan"] for contract in contracts} == plans
        billed = [key for contract in contracts for key in contract["tenants"]]
        assert sorted({*billed, "marlow"}) == sorted(tenants)
        assert len(billed) == len(set(billed))

    def test_mails_go_nowhere(self, sample: Sample) -> None:
        document = yaml.safe_load(sample.configuration.read_text(encoding="utf-8"))
        assert all(customer["email"].endswith(".example") for customer in document["customers"])


@given(st.lists(st.fractions(max_denominator=10**6), max_size=30))
def test_pairwise_sum_is_the_sum(fractions: list[Fraction]) -> None:
    assert sum_exactly(fractions) == sum(fractions)
