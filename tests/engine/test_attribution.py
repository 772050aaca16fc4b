"""Golden cases, small enough to check by hand."""

import json
from decimal import Decimal

import pytest

from services.attribution.engine import attribute, statement_days
from shared.characters import UNSEEN
from shared.configuration import parse_configuration
from shared.csv_files import read_rows
from shared.faults import BadConfiguration, ProofFailed
from tests.bills import (
    OCTOBER,
    RULESET,
    amounts,
    cur_line,
    focus_line,
    notes_of,
    rows_of,
    run_of,
    types_of,
    write_cur,
    write_signals,
)
from tests.normalised_bills import write_normalised

POOL = """
pools:
  - {{name: nat, when: {{usage_type: ["*Nat*"]}}, drivers: [{drivers}], per: {per}}}
"""


def with_pool(drivers: str, per: str = "hour", more: str = "") -> str:
    return RULESET + POOL.format(drivers=drivers, per=per) + more


def nat(cost, hour=4, day=3, length=1, **changes):
    times = {
        "ChargePeriodStart": f"2026-10-{day:02d}T{hour:02d}:00:00Z",
        "ChargePeriodEnd": f"2026-10-{day:02d}T{hour + length:02d}:00:00Z",
    }
    return focus_line(SkuMeter="NatGateway-Bytes", cost=cost, **(times | changes))


def run(tmp_path, lines, ruleset=RULESET, *signals):
    bill = write_normalised(tmp_path / "bill", lines)
    files = [write_signals(tmp_path / "signals.csv", *signals)] if signals else []
    return run_of(bill, tmp_path, ruleset, files)


class TestALine:
    def test_goes_to_the_tenant_of_its_label_and_the_rest_is_named(self, tmp_path):
        found = run(
            tmp_path,
            [
                focus_line(cost="10.5", tags={"customer": "ACME Inc. Europe"}),
                focus_line(cost="4", tags={"customer": "globex"}),
                focus_line(cost="0.25", tags={"customer": "nobody"}),
                focus_line(cost="-1", ChargeCategory="Credit"),
            ],
        )
        assert amounts(found) == {
            "acme": Decimal("10.5"),
            "globex": 4,
            "unmapped:nobody": Decimal("0.25"),
            "unallocated": -1,
        }
        assert found.proof.difference == 0

    def test_is_attributed_by_the_measure_that_is_asked_for(self, tmp_path):
        lines = [focus_line(BilledCost="3", EffectiveCost="2", tags={"customer": "acme"})]
        billed = run(tmp_path, lines, RULESET + "cost: BilledCost\n")
        assert amounts(billed) == {"acme": 3}
        assert amounts(run(tmp_path, lines)) == {"acme": 2}

    def test_of_cur_2_is_found_by_the_operators_own_spelling_of_the_tag(self, tmp_path):
        ruleset = RULESET.replace("tag:customer", "tag:CustomerName")
        line = cur_line(2.0, tags={"customer_name": "acme"})
        found = run_of(write_cur(tmp_path / "bill.parquet", [line]), tmp_path, ruleset)
        assert amounts(found) == {"acme": 2}

    def test_carries_its_dimensions_into_the_allocations(self, tmp_path):
        ruleset = RULESET.replace("labels: {", 'labels: {team: ["tag:team"], env: ["tag:env"], ')
        tags = {"customer": "acme", "team": " red "}
        run(tmp_path, [focus_line(tags=tags), focus_line(tags={"env": "test"})], ruleset)
        rows = rows_of(tmp_path / "run/allocations.parquet", "SELECT tenant, dimensions FROM rows")
        assert sorted(rows) == [("acme", {"team": "red"}), ("unallocated", {"env": "test"})]


