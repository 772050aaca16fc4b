"""Pools that use each other, through the whole engine."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.configuration import parse_configuration
from shared.faults import BadConfiguration, BadInput
from tests.bills import RULESET, amounts, focus_line, rows_of, run_of, write_signals
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

QUANTUM = Fraction(1, 10**10)


def pool(name, *drivers, per="hour"):
    listed = ", ".join(drivers)
    when = f"{{usage_type: ['{name}-*']}}"
    return f"  - {{name: {name}, when: {when}, drivers: [{listed}], per: {per}}}\n"


def ruleset(*pools):
    return RULESET + "pools:\n" + "".join(pools)


def line(name, cost, hour=4):
    return focus_line(
        SkuMeter=f"{name}-usage",
        cost=cost,
        ChargePeriodStart=f"2026-10-03T{hour:02d}:00:00Z",
        ChargePeriodEnd=f"2026-10-03T{hour + 1:02d}:00:00Z",
    )


def run(work, lines, rules, *signals):
    bill = write_normalised(work / "bill", lines)
    return run_of(bill, work, rules, [write_signals(work / "signals.csv", *signals)])


def at(meter, consumer, quantity, hour=4):
    return f"{meter} 2026-10-03T{hour:02d}:00:00Z {consumer} {quantity}"


CLUSTER, MONITORING = pool("cluster", "{signal: cpu}"), pool("monitoring", "{signal: series}")


class TestTwoPoolsThatUseEachOther:
    SIGNALS = (
        *(at("cpu", "acme", 2), at("cpu", "globex", 1), at("cpu", "pool:monitoring", 1)),
        *(at("series", "acme", 1), at("series", "globex", 2), at("series", "pool:cluster", 1)),
    )

    def test_are_split_as_the_equations_say(self, tmp_path):
        # Of 75 of the cluster's: T = [4/5 by cluster (2:1), 1/5 by monitoring (1:2)].
        found = run(tmp_path, [line("cluster", "75")], ruleset(CLUSTER, MONITORING), *self.SIGNALS)
        assert amounts(found) == {"acme": 45, "globex": 30}
        assert found.proof.difference == 0

    def test_keep_the_origin_and_say_which_way_the_money_went(self, tmp_path):
        run(tmp_path, [line("cluster", "75")], ruleset(CLUSTER, MONITORING), *self.SIGNALS)
        rows = rows_of(
            tmp_path / "run/allocations.parquet",
            "SELECT tenant, charge_group, method, driver, amount FROM rows ORDER BY ALL",
        )
        assert rows == [
            ("acme", "pool:cluster", "pool-signal", "signal:cpu", 40),
            ("acme", "pool:cluster", "pool-signal", "signal:series via pool:monitoring", 5),
            ("globex", "pool:cluster", "pool-signal", "signal:cpu", 20),
            ("globex", "pool:cluster", "pool-signal", "signal:series via pool:monitoring", 10),
        ]

    def test_give_a_credit_back_the_same_way(self, tmp_path):
        lines = [line("cluster", "-75")]
        found = run(tmp_path, lines, ruleset(CLUSTER, MONITORING), *self.SIGNALS)
        assert amounts(found) == {"acme": -45, "globex": -30}

    def test_count_no_pool_among_the_tenants_quantities(self, tmp_path):
        found = run(tmp_path, [line("cluster", "75")], ruleset(CLUSTER, MONITORING), *self.SIGNALS)
        assert {usage.tenant for usage in found.usage} == {"acme", "globex"}


class TestAPool:
    def test_that_uses_itself_pays_nothing_to_itself(self, tmp_path):
        signals = at("cpu", "acme", 1), at("cpu", "pool:cluster", 98), at("cpu", "globex", 1)
        found = run(tmp_path, [line("cluster", "10")], ruleset(CLUSTER), *signals)
        assert amounts(found) == {"acme": 5, "globex": 5}

    def test_goes_by_the_first_of_its_drivers_that_can_split_it(self, tmp_path):
        rules = ruleset(pool("cluster", "{signal: cpu}", "{even: true}"), MONITORING)
        signals = (
            *(at("cpu", "acme", 3), at("cpu", "globex", 1)),
            *(at("series", "acme", 1), at("series", "pool:cluster", 1)),
        )
        found = run(tmp_path, [line("cluster", "8")], rules, *signals)
        assert amounts(found) == {"acme": 6, "globex": 2}

    def test_that_only_itself_uses_goes_by_its_next_driver(self, tmp_path):
        rules = ruleset(pool("cluster", "{signal: cpu}", "{even: true}"))
        found = run(tmp_path, [line("cluster", "10")], rules, at("cpu", "pool:cluster", 98))
        assert amounts(found) == {"acme": 5, "globex": 5}

    def test_hands_on_through_a_chain_of_pools(self, tmp_path):
        chain = ruleset(
            pool("a", "{weights: {'pool:b': 1}}"),
            pool("b", "{weights: {'pool:c': 3, acme: 1}}"),
            pool("c", "{weights: {'pool:d': 1}}"),
            pool("d", "{weights: {globex: 1}}"),
        )
        found = run(tmp_path, [line("a", "8")], chain)
        assert amounts(found) == {"acme": 2, "globex": 6}

    def test_of_the_hour_hands_on_to_one_of_the_period(self, tmp_path):
        rules = ruleset(
            pool("a", "{weights: {'pool:b': 1}}"), pool("b", "{signal: gb}", per="period")
        )
        signals = at("gb", "acme", 3, hour=1), at("gb", "globex", 1, hour=9)
        found = run(tmp_path, [line("a", "8")], rules, *signals)
        assert amounts(found) == {"acme": 6, "globex": 2}

    def test_of_the_period_hands_on_by_the_periods_use_of_one_of_the_hour(self, tmp_path):
        rules = ruleset(
            pool("a", "{weights: {'pool:b': 1}}", per="period"), pool("b", "{signal: gb}")
        )
        signals = at("gb", "acme", 3, hour=1), at("gb", "globex", 1, hour=9)
        found = run(tmp_path, [line("a", "8")], rules, *signals)
        assert amounts(found) == {"acme": 6, "globex": 2}

    def test_whose_way_ends_nowhere_is_unallocated_by_the_name_of_its_end(self, tmp_path):
        rules = ruleset(pool("a", "{weights: {'pool:b': 1}}"), pool("b", "{signal: gb}"))
        found = run(tmp_path, [line("a", "8")], rules)
        assert amounts(found) == {"unallocated": 8}
        [row] = found.unallocated
        assert (row.reason, row.tag_key) == ("no-consumer", "pool:b")

    def test_counts_a_fallback_at_the_end_of_the_way(self, tmp_path):
        rules = ruleset(
            pool("a", "{weights: {'pool:b': 1}}"), pool("b", "{signal: gb}", "{even: true}")
        )
        found = run(tmp_path, [line("a", "8")], rules)
        assert found.coverage.by_fallback == 8

    def test_counts_a_fallback_at_the_start_of_the_way(self, tmp_path):
        rules = ruleset(
            pool("a", "{signal: silent}", "{weights: {'pool:b': 1}}"), pool("b", "{signal: gb}")
        )
        found = run(tmp_path, [line("a", "8")], rules, at("gb", "acme", 1))
        assert found.coverage.by_fallback == 8

    def test_has_the_hours_of_its_own_cost_and_not_of_those_that_use_it(self, tmp_path):
        rules = ruleset(pool("a", "{signal: cpu}"), pool("b", "{signal: gb}"))
        lines = [line("b", "1"), *(line("a", "1", hour=hour) for hour in range(5, 15))]
        signals = [at("cpu", "pool:b", 1, hour=hour) for hour in range(5, 15)]
        signals += [at("gb", "acme", 1), *(at("gb", "acme", 1, hour=hour) for hour in range(5, 15))]
        found = run(tmp_path, lines, rules, *signals)
        hours = {each.pool: (each.hours, each.hours_covered) for each in found.coverage.pools}
        assert hours == {"a": (10, 10), "b": (1, 1)}


class TestAClosedLoop:
    RULES = ruleset(
        pool("a", "{weights: {'pool:b': 1}}"),
        pool("b", "{signal: gb}"),
        pool("c", "{even: true}"),
    )

    def test_is_refused_with_its_pools_and_the_hour(self, tmp_path):
        with pytest.raises(
            BadInput, match=r"^trueback\.yaml, field pools: the pools a, b .*hour 2026-10-03 04:00"
        ):
            run(tmp_path, [line("a", "8"), line("c", "1")], self.RULES, at("gb", "pool:a", 1))

    def test_of_an_hour_goes_by_the_next_driver_of_whichever_has_one(self, tmp_path):
        rules = ruleset(pool("a", "{signal: cpu}"), pool("b", "{signal: gb}", "{even: true}"))
        signals = at("cpu", "pool:b", 1), at("gb", "pool:a", 1)
        found = run(tmp_path, [line("a", "8")], rules, *signals)
        assert amounts(found) == {"acme": 4, "globex": 4}
        assert found.coverage.by_fallback == 8

    def test_is_none_where_a_tenant_uses_one_of_them(self, tmp_path):
        signals = at("gb", "pool:a", 1), at("gb", "acme", 1)
        assert amounts(run(tmp_path, [line("a", "8")], self.RULES, *signals)) == {"acme": 8}


def test_an_unknown_pool_among_weights_is_refused():
    with pytest.raises(BadConfiguration, match="no pool is named 'z'"):
        parse_configuration(ruleset(pool("a", "{weights: {'pool:z': 1}}")))


POOLS = ["p", "q", "r"]
weights = st.dictionaries(
    st.sampled_from(["acme", "globex", *(f"pool:{name}" for name in POOLS)]),
    st.integers(1, 1000),
    min_size=1,
)
uses = st.fixed_dictionaries(dict.fromkeys(POOLS, weights))
# Nothing does not circulate, so `truth` would not see the loop that the engine refuses.
costs = st.dictionaries(
    st.sampled_from(POOLS), st.decimals(-1000, 1000, places=10).filter(bool), min_size=1, max_size=3
)


def truth(uses, costs):
    """Money is passed on until what still circulates is less than a millionth of a quantum."""
    left = {name: Fraction(cost) for name, cost in costs.items()}
    got = defaultdict(Fraction)
    for _ in range(800):
        passed = defaultdict(Fraction)
        for name, amount in left.items():
            shares = {key: w for key, w in uses[name].items() if key != f"pool:{name}"}
            total = sum(shares.values())
            for key, weight in shares.items():
                part = amount * weight / total
                target = passed if key.startswith("pool:") else got
                target[key.removeprefix("pool:")] += _short(part)
        left = passed
        if all(abs(amount) < QUANTUM / 10**6 for amount in left.values()):
            return got
    return None


def _short(part):
    """Fractions of thousands of digits say no more than these."""
    return Fraction(round(part * 10**40), 10**40)


class TestAnyGraph:
    @examples(1 / 8)
    @given(uses, costs)
    def test_gives_each_tenant_what_a_long_circulation_gives(self, uses, costs):
        expected = None
        if all(key != {f"pool:{name}"} for name, key in ((n, set(u)) for n, u in uses.items())):
            expected = truth(uses, costs)
        listed = {
            name: ", ".join(f"'{key}': {weight}" for key, weight in use.items())
            for name, use in uses.items()
        }
        rules = ruleset(*(pool(name, f"{{weights: {{{listed[name]}}}}}") for name in POOLS))
        lines = [line(name, f"{cost:f}") for name, cost in costs.items()]
        with work_folder() as folder:
            try:
                found = run(folder, lines, rules)
            except BadInput:
                assert expected is None
                return
        assert found.proof.difference == 0
        assert sum(amounts(found).values()) == sum(costs.values(), Decimal(0))
        if expected is not None:
            for tenant, amount in expected.items():
                assert abs(Fraction(amounts(found).get(tenant, 0)) - amount) <= 12 * QUANTUM
