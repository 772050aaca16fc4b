"""Charges in FOCUS 1.3's names: they sum to their origin charge in every metric that has a sum."""

import datetime as dt
import io
import json
from decimal import Decimal
from fractions import Fraction
from itertools import product

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.evidence import Selection
from services.attribution.domain.line_amounts import spread
from services.attribution.engine.focus_export import export_focus
from services.attribution.engine.focus_export.files import FocusInputs, write_focus_files
from shared.configuration import parse_configuration
from shared.csv_files import read_rows, write_rows
from tests.bills import (
    OCTOBER,
    amounts,
    columns_of,
    focus_line,
    rows_of,
    run_of,
    sums_of,
    write_signals,
    write_workloads,
)
from tests.engine.scenarios import ONE, closed_loops_refused, scenarios
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.spreadsheets import EVALUATED, evaluated_cells
from tests.work_folder import work_folder

RULES = """
version: 1
currency: USD
tenants: [{key: acme, name: Acme Corp}, {key: globex}]
labels: {tenant: ["tag:customer"]}
pools:
  - {name: nat, when: {usage_type: [Nat*]}, drivers: [{signal: bytes}]}
  - {name: fees, when: {service: [Support]}, drivers: [{proportional: direct}], per: period}
"""


def priced(billed, effective, listed, **changes):
    costs = {"BilledCost": billed, "ContractedCost": billed, "ListCost": listed}
    return focus_line(EffectiveCost=effective, **costs, **changes)


BILL = (
    priced("30", "20", "40", tags={"customer": "acme"}),
    priced("0", "10", "20", tags={"customer": "globex"}),
    priced("0.0000000003", "7", "11", SkuMeter="NatGateway-Bytes"),
    priced("9", "9", "9", ServiceName="Support"),
)
SIGNALS = ("bytes 2026-10-03T04:00:00Z acme 3", "bytes 2026-10-03T04:00:00Z globex 1")


def export(work, lines, ruleset=RULES, signals=SIGNALS, workloads=(), selection=None):
    bill = write_normalised(work / "bill", lines)
    rows = [write_workloads(work / "workloads.csv", workloads)] if workloads else []
    inputs = FocusInputs(
        config=parse_configuration(ruleset),
        period=OCTOBER,
        snapshot_parts=bill.parts,
        signals=[write_signals(work / "signals.csv", *signals)],
        workloads=rows,
        scratch_dir=work / "scratch",
        memory_limit_mb=512,
    )
    return export_focus(inputs, work / "focus", selection)


def charges(work, columns):
    return columns_of(work / "focus/focus.parquet", columns)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    export(folder, BILL)
    return folder


class TestAllocatedCharges:
    def test_of_a_pool_have_one_ratio_in_every_metric(self, exported):
        ratio = "AllocatedMethodDetails->>'$.Elements[0].AllocatedRatio'"
        found = charges(exported, f"x_TenantId, EffectiveCost, BilledCost, ListCost, {ratio}")
        assert [row for row in found if row[4]] == [
            ("acme", Decimal("5.25"), Decimal("2e-10"), Decimal("8.25"), "0.75"),
            ("acme", 6, 6, 6, "0.666666666666"),
            ("globex", Decimal("1.75"), Decimal("1e-10"), Decimal("2.75"), "0.25"),
            ("globex", 3, 3, 3, "0.333333333333"),
        ]

    def test_name_the_tenant_as_what_the_cost_was_allocated_to(self, exported):
        columns = "AllocatedMethodId, AllocatedResourceId, AllocatedResourceName"
        assert ("pool-signal", "acme", "Acme Corp") in charges(exported, columns)

    def test_are_not_those_that_are_taken_whole(self, exported):
        found = charges(exported, "x_TenantId, BilledCost, ListCost, AllocatedMethodId")
        assert ("acme", 30, 40, None) in found
        assert ("globex", 0, 20, None) in found


