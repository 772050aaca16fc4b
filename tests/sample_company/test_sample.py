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

from deploy.sample_company import Sample, SampleMonth, months_of, write_sample
from deploy.sample_company.months import OFFSETS
from deploy.sample_company.tenants import TENANTS
from deploy.sample_company.truth import sum_exactly
from deploy.sample_company.write import CUR_2, FOCUS, LEGACY, Story, imagine
from shared.periods import Month
from tests.bills import OCTOBER

ANCHOR = SampleMonth(anchor=OCTOBER)


@pytest.fixture(scope="module")
def both(stories: dict[SampleMonth, Story], everything: list[Sample]) -> tuple[Story, Story]:
    """The stories of the anchor and of its restatement."""
    assert {sample.month for sample in everything} == set(stories)
    return stories[ANCHOR], stories[ANCHOR.restated]


def digests(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(root)), hashlib.sha256(path.read_bytes()).hexdigest()


def parts(sample: Sample, name: str = CUR_2) -> str:
    if name == LEGACY:
        return str(sample.manifests[LEGACY].parent / "*/*.csv.gz")
    return str(sample.bills[name] / f"exports/*/data/BILLING_PERIOD={sample.month}/*.parquet")


def rows(query: str, path: str | Path) -> list[tuple[Any, ...]]:
    return duckdb.execute(query, [str(path)]).fetchall()


class TestMonths:
    def test_are_three_that_are_over_and_the_first_days_of_the_next(self) -> None:
        months = list(months_of(Month(2026, 1)))
        assert [str(month) for month in months] == ["2025-11", "2025-12", "2026-01", "2026-02"]
        assert [month.is_over for month in months] == [True, True, True, False]
        assert [month.days for month in months] == [30, 31, 31, 20]


class TestWriteSample:
    def test_writes_the_same_bytes_for_the_same_month_and_seed(
        self, sample: Sample, tmp_path: Path
    ) -> None:
        """In every format; the months are made one as the other."""
        written = dict(digests(sample.bill.parent))
        write_sample(root=tmp_path, month=ANCHOR.restated, seed=1, formats=[CUR_2])
        write_sample(root=tmp_path, month=SampleMonth(anchor=OCTOBER, offset=1), seed=1)
        again = dict(digests(tmp_path))
        assert len(again) > 20
        assert again == {name: written[name] for name in again}

    def test_writes_another_bill_for_another_seed(self, everything: list[Sample]) -> None:
        sample = everything[OFFSETS.index(1)]
        other = imagine(sample.month, seed=2)
        assert other.truth.total != sample.truth.total

    @pytest.mark.parametrize(
        ("month", "days"),
        [
            (SampleMonth(anchor=Month(2026, 2)), 28),
            (SampleMonth(anchor=Month(2024, 2)), 29),
            (SampleMonth(anchor=Month(2026, 4), offset=-2), 28),
            (SampleMonth(anchor=Month(2024, 2), offset=-2), 31),
            (SampleMonth(anchor=Month(2026, 5), offset=-1), 30),
            (SampleMonth(anchor=Month(2024, 2), offset=1), 20),
        ],
        ids=str,
    )
    def test_ties_in_months_of_every_length(self, month: SampleMonth, days: int) -> None:
        story = imagine(month, seed=1)
        assert month.days == days
        assert story.truth.total * 10**10 == sum(line.quanta for line in story.lines)

    def test_is_of_the_promised_size(self, everything: list[Sample]) -> None:
        assert [55_000 <= sample.line_count <= 65_000 for sample in everything] == [
            *(False, False, True, False, True)
        ]
        assert all(
            Decimal(35_000) <= sample.bill_total <= Decimal(60_000)
            for sample in everything
            if sample.month.is_over
        )
        assert len(TENANTS) == 12