class TestAValueThatNoTenantHas:
    def test_is_taken_for_whom_it_looks_like_or_shown_and_named_with_its_money(self, tmp_path):
        values = ("acme\u200b", "acme\u00ad", "ACME", "gl\u00f2bex\u202e", "nobody\ufeff", "late")
        lines = [
            focus_line(cost=f"{cost}", tags={"customer": value})
            for cost, value in enumerate(values, start=1)
        ]
        late = "{key: globex}, {key: late, active: {from: 2026-10-09}}"
        done = run(tmp_path, lines, RULESET.replace("{key: globex}", late))
        assert amounts(done) == {
            "acme": 6,
            "unmapped:gl\u00f2bex\\u202e": 4,
            "unmapped:nobody\\ufeff": 5,
            "unmapped:late": 6,
        }
        messages = [(each.kind, each.message) for each in notes_of(done)]
        for (kind, message), (wanted, *words) in zip(
            messages,
            [
                ("inactive-tenant", "6.0000000000 USD", "the tenant `late` is not active"),
                ("near-value", "4.0000000000 USD", "\\u202e", "nearly the same as `globex`"),
                ("alike-value", "2.0000000000 USD", "`acme\\u00ad`", "went to the tenant `acme`"),
                ("alike-value", "1.0000000000 USD", "`acme\\u200b`", "went to the tenant `acme`"),
            ],
            strict=True,
        ):
            assert kind == wanted
            assert [word for word in words if word not in message] == []
        for path in (tmp_path / "run").glob("*.csv"):
            assert not UNSEEN.search(path.read_text(encoding="utf-8"))


class TestACurrency:
    def test_other_than_the_ruleset_s_is_refused(self, tmp_path):
        with pytest.raises(BadConfiguration, match="in EUR, the ruleset in USD"):
            run(tmp_path, [focus_line(BillingCurrency="EUR")])


