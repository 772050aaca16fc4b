"""Each kind of driver by numbers that are checked in the head."""

from decimal import Decimal

import pytest

from shared.configuration import parse_configuration
from shared.faults import BadConfiguration, BadInput
from tests.bills import RULESET, amounts, focus_line, run_of, write_signals
from tests.normalised_bills import write_normalised

HOUR = "2026-10-03T04:00:00Z"


def pool(*drivers, per="hour"):
    listed = ", ".join(drivers)
    when = "{usage_type: ['nat-*']}"
    return f"{RULESET}pools: [{{name: nat, when: {when}, drivers: [{listed}], per: {per}}}]\n"


def nat(cost):
    return focus_line(SkuMeter="nat-bytes", cost=cost)


def run(work, rules, *signals, lines=None):
    bill = write_normalised(work / "bill", lines or [nat("12")])
    return run_of(bill, work, rules, [write_signals(work / "signals.csv", *signals)])


class TestASignalWithAControl:
    RULES = pool("{signal: bytes, control: gateway_bytes}", "{even: true}")
    METERED = (f"bytes {HOUR} acme 2", f"bytes {HOUR} globex 1")

    def test_leaves_what_nobody_was_metered_for_unmetered(self, tmp_path):
        found = run(tmp_path, self.RULES, *self.METERED, f"gateway_bytes {HOUR} pool:nat 6")
        assert amounts(found) == {"acme": 4, "globex": 2, "unmetered:nat": 6}
        assert [(each.reason, each.amount) for each in found.unallocated] == [("unmetered", 6)]

    def test_counts_decimals_of_either_meter(self, tmp_path):
        found = run(tmp_path, self.RULES, *self.METERED, f"gateway_bytes {HOUR} pool:nat 3.75")
        assert amounts(found) == {
            "acme": Decimal("6.4"),
            "globex": Decimal("3.2"),
            "unmetered:nat": Decimal("2.4"),
        }

    def test_leaves_nothing_where_consumers_were_metered_for_more(self, tmp_path):
        found = run(tmp_path, self.RULES, *self.METERED, f"gateway_bytes {HOUR} pool:nat 2.9")
        assert amounts(found) == {"acme": 8, "globex": 4}

    def test_is_silent_where_no_consumer_was_metered(self, tmp_path):
        found = run(tmp_path, self.RULES, f"gateway_bytes {HOUR} pool:nat 6")
        assert amounts(found) == {"acme": 6, "globex": 6}

    def test_joins_what_was_used_while_a_tenant_was_not_active(self, tmp_path):
        rules = self.RULES.replace("{key: globex}", "{key: globex, active: {to: 2026-10-01}}")
        found = run(tmp_path, rules, *self.METERED, f"gateway_bytes {HOUR} pool:nat 4")
        assert amounts(found) == {"acme": 6, "unmetered:nat": 6}

    def test_says_so_where_its_control_is_silent(self, tmp_path):
        found = run(tmp_path, self.RULES, *self.METERED)
        assert amounts(found) == {"acme": 8, "globex": 4}
        (finding,) = (each for each in found.findings if each.kind == "silent-meter")
        assert "`gateway_bytes`; nothing of it counts as unmetered" in finding.message

    def test_of_more_digits_than_can_be_split_is_refused(self, tmp_path):
        signals = f"bytes {HOUR} acme {10**18}", f"gateway_bytes {HOUR} pool:nat 0.{'1' * 18}"
        many = (f"bytes 2026-10-03T{hour:02d}:00:00Z acme {9 * 10**18}" for hour in range(9))
        with pytest.raises(BadInput, match="more than 37 digits"):
            run(tmp_path, self.RULES, *signals, *many)


class TestProportionalWithin:
    def test_counts_the_cost_of_the_lines_that_it_selects(self, tmp_path):
        rules = pool("{proportional: direct, within: {service: [Amazon RDS]}}", "{even: true}")
        lines = [
            nat("12"),
            focus_line(cost="3", ServiceName="Amazon RDS", tags={"customer": "acme"}),
            focus_line(cost="1", ServiceName="Amazon RDS", tags={"customer": "globex"}),
            focus_line(cost="50", tags={"customer": "globex"}),
        ]
        assert amounts(run(tmp_path, rules, lines=lines)) == {"acme": 12, "globex": 54}

    def test_is_silent_where_nobody_has_such_cost(self, tmp_path):
        rules = pool("{proportional: direct, within: {tags: {app: [search]}}}", "{even: true}")
        lines = [nat("12"), focus_line(cost="50", tags={"customer": "globex"})]
        assert amounts(run(tmp_path, rules, lines=lines)) == {"acme": 6, "globex": 56}

    def test_takes_no_pods(self):
        with pytest.raises(BadConfiguration, match="selects bill lines; it takes no `k8s`"):
            parse_configuration(pool("{proportional: direct, within: {k8s: {namespace: [apps]}}}"))


class TestProportionalToTheTotal:
    def test_does_not_count_what_is_excluded(self, tmp_path):
        rules = pool("{proportional: total}") + (
            "rules: [{name: tax, when: {charge_category: [Tax]}, assign: {exclude: tax}}]\n"
        )
        own = focus_line(cost="3", tags={"customer": "acme"})
        found = run(
            tmp_path, rules, lines=[nat("12"), own, focus_line(ChargeCategory="Tax", cost="9")]
        )
        assert amounts(found) == {"acme": 15, "excluded:tax": 9}