class TestAnExport:
    def test_is_of_the_run_that_attribute_gives(self, exported):
        bill, signals = write_normalised(exported / "bill", BILL), exported / "signals.csv"
        run = run_of(bill, exported, RULES, [signals], run_id=None)
        path = exported / "focus/focus.parquet"
        assert rows_of(path, "SELECT DISTINCT x_RunId FROM rows") == [(run.run_id,)]
        assert dict(sums_of(path, "x_TenantId, sum(EffectiveCost)")) == amounts(run)

    def test_says_what_an_origin_charge_is_and_which_columns_there_are(self, exported):
        metadata = json.loads((exported / "focus/metadata.json").read_text())
        assert "aggregate" in metadata["OriginCharge"]
        assert metadata["FocusVersion"] == "1.3"
        header = (exported / "focus/focus.csv").read_text().splitlines()[0].split(",")
        assert [column["ColumnName"] for column in metadata["Columns"]] == header

    def test_leaves_out_a_metric_that_some_line_does_not_have(self, tmp_path):
        metadata = export(tmp_path, [*BILL, focus_line()])
        assert metadata["SummableMetrics"] == ["BilledCost", "EffectiveCost"]

    @examples(1 / 12)
    @given(scenarios(), st.randoms(use_true_random=False))
    def test_sums_to_its_origin_charges_and_a_tenants_lines_to_what_it_is_given(
        self, scenario, chance
    ):
        """In every metric, by all that an origin charge and the lines have in common."""
        lines = [focus_line(**line) for line in scenario.lines]
        with work_folder() as work, closed_loops_refused():
            given = lines, scenario.ruleset(ONE), scenario.signals, scenario.workloads
            export(work, *given)
            path, cost = work / "focus/focus.parquet", f"sum({scenario.cost})"
            for metric in ("BilledCost", "EffectiveCost"):
                assert _sums(path, metric) == _expected(lines, metric)
            # Others are in the export for what they have of another metric.
            has_lines = f"bool_or({scenario.cost} <> 0)"
            tenants = sums_of(path, f"x_TenantId, {cost}, {has_lines}")
            if with_lines := sorted(row for row in tenants if row[2]):
                tenant, amount, _ = chance.choice(with_lines)
                export(work, *given, selection=Selection(tenant))
                assert sums_of(path, cost) == [(amount,)]


class TestTheCsvOfAnExport:
    def test_writes_texts_as_every_csv_of_ours_and_numbers_as_numbers(self, tmp_path):
        signs = ("'", "A", "~", ",", *EVALUATED)
        texts = ["".join(text) for size in (1, 2, 3) for text in product(signs, repeat=size)]
        with duckdb.connect() as session:
            session.execute(
                "CREATE TABLE charges AS "
                "SELECT unnest($texts) AS text, CAST(-1.5 AS DECIMAL(38,10)) AS cost",
                {"texts": texts},
            )
            write_focus_files(session, "charges", tmp_path, {})
        written = (tmp_path / "focus.csv").read_bytes().decode()
        assert evaluated_cells(written) == []
        rows = list(read_rows(written))
        assert [row["text"] for row in rows] == texts
        assert {row["cost"] for row in rows} == {"-1.5000000000"}
        by_python = io.StringIO(newline="")
        cells = ((text, Decimal("-1.5000000000")) for text in texts)
        write_rows(by_python, ("text", "cost"), cells)
        assert written == by_python.getvalue()

    def test_takes_a_name_of_another_type_for_text_too(self, tmp_path):
        with duckdb.connect() as session:
            session.execute("CREATE TABLE charges AS SELECT CAST('=1' AS ENUM ('=1')) AS name")
            write_focus_files(session, "charges", tmp_path, {})
        assert (tmp_path / "focus.csv").read_text() == "name\n'=1\n"


class TestATenantsLines:
    def test_are_what_of_each_bill_line_went_to_it(self, tmp_path):
        export(tmp_path, BILL, selection=Selection("acme"))
        found = charges(tmp_path, "x_LineId, EffectiveCost, x_OriginCost, AllocatedMethodId")
        assert found == [
            ("0:1", 20, 20, None),
            ("0:3", Decimal("5.25"), 7, "pool-signal"),
            ("0:4", 6, 9, "pool-proportional"),
        ]

    def test_of_one_day_are_that_days(self, tmp_path):
        later = focus_line(
            tags={"customer": "acme"},
            ChargePeriodStart="2026-10-07T00:00:00Z",
            ChargePeriodEnd="2026-10-08T00:00:00Z",
        )
        day = Selection("acme", day=dt.date(2026, 10, 7))
        assert export(tmp_path, [*BILL, later], selection=day)["RowCount"] == 1

    @given(st.lists(st.integers(-50, 50), min_size=1, max_size=6), st.integers(-200, 200))
    def test_are_spread_within_a_quantum_of_their_proportion(self, amounts, quanta):
        whole = sum(amounts)
        if whole == 0:
            assert spread(0, amounts) == [0] * len(amounts)
            return
        parts = spread(quanta, amounts)
        assert sum(parts) == quanta
        assert all(
            abs(part - Fraction(quanta * amount, whole)) < 1
            for part, amount in zip(parts, amounts, strict=True)
        )

    def test_have_no_proportion_where_they_sum_to_nothing(self):
        with pytest.raises(ValueError, match="no line to go to"):
            spread(1, [1, -1])


def _sums(path, metric):
    columns = (
        "ServiceName, coalesce(SubAccountId, ''), ChargeCategory,"
        f" CAST(ChargePeriodStart AS DATE), sum({metric})"
    )
    return {row[:4]: row[4] for row in sums_of(path, columns)}


def _expected(lines, metric):
    sums: dict[tuple, Decimal] = {}
    for line in lines:
        account = line["SubAccountId"] or line["BillingAccountId"]
        day = dt.date.fromisoformat(line["ChargePeriodStart"][:10])
        key = line["ServiceName"], account, line["ChargeCategory"], day
        sums[key] = sums.get(key, Decimal(0)) + Decimal(line[metric])
    return sums
