import csv
import gzip
import json
from decimal import Decimal

import pytest

from shared.faults import BadInput
from tests.bills import (
    CUR_TYPES,
    columns_of,
    cur_line,
    rows_of,
    snapshot_of,
    write_cur,
    write_delivery,
)

PLAN = {"savings_plan_savings_plan_a_r_n": "arn:sp/1"}
RESERVATION = {"reservation_reservation_a_r_n": "arn:ri/1"}

# One Savings Plan hour of 1.00 of which 0.60 is used, one reserved instance, and the rest.
LINES = [
    cur_line(0.75, type="SavingsPlanCoveredUsage", savings_plan_savings_plan_effective_cost=0.6,
             **PLAN),
    cur_line(-0.75, type="SavingsPlanNegation", line_item_resource_id=None, **PLAN),
    cur_line(1.0, type="SavingsPlanRecurringFee", savings_plan_total_commitment_to_date=1.0,
             savings_plan_used_commitment=0.6, **PLAN),
    cur_line(360.0, type="SavingsPlanUpfrontFee", **PLAN),
    cur_line(0.0, type="DiscountedUsage", reservation_effective_cost=0.25, **RESERVATION),
    cur_line(0.4, type="RIFee", reservation_unused_recurring_fee=0.1,
             reservation_unused_amortized_upfront_fee_for_billing_period=0.05, **RESERVATION),
    cur_line(99.0, type="Fee", **RESERVATION),
    cur_line(2.0, type="Usage"),
    cur_line(0.3, type="Tax", line_item_usage_account_id=None),
    cur_line(-5.0, type="Credit"),
    cur_line(-1.5, type="Refund"),
    cur_line(7.0, type="Fee"),
    cur_line(-0.2, type="EdpDiscount"),
    cur_line(0.01, type="SomethingNew"),
]  # fmt: skip


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("snapshot")
    return snapshot_of(write_cur(folder / "bill.parquet", LINES), folder)


def test_the_last_nanosecond_of_an_hour_is_of_that_hour(tmp_path):
    line = cur_line(1, line_item_usage_start_date="2026-10-03 04:59:59.999999999")
    types = {"line_item_usage_start_date": "TIMESTAMP_NS"}
    bill = write_cur(tmp_path / "bill.parquet", [line], types=types)
    part = snapshot_of(bill, tmp_path).parts[0]
    (started_at,) = columns_of(part, "CAST(ChargePeriodStart AS VARCHAR)")
    assert started_at == ("2026-10-03 04:59:59.999999",)


def by_line(snapshot, columns):
    rows = columns_of(snapshot.parts[0], f"x_LineId, {columns}")
    return {row[0]: row[1:] for row in rows}