class TestDelivery:
    def test_manifest_lists_exactly_the_parts_that_exist(self, sample: Sample) -> None:
        listed = json.loads(sample.manifest.read_text(encoding="utf-8"))["dataFiles"]
        found = sorted((sample.bill / "exports").rglob(f"*={sample.month}/*.parquet"))
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
            *("SavingsPlanNegation", "SavingsPlanRecurringFee", "DiscountedUsage", "RIFee"),
        }

    def test_has_every_kind_of_line_in_each_format(self, sample: Sample) -> None:
        cur = rows(
            "select line_item_line_item_type, line_item_product_code, line_item_usage_type,"
            " count(*) from read_parquet(?) group by all order by all",
            parts(sample),
        )
        legacy = rows(
            'select "lineItem/LineItemType", "lineItem/ProductCode", "lineItem/UsageType",'
            " count(*) from read_csv(?, all_varchar = true) group by all order by all",
            parts(sample, LEGACY),
        )
        focus = dict(
            rows(
                "select SkuMeter, count(*) from read_parquet(?) group by all", parts(sample, FOCUS)
            )
        )
        assert legacy == cur
        counts: dict[str, int] = {}
        for line_type, _, usage_type, count in cur:
            times = {"SavingsPlanNegation": 0, "SavingsPlanRecurringFee": 2, "RIFee": 2}
            counts[usage_type] = counts.get(usage_type, 0) + count * times.get(line_type, 1)
        assert focus == counts

    def test_has_what_a_saas_company_runs(self, sample: Sample) -> None:
        found = rows(
            "select distinct line_item_usage_type, list_sort(map_keys(resource_tags))"
            " from read_parquet(?)",
            parts(sample),
        )
        meters = " ".join(meter for meter, _ in found)
        keys = {key for _, listed in found for key in listed}
        for meter in (
            *("BoxUsage:m6i.2xlarge", "Fargate-vCPU-Hours", "InstanceUsage:db", "TimedStorage"),
            *("VolumeUsage.gp3", "NatGateway-Bytes", "LCUUsage", "DataProcessing-Bytes"),
            *("AmazonEKS-Hours", "HeavyUsage:m6i.2xlarge", "ComputeSP", "SoftwareUsage"),
        ):
            assert meter in meters
        assert keys == {
            *("user_customer", "user_team", "user_product", "user_environment", "user_feature"),
            *("user_compliance", "user_app", "aws_eks_cluster_name", "aws_ecs_cluster_name"),
            "aws_ecs_service_name",
        }

    def test_line_ids_are_unique(self, sample: Sample) -> None:
        counted = rows(
            "select count(*), count(distinct identity_line_item_id) from read_parquet(?)",
            parts(sample),
        )[0]
        assert counted == (sample.line_count, sample.line_count)


class TestCommitments:
    def test_cost_in_all_what_they_are_billed(self, sample: Sample) -> None:
        """FOCUS's own rule: purchases billed are usage used and unused, per commitment."""
        found = rows(
            "select sum(cast(BilledCost as decimal(28, 10))),"
            " sum(cast(EffectiveCost as decimal(28, 10))),"
            " count(distinct CommitmentDiscountStatus)"
            " from read_parquet(?) where CommitmentDiscountId is not null"
            " group by CommitmentDiscountId",
            parts(sample, FOCUS),
        )
        assert len(found) == 2
        for billed, effective, statuses in found:
            assert billed == effective > 0
            assert statuses == 2


class TestLegacyDelivery:
    def test_is_listed_in_its_own_folder_and_beside_it(self, sample: Sample) -> None:
        manifest = sample.manifests[LEGACY]
        content = json.loads(manifest.read_text(encoding="utf-8"))
        own = manifest.parent / content["assemblyId"]
        assert (own / manifest.name).read_bytes() == manifest.read_bytes()
        listed = [sample.bills[LEGACY] / key for key in content["reportKeys"]]
        assert listed == sorted(own.glob("*.csv.gz"))
        assert len(listed) == 3

    def test_has_a_folder_of_its_own_when_it_restates(
        self, sample: Sample, restated: Sample
    ) -> None:
        contents = [
            json.loads(each.manifests[LEGACY].read_text(encoding="utf-8"))
            for each in (sample, restated)
        ]
        assert contents[0]["assemblyId"] != contents[1]["assemblyId"]
        assert contents[0]["reportId"] == contents[1]["reportId"]


