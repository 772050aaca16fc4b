"""Every amount of a run is given by its evidence: bill lines, weights and shares, and no more."""

import datetime as dt
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.evidence import (
    BillLines,
    Selection,
    Share,
    Total,
    bill_lines,
    recompute,
)
from services.attribution.domain.evidence_json import from_json, to_json
from services.attribution.domain.evidence_rows import HEADER, rows
from services.attribution.engine.explain import NothingToExplain, explain
from shared.configuration import parse_configuration
from shared.money import from_quanta, to_quanta
from tests.bills import (
    OCTOBER,
    RULESET,
    focus_line,
    run_of,
    snapshot_of,
    write_cur,
    write_signals,
    write_workloads,
)
from tests.engine import test_reciprocal_pools as reciprocal
from tests.engine import test_split_costs as split_costs
from tests.engine.scenarios import ONE, closed_loops_refused, scenarios
from tests.engine.test_workloads import PODS, node, pod
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

BILL = (
    focus_line(cost="3", tags={"customer": "acme"}, ResourceId="i-1"),
    focus_line(cost="-1", tags={"customer": "acme"}, ResourceId="i-1", ChargeCategory="Credit"),
    focus_line(cost="2", tags={"customer": "stranger"}),
    focus_line(cost="10", SkuMeter="NatGateway-Bytes"),
    focus_line(
        cost="4",
        SkuMeter="NatGateway-Bytes",
        ChargePeriodStart="2026-10-03T07:00:00Z",
        ChargePeriodEnd="2026-10-03T08:00:00Z",
    ),
    focus_line(cost="5", ServiceName="AWS Support"),
    focus_line(cost="1", ServiceName="Amazon RDS"),
)
POOLED = (
    RULESET
    + """
rules: [{name: help, when: {service: [AWS Support]}, assign: {overhead: platform}}]
pools: [{name: nat, when: {usage_type: [NatGateway*]}, drivers: [{signal: bytes}, {even: true}]}]
"""
)
SIGNALS = (
    *("bytes 2026-10-03T04:00:00Z acme 1", "bytes 2026-10-03T04:00:00Z acme 2"),
    "bytes 2026-10-03T04:00:00Z globex 1",
)


class Explained:
    """A bill with its run, and what explains it."""

    def __init__(self, work, lines, ruleset, signals=(), workloads=(), bill=None):
        self.bill = bill or write_normalised(work / "bill", lines)
        self.work = work
        self.given = {
            "signals": [write_signals(work / "signals.csv", *signals)],
            "workloads": [write_workloads(work / "workloads.csv", workloads)] if workloads else [],
        }
        self.ruleset = ruleset
        self.run = run_of(
            self.bill, work, ruleset, self.given["signals"], workloads=self.given["workloads"]
        )

    def explain(self, tenant, **asked):
        return explain(
            snapshot_parts=self.bill.parts,
            config=parse_configuration(self.ruleset),
            period=OCTOBER,
            selection=Selection(tenant, **asked),
            scratch_dir=self.work / "why",
            memory_limit_mb=512,
            **self.given,
        )

    def line(self, tenant, charge_group, **asked):
        [line] = self.explain(tenant, charge_group=charge_group, **asked).lines
        return line

    def check(self, turn=None):
        """Of statement lines: what their evidence gives, as it is handed on and read again.

        Of all tenants, or of the one whose turn it is: each is a split of the bill.
        """
        by_tenant: dict[str, dict[tuple[str, str], Decimal]] = {}
        for each in self.run.statements:
            key = each.charge_group, each.method
            by_tenant.setdefault(each.tenant, {})[key] = each.amount
        tenants = sorted(by_tenant)
        for tenant in tenants if turn is None else [tenants[turn % len(tenants)]]:
            written = json.dumps(to_json(self.explain(tenant)))
            found = {
                (line.charge_group, line.method): from_quanta(
                    sum(recompute(part.evidence) for part in line.parts)
                )
                for line in from_json(json.loads(written)).lines
            }
            assert found == by_tenant[tenant]


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    return Explained(tmp_path_factory.mktemp("explained"), BILL, POOLED, SIGNALS)