class TestCur2:
    def test_bills_what_was_charged(self, snapshot):
        charged = sum(Decimal(repr(line["line_item_unblended_cost"])) for line in LINES)
        assert snapshot.billed_total == charged
        assert snapshot.billed_quantisation == 0

    def test_costs_what_awss_own_dashboards_call_amortised(self, snapshot):
        used, unused = Decimal("0.6") + Decimal("0.25"), Decimal("0.4") + Decimal("0.15")
        plain = 2 + Decimal("0.3") - 5 - Decimal("1.5") + 7 - Decimal("0.2")
        assert snapshot.effective_total == used + unused + plain + Decimal("0.01")

    def test_ties_a_savings_plan_s_purchase_to_its_use(self, snapshot):
        rows = rows_of(
            snapshot.parts[0],
            "SELECT ChargeCategory, CommitmentDiscountStatus, sum(BilledCost), sum(EffectiveCost)"
            " FROM rows WHERE CommitmentDiscountId = 'arn:sp/1' AND x_LineItemType <>"
            " 'SavingsPlanUpfrontFee' GROUP BY ALL ORDER BY ALL",
        )
        assert rows == [
            ("Purchase", None, 1, 0),
            ("Usage", "Unused", 0, Decimal("0.4")),
            ("Usage", "Used", 0, Decimal("0.6")),
        ]

    def test_leaves_out_a_negation_that_cancels_its_covered_usage(self, snapshot):
        assert "0:2" not in by_line(snapshot, "BilledCost")
        assert by_line(snapshot, "BilledCost")["0:1"] == (0,)

    def test_keeps_what_is_left_of_a_negation_by_its_line_and_says_so(self, tmp_path):
        lines = [LINES[0], LINES[1] | {"line_item_unblended_cost": -0.7499999999}]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        assert snapshot.billed_total == Decimal("0.0000000001")
        assert by_line(snapshot, "BilledCost") == {
            "0:1": (Decimal(0),),
            "0:2": (Decimal("0.0000000001"),),
        }
        assert "negation-rest" in [each.kind for each in snapshot.findings]

    def test_keeps_usage_without_a_negation_and_a_negation_without_usage(self, tmp_path):
        lines = [LINES[0], LINES[1] | {"line_item_usage_type": "BoxUsage:c5.large"}]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        assert by_line(snapshot, "BilledCost") == {
            "0:1": (Decimal("0.75"),),
            "0:2": (Decimal("-0.75"),),
        }

    @pytest.mark.parametrize(
        "changes",
        [
            {"line_item_usage_type": "BoxUsage:c5.large"},
            {"savings_plan_savings_plan_a_r_n": None},
            {"line_item_usage_start_date": "2026-10-03 05:00:00"},
            {"line_item_product_code": "AmazonECS"},
            {"line_item_usage_account_id": "000000000009"},
        ],
    )
    def test_notes_a_negation_without_usage_beside_one_that_differs(self, tmp_path, changes):
        lines = [
            LINES[0],
            LINES[1] | {"line_item_unblended_cost": -0.7499999999},
            LINES[1] | {"line_item_unblended_cost": -2} | changes,
        ]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        differs, alone = [
            each.message for each in snapshot.findings if each.kind == "negation-rest"
        ]
        assert differs.startswith("Savings Plan usage and its negation differ by 1E-10 in 1")
        assert alone.startswith("Savings Plan negations of -2.0000000000 have no usage of their")
        assert "in 1 groups of an hour, at most by 2.0000000000" in alone

    def test_leaves_out_a_negation_whatever_names_the_service_has(self, tmp_path):
        lines = [LINES[0], LINES[1] | {"product": {"product_name": "EC2"}}]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        assert snapshot.row_count == 1
        assert {total.service: total.billed for total in snapshot.raw_totals} == {
            "Amazon Elastic Compute Cloud": 0,
            "EC2": 0,
        }

    @pytest.mark.parametrize(
        ("purchase", "commitment"),
        [("SavingsPlanUpfrontFee", PLAN), ("Fee", RESERVATION)],
    )
    @pytest.mark.parametrize("order", [1, -1])
    def test_spreads_the_return_of_a_purchase_as_the_purchase(
        self, tmp_path, purchase, commitment, order
    ):
        """Whatever product and words it has; a refund on usage is a discount of this month."""
        bought = {"line_item_product_code": "Anything", "usage_type": "1yrAllUpfront"} | commitment
        lines = [
            cur_line(1000.0, type=purchase, **bought),
            cur_line(-1000.0, type="Refund", **bought),
            cur_line(-3.0, type="Refund", **commitment),
            cur_line(10.0),
        ]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines[::order]), tmp_path)
        assert (snapshot.billed_total, snapshot.effective_total) == (7, 7)

    def test_spreads_the_return_of_a_plan_that_another_month_bought(self, tmp_path):
        bought = {"line_item_product_code": "MachineLearningSavingsPlans"}
        kinds = ("MLSavingsPlan:1yrAllUpfront", "MLSavingsPlan:1yrNoUpfront")
        lines = [cur_line(-9.0, type="Refund", usage_type=kind, **bought, **PLAN) for kind in kinds]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        assert (snapshot.billed_total, snapshot.effective_total) == (-18, -9)

    def test_finds_a_negation_in_another_part_than_its_usage(self, tmp_path):
        write_delivery(tmp_path, [LINES[:1], LINES[1:2]])
        snapshot = snapshot_of(tmp_path, tmp_path / "work")
        assert (snapshot.row_count, snapshot.raw_row_count) == (1, 2)
        assert snapshot.billed_total == 0

    def test_names_categories_as_focus_does(self, snapshot):
        found = by_line(snapshot, "x_LineItemType, ChargeCategory, ChargeClass")
        assert found["0:3:unused"] == ("SavingsPlanRecurringFee", "Usage", None)
        assert found["0:9"] == ("Tax", "Tax", None)
        assert found["0:11"] == ("Refund", "Usage", "Correction")
        assert found["0:13"] == ("EdpDiscount", "Usage", None)
        assert found["0:14"] == ("SomethingNew", "Adjustment", None)
        assert [each.kind for each in snapshot.findings] == ["new-line-type", "corrections"]

    def test_takes_the_payer_where_the_account_is_missing(self, snapshot):
        assert by_line(snapshot, "x_Account")["0:9"] == ("000000000001",)

    def test_names_services_and_their_category(self, snapshot):
        named = "ServiceName, ServiceCategory, x_ServiceCode"
        expected = ("Amazon Elastic Compute Cloud", "Compute", "AmazonEC2")
        assert by_line(snapshot, named)["0:8"] == expected

    def test_strips_the_prefix_of_user_tags(self, tmp_path):
        line = cur_line(1, tags={"customer": "acme"})
        line["resource_tags"] |= {"aws_eks_cluster_name": "c", "user_empty": ""}
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", [line]), tmp_path)
        assert by_line(snapshot, "Tags")["0:1"] == (
            {"aws_eks_cluster_name": "c", "customer": "acme"},
        )

    def test_takes_a_double_by_its_shortest_decimal(self, tmp_path):
        lines = [cur_line(0.1), cur_line(0.2), cur_line(1.23456789012345e-7), cur_line(4e-11)]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        assert snapshot.billed_total == Decimal("0.3000001235")
        exact = Decimal("0.3") + Decimal("1.23456789012345e-7") + Decimal("4e-11")
        assert snapshot.billed_total + snapshot.billed_quantisation == exact

    def test_prefers_net_amounts_where_the_account_has_them(self, tmp_path):
        path = write_cur(
            tmp_path / "bill.parquet",
            [cur_line(1.0, line_item_net_unblended_cost=0.8), cur_line(2.0)],
            types={"line_item_net_unblended_cost": "DOUBLE"},
        )
        assert snapshot_of(path, tmp_path).billed_total == Decimal("2.8")

    def test_reads_amounts_written_as_text(self, tmp_path):
        path = write_cur(
            tmp_path / "bill.parquet",
            [cur_line("0.123456789012345")],
            types={"line_item_unblended_cost": "VARCHAR"},
        )
        snapshot = snapshot_of(path, tmp_path)
        assert snapshot.billed_total == Decimal("0.1234567890")
        assert snapshot.billed_quantisation == Decimal("1.2345e-11")


