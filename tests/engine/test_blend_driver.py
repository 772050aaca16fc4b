"""`blend`: several meters, each counted by its part."""

from decimal import Decimal

import pytest

from shared.configuration import parse_configuration
from shared.faults import BadConfiguration
from tests.bills import RULESET, amounts, focus_line, run_of, write_signals
from tests.normalised_bills import write_normalised

HOUR = "2026-10-03T04:00:00Z"


def rules(*drivers):
    pool = "{{name: lb, when: {{usage_type: ['lb-*']}}, drivers: [{}]}}".format(", ".join(drivers))
    return f"{RULESET}pools: [{pool}]\n"


def run(work, ruleset, *signals):
    bill = write_normalised(work / "bill", [focus_line(SkuMeter="lb-usage", cost="12")])
    return run_of(bill, work, ruleset, [write_signals(work / "signals.csv", *signals)])


class TestABlend:
    RULES = rules("{blend: {bytes: 0.75, requests: 0.25}}", "{even: true}")
    # acme: 3/4 of 1/2 and 1/4 of 1; globex: 3/4 of 1/2.
    SIGNALS = f"bytes {HOUR} acme 5", f"bytes {HOUR} globex 5.0", f"requests {HOUR} acme 900"

    def test_counts_each_meters_shares_by_its_part(self, tmp_path):
        found = run(tmp_path, self.RULES, *self.SIGNALS)
        assert amounts(found) == {"acme": Decimal("7.5"), "globex": Decimal("4.5")}

    def test_has_no_say_where_one_of_its_meters_has_none(self, tmp_path):
        found = run(tmp_path, self.RULES, *self.SIGNALS[:2])
        assert amounts(found) == {"acme": 6, "globex": 6}
        assert found.coverage.by_fallback == 12

    def test_leaves_what_was_used_by_those_not_active_unmetered(self, tmp_path):
        ruleset = self.RULES.replace("{key: globex}", "{key: globex, active: {to: 2026-10-01}}")
        found = run(tmp_path, ruleset, *self.SIGNALS)
        assert amounts(found) == {"acme": Decimal("7.5"), "unmetered:lb": Decimal("4.5")}

    def test_reaches_other_pools(self, tmp_path):
        search = ", {name: search, drivers: [{weights: {globex: 1}}]}]"
        pools = self.RULES.rstrip().removesuffix("]") + search
        found = run(tmp_path, pools, *self.SIGNALS, f"requests {HOUR} pool:search 900")
        assert amounts(found) == {"acme": 6, "globex": 6}

    @pytest.mark.parametrize("part", ["0", "-1"])
    def test_of_no_part_is_refused(self, part):
        with pytest.raises(BadConfiguration, match="the part of 'bytes' is above 0"):
            parse_configuration(rules(f"{{blend: {{bytes: {part}, requests: 1}}}}"))