class TestAPool:
    def test_is_split_by_the_hours_quantities(self, tmp_path):
        found = run(
            tmp_path,
            [nat("9", hour=4), nat("4", hour=5)],
            with_pool("{signal: bytes}"),
            "bytes 2026-10-03T04:10:00Z acme 2",
            "bytes 2026-10-03T04:50:00Z globex 1",
            "bytes 2026-10-03T05:00:00Z globex 7",
        )
        assert amounts(found) == {"acme": 6, "globex": 7}
        assert {each.method for each in found.statements} == {"pool-signal"}
        assert {each.charge_group for each in found.statements} == {"pool:nat"}

    def test_gives_the_odd_quanta_to_the_largest_remainders_then_by_key(self, tmp_path):
        found = run(tmp_path, [nat("0.0000000001")], with_pool("{even: true}"))
        assert amounts(found) == {"acme": Decimal("1e-10"), "globex": 0}
        found = run(tmp_path, [nat("-0.0000000001")], with_pool("{even: true}"))
        assert amounts(found) == {"acme": 0, "globex": Decimal("-1e-10")}

    def test_falls_back_where_an_hour_is_silent_and_says_how_much(self, tmp_path):
        found = run(
            tmp_path,
            [nat("8", hour=4), nat("2", hour=5)],
            with_pool("{signal: bytes}, {weights: {acme: 0.25, globex: 0.75}}"),
            "bytes 2026-10-03T04:00:00Z acme 1",
            "bytes 2026-10-03T05:00:00Z acme 0",
        )
        assert amounts(found) == {"acme": Decimal("8.5"), "globex": Decimal("1.5")}
        assert found.coverage.by_fallback == 2
        rows = rows_of(tmp_path / "run/allocations.parquet", "SELECT DISTINCT driver FROM rows")
        assert sorted(rows) == [("fallback:weights",), ("signal:bytes",)]

    def test_may_fall_back_to_the_days_quantities(self, tmp_path):
        found = run(
            tmp_path,
            [nat("4", hour=5), nat("6", hour=5, day=4)],
            with_pool("{signal: bytes}, {signal: bytes, per: day}, {even: true}"),
            "bytes 2026-10-03T04:00:00Z acme 3",
            "bytes 2026-10-03T06:00:00Z globex 1",
        )
        assert amounts(found) == {"acme": 3 + 3, "globex": 1 + 3}

    @pytest.mark.parametrize(("per", "acme"), [("hour", 2), ("day", 3), ("period", 1)])
    def test_is_split_per_hour_day_or_period(self, tmp_path, per, acme):
        found = run(
            tmp_path,
            [nat("4", hour=4)],
            with_pool("{signal: bytes}", per),
            "bytes 2026-10-03T04:00:00Z acme 1",
            "bytes 2026-10-03T04:00:00Z globex 1",
            "bytes 2026-10-03T05:00:00Z acme 2",
            "bytes 2026-10-04T05:00:00Z globex 8",
        )
        assert amounts(found)["acme"] == acme

    def test_splits_a_days_charge_by_the_days_quantities(self, tmp_path):
        found = run(
            tmp_path,
            [nat("4", hour=0, ChargePeriodEnd="2026-10-04T00:00:00Z")],
            with_pool("{signal: bytes}"),
            "bytes 2026-10-03T04:00:00Z acme 1",
            "bytes 2026-10-03T23:00:00Z globex 3",
            "bytes 2026-10-04T00:00:00Z acme 100",
        )
        assert amounts(found) == {"acme": 1, "globex": 3}

    def test_proportional_follows_direct_cost_and_ignores_what_is_below_zero(self, tmp_path):
        ruleset = RULESET.replace("{key: globex}", "{key: globex}, {key: hooli}")
        ruleset += "defaults: {accounts: {'5': hooli}}\n"
        found = run(
            tmp_path,
            [
                nat("8"),
                focus_line(cost="3", tags={"customer": "acme"}),
                focus_line(cost="-50", tags={"customer": "globex"}),
                focus_line(cost="1", SubAccountId="5"),
                focus_line(cost="100"),
            ],
            ruleset + POOL.format(drivers="{proportional: direct}", per="period"),
        )
        assert amounts(found) == {
            "acme": 3 + 6,
            "globex": -50,
            "hooli": 1 + 2,
            "unallocated": 100,
        }

    def test_even_counts_only_tenants_that_are_active_then(self, tmp_path):
        ruleset = with_pool("{even: true}").replace(
            "{key: globex}", "{key: globex, active: {to: 2026-10-04}}"
        )
        found = run(tmp_path, [nat("4", day=3), nat("4", day=4)], ruleset)
        assert amounts(found) == {"acme": 6, "globex": 2}

    def test_keeps_apart_what_a_tenant_used_while_it_was_not_active(self, tmp_path):
        ruleset = with_pool("{signal: bytes}").replace(
            "{key: globex}", "{key: globex, active: {from: 2026-10-04}}"
        )
        found = run(
            tmp_path,
            [nat("4")],
            ruleset,
            "bytes 2026-10-03T04:00:00Z acme 1",
            "bytes 2026-10-03T04:00:00Z globex 3",
        )
        assert amounts(found) == {"acme": 1, "unmetered:nat": 3}
        assert [each.reason for each in found.unallocated] == ["unmetered"]

    def test_that_no_driver_can_split_is_named_and_not_lost(self, tmp_path):
        found = run(tmp_path, [nat("4")], with_pool("{signal: bytes}, {proportional: direct}"))
        assert amounts(found) == {"unallocated": 4}
        (reason,) = found.unallocated
        assert (reason.reason, reason.tag_key) == ("no-consumer", "pool:nat")

    def test_filled_by_rules_needs_no_selector(self, tmp_path):
        ruleset = RULESET + (
            "rules: [{name: support, when: {service: Amazon EC2}, assign: {pool: shared}}]\n"
            "pools: [{name: shared, drivers: [{weights: {acme: 1}}]}]\n"
        )
        found = run(tmp_path, [focus_line(cost="2")], ruleset)
        assert amounts(found) == {"acme": 2}
        assert rows_of(tmp_path / "run/allocations.parquet", "SELECT rule FROM rows") == [
            ("support",)
        ]

    def test_that_shares_lines_with_another_is_reported_with_its_money(self, tmp_path):
        other = "  - {name: all, when: {usage_type: ['*']}, drivers: [{even: true}]}\n"
        found = run(tmp_path, [nat("4")], with_pool("{even: true}", more=other))
        assert [each.message for each in notes_of(found)] == [
            "4.0000000000 USD went to the pool 'nat', but would also match all.",
            (
                "Pool all took nothing: no line has all that its `when` names, or what is asked"
                " before it took those that have."
            ),
        ]

    def test_splits_exactly_where_a_product_leaves_127_bits(self, tmp_path):
        huge, tiny = "98765432109876543210", "0.000000000000000001"
        found = run(
            tmp_path,
            [nat("99999999.9999999999")],
            with_pool("{signal: bytes}"),
            f"bytes 2026-10-03T04:00:00Z acme {huge[:17]}",
            f"bytes 2026-10-03T04:00:00Z globex {tiny}",
        )
        assert sum(amounts(found).values()) == Decimal("99999999.9999999999")
        assert amounts(found)["acme"] == Decimal("99999999.9999999999")

    def test_of_a_coarser_signal_than_its_grain_is_refused(self, tmp_path):
        signals = tmp_path / "s.csv"
        signals.write_text(
            "meter,start,end,consumer,quantity\n"
            "bytes,2026-10-03T00:00:00Z,2026-10-04T00:00:00Z,acme,5\n"
        )
        bill = write_normalised(tmp_path / "bill", [nat("4")])
        with pytest.raises(BadConfiguration, match="per: day"):
            run_of(bill, tmp_path, with_pool("{signal: bytes}"), [signals])


