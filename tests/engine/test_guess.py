from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.ruleset_guess.guess import Guess, TenantValue, guess_ruleset
from services.attribution.ruleset_guess.label_ranking import LabelUse, rank_labels
from services.command.starter import starter_text
from shared.configuration import parse_configuration
from tests.bills import amounts, focus_line, run_of, snapshot_of, write_focus


def use(key, *, covered=50, values=8, resources=40, days=31, largest=20):
    return LabelUse(
        key=key,
        covered=Decimal(covered),
        total=Decimal(100),
        value_count=values,
        largest_value=Decimal(largest),
        resource_count=resources,
        day_count=days,
        day_total=31,
    )


def guess_of(tmp_path, lines):
    snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
    return guess_ruleset(
        snapshot_parts=snapshot.parts,
        currency="USD",
        scratch_dir=tmp_path / "scratch",
        memory_limit_mb=512,
    )


class TestTheLabel:
    @pytest.mark.parametrize(
        "other",
        [
            use("environment", covered=95, values=3),
            use("Name", covered=90, values=39),
            use("aws:createdBy", covered=99),
            use("team", covered=90, values=4),
            use("zone-7", covered=60),
        ],
    )
    @pytest.mark.parametrize("key", ["customer", "TenantId", "client_name", "acme:tenant"])
    def test_is_the_key_named_like_a_tenant(self, key, other):
        first = rank_labels([other, use(key)])[0]
        assert (first.use.key, first.certainty) == (key, "sure")

    def test_is_no_name_that_is_on_nothing(self):
        ranked = rank_labels([use("customer", covered=1, days=1, values=1), use("org", covered=80)])
        assert ranked[0].use.key == "org"

    def test_is_not_sure_between_two_that_look_alike(self):
        assert rank_labels([use("customer"), use("tenant")])[0].certainty == "likely"

    def test_without_any_word_for_it_is_a_guess(self):
        ranked = rank_labels([use("zone-7"), use("colour", values=200, resources=210)])
        assert (ranked[0].use.key, ranked[0].certainty) == ("zone-7", "a guess")
        assert "one per resource" in ", ".join(ranked[1].reasons)


class TestABill:
    def test_is_read_for_the_cost_values_and_days_of_each_key(self, tmp_path):
        lines = [
            focus_line(cost="6", tags={"customer": "acme", "env": "prod"}),
            focus_line(
                cost="2", tags={"customer": "globex"}, ChargePeriodStart="2026-10-04T00:00:00Z"
            ),
            focus_line(cost="2"),
            focus_line(cost="-100", ChargeCategory="Credit"),
        ]
        guess = guess_of(tmp_path, lines)
        assert guess.best is not None
        assert (guess.best.use.percent, guess.best.use.day_count) == (80, 2)
        assert guess.values == (TenantValue("acme", Decimal(6)), TenantValue("globex", Decimal(2)))
        assert [pool.service.pool for pool in guess.pools] == ["credits"]

    def test_whose_shared_service_is_labelled_needs_no_pool_for_it(self, tmp_path):
        line = focus_line(SkuMeter="USE1-NatGateway-Hours", tags={"customer": "acme"})
        assert guess_of(tmp_path, [line]).pools == ()

    def test_with_values_for_nobody_and_everybody_makes_no_tenants_of_them(self, tmp_path):
        values = {"acme": 8, "shared": 4, "n/a": 2}
        lines = [focus_line(cost=str(c), tags={"customer": v}) for v, c in values.items()]
        text = starter_text(guess_of(tmp_path, lines), period="2026-10")
        found = amounts(run_of(tmp_path / "bill.csv", tmp_path / "run", text))
        assert found == {"acme": 8, "overhead:shared": 4, "unmapped:n/a": 2}

    def test_with_nearly_the_same_names_asks_whether_they_are_one(self, tmp_path):
        lines = [
            focus_line(cost=cost, tags={"customer": name})
            for name, cost in (
                ("globex", "9"),
                ("gloobex", "2"),
                ("globex-prod", "1"),
                ("tenant-117", "4"),
                ("tenant-118", "3"),
            )
        ]
        text = starter_text(guess_of(tmp_path, lines), period="2026-10")
        assert text.count("looks like") == text.count("looks like globex: the same?") == 2


class TestTheStarter:
    @given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12, unique=True))
    def test_is_a_ruleset_whatever_the_values_are(self, values):
        found = tuple(TenantValue(value, Decimal(1)) for value in values if value.strip())
        guess = Guess(currency="USD", labels=rank_labels([use("c")]), values=found, pools=())
        parse_configuration(starter_text(guess, period="2026-10"))

    @pytest.mark.parametrize("value", ["a*", "[x]", "what?", "0012", "yes", "unallocated", "東京"])
    def test_has_a_tenant_for_a_value_of_odd_signs(self, tmp_path, value):
        guess = guess_of(tmp_path, [focus_line(cost="5", tags={"customer": value})])
        text = starter_text(guess, period="2026-10")
        found = amounts(run_of(tmp_path / "bill.csv", tmp_path / "run", text))
        key = parse_configuration(text).tenants[0].key
        assert found == {key: 5}
