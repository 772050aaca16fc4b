"""Random bills, rules and signals: nothing is lost, and nothing but the content decides."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.bills import (
    RULESET,
    amounts,
    cur_line,
    focus_line,
    run_of,
    write_delivery,
    write_signals,
)
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

TENANTS = ["acme", "globex", "initech"]

costs = st.one_of(
    st.decimals(-50, 50, places=12),
    st.decimals(-1, 1, places=10),
    st.sampled_from([Decimal(0), Decimal("1e-10"), Decimal("-1e-10"), Decimal("1e-11")]),
)
hours = st.integers(0, 5)
lines = st.lists(
    st.builds(
        lambda cost, effective, hour, kind, value, category, account: {
            "BilledCost": f"{cost:f}",
            "EffectiveCost": f"{effective:f}",
            "ChargePeriodStart": f"2026-10-03T{hour:02d}:00:00Z",
            "ChargePeriodEnd": f"2026-10-{3 + (kind == 'day'):02d}T{(hour + 1) % 24:02d}:00:00Z",
            "SkuMeter": f"{kind}-usage",
            "ChargeCategory": category,
            "SubAccountId": account,
            "Tags": json.dumps({"customer": value}) if value else "",
        },
        costs,
        costs,
        hours,
        st.sampled_from(["box", "nat", "lb", "day"]),
        st.sampled_from(["", "acme", "globex", "initech", "stranger", "ACME Inc 5"]),
        st.sampled_from(["Usage", "Credit", "Tax", "Purchase"]),
        st.sampled_from(["", "1", "2"]),
    ),
    min_size=1,
    max_size=25,
)
signals = st.lists(
    st.builds(
        lambda meter, hour, tenant, quantity: (
            f"{meter} 2026-10-03T{hour:02d}:00:00Z {tenant} {quantity:f}"
        ),
        st.sampled_from(["bytes", "requests"]),
        hours,
        st.sampled_from(TENANTS),
        st.decimals(0, 1000, places=3),
    ),
    max_size=20,
)
drivers = st.lists(
    st.sampled_from(
        [
            "{signal: bytes}",
            "{signal: requests, per: day}",
            "{proportional: direct}",
            "{even: true}",
            "{weights: {acme: 0.3, globex: 2}}",
        ]
    ),
    min_size=1,
    max_size=3,
)
rulesets = st.builds(
    lambda nat, other, per, cost, rule: (
        RULESET.replace("{key: globex}", "{key: globex}, {key: initech, active: {to: 2026-10-04}}")
        + f"cost: {cost}\n"
        + f"rules: [{rule}]\n"
        + "pools:\n"
        + f"  - {{name: nat, when: {{usage_type: [nat-*, day-*]}}, drivers: [{', '.join(nat)}],"
        f" per: {per}}}\n"
        + f"  - {{name: lb, when: {{usage_type: ['lb-*']}}, drivers: [{', '.join(other)}]}}\n"
        + "defaults: {accounts: {'1': globex}}\n"
    ),
    drivers,
    drivers,
    st.sampled_from(["hour", "day", "period"]),
    st.sampled_from(["EffectiveCost", "BilledCost"]),
    st.sampled_from(
        [
            "",
            "{name: r, when: {charge_category: [Tax]}, assign: {exclude: tax}}",
            "{name: r, when: {charge_category: [Credit]}, assign: {pool: nat}}",
            "{name: r, when: {tags: {customer: [str*]}}, assign: {overhead: lost}}",
        ]
    ),
)


def run(bill_lines, ruleset, rows, work):
    bill = write_normalised(work / "bill", [focus_line(**line) for line in bill_lines])
    signal_file = write_signals(work / "signals.csv", *rows)
    return run_of(bill, work, ruleset, [signal_file], is_prepared=True)


class TestAnyScenario:
    @examples(1 / 15)
    @given(lines, rulesets, signals)
    def test_gives_out_exactly_what_the_bill_says(self, bill_lines, ruleset, rows):
        measure = "BilledCost" if "BilledCost" in ruleset else "EffectiveCost"
        with work_folder() as work:
            found = run(bill_lines, ruleset, rows, work)
            proof = json.loads((work / "run/proof.json").read_text())
        exact = sum(Decimal(line[measure]) for line in bill_lines)
        assert Decimal(proof["input_total"]) == exact
        assert proof["difference"] == "0"
        assert all(group["bill"] == group["out"] for group in proof["per"])
        assert abs(Decimal(proof["quantisation"])) <= len(bill_lines) * Decimal("5e-11")
        assert sum(amounts(found).values()) + Decimal(proof["quantisation"]) == exact


class TestADelivery:
    @examples(1 / 15)
    @given(
        st.lists(
            st.builds(
                lambda cost, hour, value: cur_line(
                    cost,
                    line_item_usage_start_date=f"2026-10-03 {hour:02d}:00:00",
                    line_item_usage_end_date=f"2026-10-03 {hour + 1:02d}:00:00",
                    tags={"customer": value} if value else None,
                ),
                st.floats(-100, 100, allow_nan=False),
                hours,
                st.sampled_from(["", "acme", "globex", "stranger"]),
            ),
            min_size=2,
            max_size=20,
        ),
        st.data(),
    )
    def test_gives_the_same_however_it_is_cut_into_parts(self, bill_lines, data):
        cut = data.draw(st.integers(1, len(bill_lines) - 1))
        written = set()
        for parts in ([bill_lines], [bill_lines[cut:], bill_lines[:cut]]):
            with work_folder() as work:
                run_of(write_delivery(work / "bucket", parts), work, is_prepared=True)
                written.add((work / "run/allocations.parquet").read_bytes())
        assert len(written) == 1