class TestATaggedLine:
    def test_names_its_label_and_its_bill_lines(self, explained):
        credit, usage = explained.line("acme", "Compute").parts
        assert (usage.rule, usage.service) == ("tag:customer", "Amazon EC2")
        assert [line.line for line in usage.evidence.largest] == ["0:1"]
        assert (credit.charge_category, credit.quanta) == ("Credit", to_quanta(Decimal(-1)))

    def test_counts_all_lines_and_names_few(self, tmp_path):
        lines = [focus_line(cost=str(at), tags={"customer": "acme"}) for at in range(1, 9)]
        [part] = Explained(tmp_path, lines, RULESET).line("acme", "Compute").parts
        assert part.evidence.count == 8
        assert part.evidence.quanta == to_quanta(Decimal(36))
        assert [line.line for line in part.evidence.largest] == ["0:8", "0:7", "0:6", "0:5", "0:4"]


class TestAPool:
    def test_names_the_driver_the_weights_and_the_signals_of_each_hour(self, explained):
        by_signal, by_fallback = explained.explain("acme", charge_group="pool:nat").lines[::-1]
        [part] = by_signal.parts
        share = part.evidence
        assert (part.driver, share.fraction) == ("signal:bytes", Fraction(3, 4))
        assert share.of == BillLines(1, to_quanta(Decimal(10)), share.of.largest)
        [signals] = share.signals
        assert (signals.meter, signals.count, signals.quantity) == ("bytes", 2, 3)
        assert [(row.row, row.quantity) for row in signals.largest] == [(2, 2), (1, 1)]
        [part] = by_fallback.parts
        assert (part.driver, part.evidence.weights) == ("fallback:even", (1, 1))
        assert part.evidence.signals == ()

    def test_tells_nothing_of_others_but_their_weights(self, explained):
        assert "globex" not in repr(explained.explain("acme"))

    def test_that_others_use_shows_the_way_of_its_money(self, tmp_path):
        signals = reciprocal.TestTwoPoolsThatUseEachOther.SIGNALS
        rules = reciprocal.ruleset(reciprocal.CLUSTER, reciprocal.MONITORING)
        explained = Explained(tmp_path, [reciprocal.line("cluster", "75")], rules, signals)
        own, through = (part.evidence for part in explained.line("acme", "pool:cluster").parts)
        assert own.of.fraction + through.of.fraction == 1
        assert round(float(through.of.fraction), 12) == 0.2
        assert through.fraction == Fraction(1, 3)
        explained.check()

    def test_that_nobody_used_is_explained_whole(self, tmp_path):
        ruleset = POOLED.replace(", {even: true}", "")
        [part] = Explained(tmp_path, BILL, ruleset).line("unallocated", "pool:nat").parts[:1]
        assert (part.reason, part.tag_key) == ("no-consumer", "pool:nat")
        assert part.evidence.quanta == to_quanta(Decimal(10))

    def test_gives_an_unmetered_part_by_the_signals_of_those_that_were_not_active(self, tmp_path):
        ruleset = POOLED.replace("{key: globex}", "{key: globex, active: {to: 2026-10-01}}")
        explained = Explained(tmp_path, BILL, ruleset, SIGNALS)
        [part] = explained.line("unmetered:nat", "pool:nat").parts
        assert part.evidence.fraction == Fraction(1, 4)
        assert part.evidence.signals[0].quantity == 1
        explained.check()


