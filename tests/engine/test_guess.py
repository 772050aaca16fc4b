from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.ruleset_guess.account_names import Account, tenants_of_accounts
from services.attribution.ruleset_guess.guess import Guess, guess_ruleset
from services.attribution.ruleset_guess.label_ranking import LabelUse, rank_labels
from services.attribution.ruleset_guess.labels import TenantValue
from services.attribution.ruleset_guess.tenant_names import tenants_of_values
from services.command.starter import starter_text
from shared.configuration import parse_configuration
from tests.bills import amounts, focus_line, run_of, snapshot_of, write_focus


def use(*keys, covered=50, values=8, resources=40, days=31, largest=20):
    return LabelUse(
        keys=keys,
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
        assert (first.use.keys, first.certainty) == ((key,), "sure")

    def test_is_no_name_that_is_on_nothing(self):
        ranked = rank_labels([use("customer", covered=1, days=1, values=1), use("org", covered=80)])
        assert ranked[0].use.keys == ("org",)

    def test_is_not_sure_between_two_that_look_alike(self):
        assert rank_labels([use("customer"), use("tenant")])[0].certainty == "likely"

    def test_without_any_word_for_it_is_a_guess(self):
        ranked = rank_labels([use("zone-7"), use("colour", values=200, resources=210)])
        assert (ranked[0].use.keys, ranked[0].certainty) == (("zone-7",), "a guess")
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
        assert guess.label is not None
        assert (guess.label.use.percent, guess.label.use.day_count) == (80, 2)
        assert [(each.value, each.cost) for each in guess.values] == [("acme", 6), ("globex", 2)]
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


class TestKeys:
    def test_that_are_spellings_of_one_and_never_meet_are_taken_together(self, tmp_path):
        tags = [{"Customer": "acme"}, {"customer": "Acme"}, {"CUSTOMER": "ACME Corp"}]
        lines = [
            focus_line(cost=str(cost), tags=each | {"env": "prod"})
            for cost, each in enumerate([*tags, {"customer": "globex"}], start=1)
        ]
        guess = guess_of(tmp_path, lines)
        assert guess.label is not None
        assert guess.label.use.keys == ("customer", "CUSTOMER", "Customer")
        assert (guess.label.certainty, guess.label.use.percent) == ("sure", 100)
        text = starter_text(guess, period="2026-10")
        assert amounts(run_of(tmp_path / "bill.csv", tmp_path / "run", text)) == {
            "acme": 6,
            "globex": 4,
        }
        assert "# 6.00; guess: these names are one tenant's" in text

    def test_that_meet_with_another_value_are_taken_apart(self, tmp_path):
        lines = [
            focus_line(cost="6", tags={"customer": "acme", "Customer": "globex"}),
            focus_line(cost="3", tags={"customer": "acme", "CUSTOMER": "ACME"}),
            focus_line(cost="2", tags={"customer": "initech"}),
        ]
        guess = guess_of(tmp_path, lines)
        assert guess.label is not None
        assert guess.label.use.keys == ("customer", "CUSTOMER")
        assert [each.use.keys for each in guess.others] == [("Customer",)]

    @pytest.mark.parametrize(
        ("value", "keys"), [("Acme", ("customer", "tenant")), ("blue", ("customer",))]
    )
    def test_of_other_names_are_where_they_name_the_same_tenants(self, tmp_path, value, keys):
        lines = [
            focus_line(cost="6", tags={"customer": "acme"}),
            focus_line(cost="3", tags={"tenant": value}),
        ]
        guess = guess_of(tmp_path, lines)
        assert guess.label is not None
        assert guess.label.use.keys == keys


class TestNothing:
    @pytest.mark.parametrize(
        "tags",
        [{}, {"env": "prod"}, {"Name": "web-1", "aws:createdBy": "me"}, {"compliance": "pci"}],
    )
    def test_is_guessed_where_nothing_says_whose_it_is(self, tmp_path, tags):
        lines = [focus_line(cost="97", tags=tags), focus_line(cost="3", tags={"customer": "acme"})]
        guess = guess_of(tmp_path, lines if tags else lines[:1])
        assert (guess.label, guess.values, guess.takes_accounts) == (None, (), False)
        text = starter_text(guess, period="2026-10")
        config = parse_configuration(text)
        assert (config.tenants, config.tenant_labels) == ((), ())
        assert "# guess: none." in text


def account(name, *, usage=10, pays=False):
    return Account("123456789012", name, pays, Decimal(usage), Decimal(usage))


class TestAccounts:
    @pytest.mark.parametrize(
        ("names", "tenants"),
        [
            (["Acme Production", "Globex Production", "Initech"], ["Acme", "Globex", "Initech"]),
            (["acme-prod", "acme-staging", "globex_live"], ["acme", "globex"]),
            (["contoso-acme", "contoso-globex", "contoso-hooli"], ["acme", "globex", "hooli"]),
            (["AcmeProd", "Globex Inc", "GLOBEX dev"], ["Globex Inc", "Acme"]),
            (["Customer 17", "Customer 4"], ["Customer 17", "Customer 4"]),
            (["Production", "Staging", "Sandbox 2"], []),
            (["Log Archive", "Shared Services", "Data Platform", "web-app"], []),
            (["", "123456789012"], []),
        ],
    )
    def test_are_customers_by_what_is_left_of_their_names(self, names, tenants):
        found = tenants_of_accounts([account(name) for name in names])
        assert sorted(each.name for each in found.tenants) == sorted(tenants)
        kept = sum(len(each.accounts) for each in found.tenants)
        assert kept + len(found.others) == len(names)

    def test_that_pay_or_cost_nothing_are_no_customers(self):
        found = tenants_of_accounts([account("Acme", pays=True), account("Globex", usage=0)])
        assert found.tenants == ()

    @pytest.mark.parametrize(
        ("others", "are_likely"),
        [((20, 20), True), ((8, 30), False), ((8, 8, 8, 200), True), ((1, 1, 300), False)],
    )
    def test_are_taken_where_enough_of_the_cost_is_theirs(self, others, are_likely):
        *named, rest = others
        accounts = [account(name, usage=each) for name, each in zip("abc", named, strict=False)]
        found = tenants_of_accounts(
            [*accounts, account("d", usage=20), account("shared", usage=rest)]
        )
        assert found.are_likely == are_likely

    def test_are_tenants_where_no_tag_is_and_keep_what_is_their_own(self, tmp_path):
        def line(cost, account, name, **changes):
            return focus_line(cost=cost, SubAccountId=account, SubAccountName=name, **changes)

        nat = {"SkuMeter": "USE1-NatGateway-Bytes"}
        lines = [
            line("30", "000000000003", "Acme Production"),
            line("8", "000000000003", "Acme Production", **nat),
            line("10", "000000000004", "Globex Production"),
            line("4", "000000000009", "Shared Services", **nat),
            line("2", "000000000009", "Shared Services"),
            line("5", "000000000001", "Payer", ChargeCategory="Tax"),
        ]
        guess = guess_of(tmp_path, lines)
        text = starter_text(guess, period="2026-10")
        found = amounts(run_of(tmp_path / "bill.csv", tmp_path / "run", text))
        shared = {name: amount - own for name, amount, own in
                  [("acme", found["acme"], 38), ("globex", found["globex"], 10)]}  # fmt: skip
        assert sum(shared.values()) == 9
        assert found["unallocated"] == 2
        for words in ('"000000000003": "acme"  # guess: "Acme Production", 38.00',
                      'left out: "000000000009" "Shared Services", 6.00'):  # fmt: skip
            assert words in text

    def test_are_offered_by_their_names_beside_a_tag(self, tmp_path):
        lines = [
            focus_line(cost="6", tags={"customer": "acme"}, SubAccountName="Payments"),
            focus_line(cost="3", SubAccountId="000000000003", SubAccountName="ACME Inc (prod)"),
        ]
        text = starter_text(guess_of(tmp_path, lines), period="2026-10")
        assert '#     "000000000003": "acme"  # named "ACME Inc (prod)"' in text


class TestTenantsOfValues:
    def test_are_one_where_values_differ_in_case_or_the_companys_form(self):
        values = ["ACME Corp", "acme", "Acme, Inc.", "acme\u200b", "team-1 1", "team-11", "GmbH"]
        tenants = tenants_of_values([TenantValue(each, Decimal(1)) for each in values])
        assert {each.key: each.aliases for each in tenants} == {
            "acme": ("ACME Corp", "Acme, Inc."),
            "team-1-1": ("team-1 1",),
            "team-11": (),
            "gmbh": (),
        }


class TestTheStarter:
    @given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=12, unique=True))
    def test_is_a_ruleset_whatever_the_values_are(self, values):
        found = tuple(TenantValue(value, Decimal(1)) for value in values if value.strip())
        [label] = rank_labels([use("c")])
        guess = Guess(currency="USD", labels=(label,), label=label, values=found)
        parse_configuration(starter_text(guess, period="2026-10"))

    @pytest.mark.parametrize("value", ["a*", "[x]", "what?", "0012", "yes", "unallocated", "東京"])
    def test_has_a_tenant_for_a_value_of_odd_signs(self, tmp_path, value):
        guess = guess_of(tmp_path, [focus_line(cost="5", tags={"customer": value})])
        text = starter_text(guess, period="2026-10")
        found = amounts(run_of(tmp_path / "bill.csv", tmp_path / "run", text))
        key = parse_configuration(text).tenants[0].key
        assert found == {key: 5}