class TestRestatement:
    def test_overwrites_the_same_objects(self, sample: Sample, restated: Sample) -> None:
        places = [
            {str(path.relative_to(each.bill)) for path in each.bill.rglob(f"*={OCTOBER}/*")}
            for each in (sample, restated)
        ]
        assert places[0] == places[1]
        manifests = [json.loads(each.manifest.read_text()) for each in (sample, restated)]
        assert manifests[0]["executionId"] != manifests[1]["executionId"]
        assert manifests[0]["dataFiles"] == manifests[1]["dataFiles"]

    def test_changes_what_some_tenants_own_themselves(self, both: tuple[Story, Story]) -> None:
        direct: list[dict[str, int]] = []
        for story in both:
            owned = dict.fromkeys((tenant.key for tenant in TENANTS), 0)
            for line in story.lines:
                if line.owner in owned:
                    owned[line.owner] += line.amortised_quanta
            direct.append(owned)
        changed = {key for key, quanta in direct[0].items() if direct[1][key] != quanta}
        assert changed == {"acme", "borealis", "initech", "halcyon", "dunmore", "fennec"}

    def test_corrects_the_traffic_of_two(self, both: tuple[Story, Story]) -> None:
        hours = range(ANCHOR.hours)
        before, after = (story.flow.at("nat_bytes", hours) for story in both)
        assert {key for key in before if before[key] != after[key]} == {"borealis", "eastgate"}

    def test_moves_others_by_their_part_of_what_is_shared_alone(
        self, sample: Sample, restated: Sample
    ) -> None:
        moved = {
            key: abs(restated.truth.amounts[key] - sample.truth.amounts[key])
            for key in ("globex", "cardinal", "kestrel", "juniper", "marlow")
        }
        assert all(0 < amount < 5 for amount in moved.values()), moved


class TestSignals:
    def test_are_silent_in_some_hours_so_that_the_fallback_is_used(self, sample: Sample) -> None:
        hours = dict(
            rows(
                "select meter, count(distinct start) from read_parquet(?) group by all",
                sample.signals,
            )
        )
        assert hours == {
            "nat_bytes": 744 - 9,
            "alb_lcu": 744 - 4,
            "log_bytes": 744,
            "pod_count": 744 - 5,
            "series": 744 - 4,
        }

    def test_hold_rows_that_were_delivered_twice(self, sample: Sample) -> None:
        delivered, distinct = rows(
            "select count(*), count(distinct (source, id)) from read_parquet(?)", sample.signals
        )[0]
        assert delivered == sample.signal_count
        assert 0 < delivered - distinct < 100


class TestWorkloads:
    def test_are_of_pods_tasks_and_volumes(self, sample: Sample) -> None:
        counted = rows(
            "select count(pod) filter (where volume_id is null), count(task), count(volume_id),"
            " count(claim) from read_parquet(?)",
            sample.workloads,
        )[0]
        assert min(counted) > 0
        assert counted[2] == 7 + counted[3]

    def test_overcommit_a_machine_and_leave_others_idle(self, sample: Sample) -> None:
        found = rows(
            "select bool_or(taken > had), bool_or(taken < had / 2) from (select sum(greatest("
            "cpu_request_core_hours, cpu_used_core_hours)) as taken, max(node_cpu_core_hours) as"
            " had from read_parquet(?) where volume_id is null group by provider_id, start)",
            sample.workloads,
        )[0]
        assert found == (True, True)

    def test_are_not_restated_with_the_bill(self, sample: Sample, restated: Sample) -> None:
        assert sample.workloads.read_bytes() == restated.workloads.read_bytes()


class TestTruth:
    def test_sums_to_the_bill_exactly(self, everything: list[Sample]) -> None:
        for sample in everything:
            assert sample.truth.total == Fraction(sample.bill_total)

    def test_names_every_tenant_and_every_other_recipient(self, sample: Sample) -> None:
        document = json.loads(sample.truth_file.read_text(encoding="utf-8"))
        assert set(document["tenants"]) == {tenant.key for tenant in TENANTS}
        assert set(document["others"]) == {
            "excluded:marketplace",
            "idle:lark-blue",
            "idle:lark-green",
            "idle:lark-tasks",
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

    def test_globex_loses_money_since_its_traffic_rose(self, everything: list[Sample]) -> None:
        document = yaml.safe_load(everything[0].configuration.read_text(encoding="utf-8"))
        flat = next(plan for plan in document["plans"] if plan["key"] == "flat-2024")
        fee = Fraction(flat["components"][0]["amount"])
        costs = [sample.truth.amounts["globex"] for sample in everything]
        assert [cost < fee for cost in costs[:3]] == [True, True, False]

    def test_tenants_are_of_very_different_size(self, sample: Sample) -> None:
        costs = [sample.truth.amounts[tenant.key] for tenant in TENANTS]
        assert max(costs) > 50 * min(costs) > 0


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