class TestCur2AsGzippedCsv:
    def test_with_maps_as_json_is_the_same_bill(self, tmp_path):
        lines = [
            line | {"resource_tags": {"user_customer": "acme", "aws_x": "y"}} for line in LINES
        ]
        parquet = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        path = tmp_path / "bill.csv.gz"
        with gzip.open(path, "wt", newline="") as file:
            writer = csv.DictWriter(file, list(CUR_TYPES))  # noqa: TID251 - an input
            writer.writeheader()
            for line in lines:
                writer.writerow(
                    {
                        name: json.dumps(value) if isinstance(value, dict) else value
                        for name, value in line.items()
                    }
                )
        text = snapshot_of(path, tmp_path)
        assert (text.content_hash, text.raw_totals) == (parquet.content_hash, parquet.raw_totals)


class TestPartsWhoseColumnsDiffer:
    def test_have_nulls_for_an_optional_column(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(2)]])
        second = tmp_path / "bill/data/BILLING_PERIOD=2026-10/bill-00002.snappy.parquet"
        write_cur(second, [cur_line(2)], without=["line_item_resource_id", "resource_tags"])
        assert snapshot_of(tmp_path, tmp_path / "work").billed_total == 3

    @pytest.mark.parametrize("name", ["line_item_unblended_cost", "line_item_usage_start_date"])
    def test_are_refused_without_a_required_one(self, tmp_path, name):
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(2)]])
        second = tmp_path / "bill/data/BILLING_PERIOD=2026-10/bill-00002.snappy.parquet"
        write_cur(second, [cur_line(2)], without=[name])
        with pytest.raises(BadInput) as raised:
            snapshot_of(tmp_path, tmp_path / "work")
        assert raised.value.field == name
        assert raised.value.file.endswith("bill-00002.snappy.parquet")

    def test_may_have_another_type_and_a_value_that_is_no_number_is_named(self, tmp_path):
        write_delivery(tmp_path, [[cur_line(1)], [cur_line(2)]])
        second = tmp_path / "bill/data/BILLING_PERIOD=2026-10/bill-00002.snappy.parquet"
        lines = [cur_line("2"), cur_line("two")]
        write_cur(second, lines, types={"line_item_unblended_cost": "VARCHAR"})
        with pytest.raises(BadInput) as raised:
            snapshot_of(tmp_path, tmp_path / "work")
        assert (raised.value.row, raised.value.field) == (2, "line_item_unblended_cost")

    @pytest.mark.parametrize(
        ("line_type", "column"),
        [
            ("SavingsPlanCoveredUsage", "savings_plan_savings_plan_effective_cost"),
            ("SavingsPlanRecurringFee", "savings_plan_total_commitment_to_date"),
            ("DiscountedUsage", "reservation_effective_cost"),
            ("RIFee", "reservation_unused_recurring_fee"),
        ],
    )
    def test_have_lines_of_unknown_effective_cost_without_the_column_it_stands_in(
        self, tmp_path, line_type, column
    ):
        lines = [cur_line(1.0), cur_line(1.0, type=line_type)]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        [unread] = snapshot.unreadable
        assert (unread.column, unread.field, unread.row) == ("EffectiveCost", column, 2)
        assert (snapshot.billed_total, snapshot.effective_total) == (2, 1)