class TestAPod:
    def test_names_its_node_and_what_it_took_of_each_resource(self, tmp_path):
        rows = [pod("a", "acme"), pod("b", "globex", memory="8")]
        explained = Explained(tmp_path, [node()], PODS, workloads=rows)
        parts = {part.evidence.of.by: part for part in explained.line("acme", "Compute").parts}
        cpu, memory = parts["cpu"], parts["memory"]
        assert (cpu.place, cpu.pods, memory.place) == ("i-0aa", "prod/apps", "i-0aa")
        assert cpu.evidence.of.fraction == Fraction(36, 52)
        assert (cpu.evidence.fraction, memory.evidence.fraction) == (Fraction(1, 4), Fraction(1, 4))
        assert [lines.count for lines in bill_lines(cpu.evidence)] == [1]


class TestWhatNobodyOwns:
    def test_says_what_was_missing(self, explained):
        [part] = explained.line("unallocated", "Compute").parts
        assert (part.reason, part.tag_key) == ("no-label", "customer")
        [part] = explained.line("unmapped:stranger", "Compute").parts
        assert (part.reason, part.tag_value) == ("unknown-value", "stranger")

    def test_by_a_rule_names_the_rule(self, explained):
        [part] = explained.explain("overhead:platform").lines[0].parts
        assert (part.rule, part.service) == ("help", "AWS Support")


class TestASelection:
    def test_is_of_what_was_asked_for(self, explained):
        assert explained.explain("acme", charge_group="pool:nat").quanta == to_quanta(
            Decimal("9.5")
        )
        assert explained.explain("acme", method="pool-even").quanta == to_quanta(Decimal(2))
        assert explained.explain("unallocated", service="Amazon RDS").quanta == to_quanta(
            Decimal(1)
        )
        day = explained.explain("acme", day=dt.date(2026, 10, 3))
        assert day.quanta == to_quanta(Decimal("11.5"))

    def test_of_a_tenant_that_is_none_names_one_that_is_near(self, explained):
        with pytest.raises(NothingToExplain, match="Try acme"):
            explained.explain("acmee")

    def test_of_a_day_without_cost_is_told(self, explained):
        with pytest.raises(NothingToExplain, match="no such amount"):
            explained.explain("acme", day=dt.date(2026, 10, 9))


class TestEvidence:
    def test_gives_a_quantum_that_is_left_to_the_largest_remainder_then_by_name(self):
        ten = BillLines(1, 10)
        assert [recompute(Share(ten, "even", (1, 1, 1), own)) for own in range(3)] == [4, 3, 3]
        assert recompute(Share(Total((ten, BillLines(2, -21))), "even", (1, 1), 1)) == -6


class TestForms:
    def test_as_json_loses_nothing(self, explained):
        explanation = explained.explain("acme")
        assert from_json(json.loads(json.dumps(to_json(explanation)))) == explanation

    def test_as_rows_sum_to_the_amount_and_say_where_each_part_is_from(self, explained):
        found = [dict(zip(HEADER, row, strict=True)) for row in rows(explained.explain("acme"))]
        assert sum(row["amount"] for row in found) == Decimal("11.5")
        [nat] = [row for row in found if row["driver"] == "signal:bytes"]
        assert (nat["bill_lines"], nat["bill_amount"], nat["largest_lines"]) == (
            1,
            10,
            "bill/0:4",
        )
        assert (nat["weight"], nat["total_weight"], nat["share"]) == (3, 4, Fraction(3, 4))
        assert (nat["signals"], nat["quantity"]) == (2, 3)


class TestAnyScenario:
    @examples(1 / 12)
    @given(scenarios(), st.integers(0, 11))
    def test_is_given_line_by_line_by_its_evidence(self, scenario, turn):
        lines = [focus_line(**line) for line in scenario.lines]
        with work_folder() as work, closed_loops_refused():
            known = {"signals": scenario.signals, "workloads": scenario.workloads}
            Explained(work, lines, scenario.ruleset(ONE), **known).check(turn)

    def test_with_split_cost_rows_is_given_by_their_instances(self, tmp_path):
        lines = [split_costs.instance(8.0), *split_costs.TestSplitCostRows.ROWS]
        bill = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        Explained(tmp_path, [], PODS, bill=bill).check()