class TestTheOutputFolder:
    @pytest.fixture
    def found(self, tmp_path):
        return run(
            tmp_path,
            [
                focus_line(cost="1.00000000005", tags={"customer": "acme"}),
                nat("3"),
                focus_line(cost="0.5"),
            ],
            with_pool("{signal: bytes}"),
            "bytes 2026-10-03T04:00:00Z acme 1.50",
            "bytes 2026-10-03T04:00:00Z globex 1.50",
            "bytes 2026-10-05T04:00:00Z globex 1",
        )

    def test_has_the_columns_of_the_contract(self, tmp_path, found):
        types = types_of(tmp_path / "run/allocations.parquet")
        assert [*types][:15] == [
            "period",
            "day",
            "tenant",
            "charge_group",
            "service",
            "account",
            "region",
            "method",
            "rule",
            "driver",
            "dimensions",
            "cost_measure",
            "amount",
            "currency",
            "run",
        ]
        assert types["amount"] == "DECIMAL(38,10)"
        assert types["dimensions"] == "MAP(VARCHAR, VARCHAR)"

    def test_has_a_proof_of_decimal_strings(self, tmp_path, found):
        proof = json.loads((tmp_path / "run/proof.json").read_text())
        assert proof["input_total"] == "4.50000000005"
        assert proof["bill_total"] == "4.5000000001"
        assert proof["quantisation"] == "-0.00000000005"
        assert proof["difference"] == "0"
        assert proof["unallocated_total"] == "0.5000000000"
        assert proof["per"] == [
            {
                "source": "bill",
                "account": "000000000002",
                "service": "Amazon EC2",
                "charge_category": "Usage",
                "bill": "4.5000000001",
                "out": "4.5000000001",
            }
        ]

    def test_bridges_amortised_cost_to_what_was_billed(self, tmp_path):
        run(
            tmp_path,
            [
                focus_line(BilledCost="3", EffectiveCost="0", ChargeCategory="Purchase"),
                focus_line(BilledCost="0", EffectiveCost="2"),
            ],
        )
        proof = json.loads((tmp_path / "run/proof.json").read_text())
        assert proof["bridge"] == [
            {"charge_category": "Purchase", "effective": "0", "billed": "3.0000000000"},
            {"charge_category": "Usage", "effective": "2.0000000000", "billed": "0"},
        ]

    def test_has_statements_usage_and_unallocated_as_csv(self, tmp_path, found):
        tables = {
            name: list(read_rows((tmp_path / f"run/{name}.csv").read_text()))
            for name in ("statements", "usage", "unallocated")
        }
        assert tables["statements"][0] == {
            "tenant": "acme",
            "charge_group": "Compute",
            "method": "label",
            "cost_measure": "EffectiveCost",
            "amount": "1.0000000001",
            "currency": "USD",
        }
        assert tables["usage"] == [
            {"tenant": "acme", "meter": "bytes", "quantity": "1.5", "unit": ""},
            {"tenant": "globex", "meter": "bytes", "quantity": "2.5", "unit": ""},
        ]
        assert tables["unallocated"] == [
            {
                "reason": "no-label",
                "service": "Amazon EC2",
                "account": "000000000002",
                "tag_key": "customer",
                "tag_value": "",
                "amount": "0.5000000000",
            }
        ]

    def test_has_amounts_by_day_too(self, found, tmp_path):
        days = statement_days(tmp_path / "run", scratch_dir=tmp_path / "scratch")
        assert sum(each.amount for each in days) == found.proof.bill_total

    def test_has_the_same_bytes_for_the_same_inputs_in_another_order(self, tmp_path):
        lines = [
            focus_line(cost=f"{n}.1", tags={"customer": "acme", "n": str(n)}, RegionId=f"r{n % 5}")
            for n in range(200)
        ] + [nat("7", hour=n % 20) for n in range(100)]
        signals = [f"bytes 2026-10-03T{n % 20:02d}:00:00Z acme {n}" for n in range(50)]
        written = set()
        for order in (1, -1):
            run(
                tmp_path,
                lines[::order],
                with_pool("{signal: bytes}, {even: true}"),
                *signals[::order],
            )
            written.add((tmp_path / "run/allocations.parquet").read_bytes())
        assert len(written) == 1