@pytest.mark.parametrize("cut", [1, 2])
def test_net_amounts_count_in_all_parts_of_a_delivery_or_in_none(tmp_path, cut):
    """A discount is a row of its own among unblended amounts, and within net ones."""
    net = {"line_item_net_unblended_cost": 90.0}
    lines = [cur_line(100.0, **net), cur_line(-10.0, type="EdpDiscount"), cur_line(5.0, **net)]
    lines[2]["line_item_net_unblended_cost"] = 5.0
    types = {"line_item_net_unblended_cost": "DOUBLE"}
    write_delivery(tmp_path, [lines[:cut], lines[cut:]])
    for number, part in enumerate((lines[:cut], lines[cut:]), 1):
        path = tmp_path / f"bill/data/BILLING_PERIOD=2026-10/bill-0000{number}.snappy.parquet"
        write_cur(path, part, types=types)
    snapshot = snapshot_of(tmp_path, tmp_path / "work")
    assert (snapshot.billed_total, snapshot.effective_total) == (95, 95)


def test_unblended_amounts_that_differ_from_the_net_ones_are_a_finding(tmp_path):
    lines = [cur_line(100.0, line_item_net_unblended_cost=90.0), cur_line(7.0)]
    types = {"line_item_net_unblended_cost": "DOUBLE"}
    snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines, types=types), tmp_path)
    [finding] = [each for each in snapshot.findings if each.kind == "net-amounts"]
    assert "97" in finding.message
    assert "107" in finding.message