class TestAProof:
    def test_that_fails_stops_the_run_and_leaves_only_itself(self, tmp_path):
        bill, other = (
            write_normalised(tmp_path / cost, [focus_line(cost=cost)]) for cost in ("2", "3")
        )
        with pytest.raises(ProofFailed, match="differs from the bill by 1") as raised:
            attribute(
                snapshot_parts=bill.parts,
                raw_totals=other.raw_totals,
                config=parse_configuration(RULESET),
                signals=[],
                period=OCTOBER,
                out_dir=tmp_path / "run",
                scratch_dir=tmp_path / "scratch",
                run_id="r",
            )
        assert raised.value.exit_code == 5
        assert [path.name for path in (tmp_path / "run").iterdir()] == ["proof.json"]


class TestWhatCanNotBeDone:
    @pytest.mark.parametrize(
        ("more", "field"),
        [
            ("commitments: smoothed\ncost: BilledCost\n", "commitments"),
            (
                "rules: [{name: k, when: {k8s: {namespace: [a]}}, assign: {overhead: o}}]\n",
                "rules.k.when.k8s",
            ),
        ],
    )
    def test_is_refused_and_never_ignored(self, tmp_path, more, field):
        with pytest.raises(BadConfiguration) as raised:
            run(tmp_path, [focus_line()], RULESET + more)
        assert raised.value.field == field

    def test_in_labels_and_cluster_defaults_is_said(self, tmp_path):
        ruleset = RULESET.replace('"tag:customer"', '"tag:customer", "k8s.label:tenant"')
        found = run(tmp_path, [focus_line()], ruleset + "defaults: {clusters: {c: acme}}\n")
        assert [each.kind for each in notes_of(found)] == ["not-used", "not-used"]
