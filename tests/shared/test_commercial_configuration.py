"""What plans and contracts say beside their prices, and what is refused with line and key."""

import pytest

from shared.configuration import parse_configuration
from shared.configuration.billing import Billing
from shared.configuration.digest import ruleset_digest
from shared.configuration.plan_versions import plan_versions
from shared.faults import BadConfiguration

FILE = """
version: 1
currency: USD
tenants: [{key: acme}, {key: labs}]
labels: {tenant: ["tag:customer"]}
plans:
  - {key: standard, name: Plan, currency: USD, components: [{kind: flat_fee, name: A, amount: 1}]}
customers:
  - key: acme-corp
    name: Acme Corp
    email: bills@acme.example
    contracts:
      - {plan: standard, tenants: [acme], from: 2026-01-01}
"""
CONTRACT = "{plan: standard, tenants: [acme], from: 2026-01-01}"
START = "{key: start, amount: 500.00, kind: bought}"
PLAN = "{key: standard, name: Plan, currency: USD,"


def with_contracts(*contracts, text=FILE):
    listed = "\n".join(f"      - {contract}" for contract in contracts)
    return text.replace(f"      - {CONTRACT}", listed)


def contract(**more):
    said = "".join(f", {name}: {value}" for name, value in more.items())
    return f"{CONTRACT[:-1]}{said}}}"


def with_versions(*versions):
    plan = next(line for line in FILE.splitlines() if PLAN in line)
    listed = "\n".join(plan.replace(PLAN, f"{PLAN} {version},") for version in versions)
    return FILE.replace(plan, listed)


def fault_of(text):
    with pytest.raises(BadConfiguration) as raised:
        parse_configuration(text)
    assert raised.value.row
    return raised.value


class TestAContract:
    def test_may_say_nothing_of_its_corrections(self):
        [one] = parse_configuration(FILE).customers[0].contracts
        assert (one.key, one.true_up, one.fx, one.grants, one.tax) == (None, None, None, (), None)

    def test_may_say_all_of_them(self):
        text = contract(
            key="main",
            currency="KWD",
            true_up="{up: never, down_paid: refund, threshold: 0.010, auto_approve_below: 7.120}",
            fx="{rate: 0.30712, source: ECB, date: 2026-10-30}",
            tax="{category: standard, percent: 19, place: DE}",
        )
        [one] = parse_configuration(with_contracts(text)).customers[0].contracts
        assert (one.key, one.true_up.up, str(one.fx.rate)) == ("main", "never", "0.30712")
        assert (one.tax.category, str(one.tax.percent)) == ("standard", "19")

    @pytest.mark.parametrize(
        ("said", "field", "words"),
        [
            ({"true_up": "{threshold: 0.005}"}, "true_up.threshold", "multiple of 0.01 USD"),
            (
                {"true_up": "{auto_approve_below: 1.005}", "currency": "KWD"},
                "true_up.auto_approve_below",
                "multiple of 0.010 KWD",
            ),
            ({"true_up": "{threshold: 1.50}", "currency": "HUF"}, "true_up.threshold", "1.00 HUF"),
            ({"true_up": "{threshold: 0.5}", "currency": "JPY"}, "true_up.threshold", "of 1 JPY"),
            ({"true_up": "{up: sometimes}"}, "true_up.up", "next_invoice"),
            ({"true_up": "{charge_within_months: -1}"}, "true_up.charge_within_months", "-1"),
            ({"fx": "{rate: 0, source: ECB, date: 2026-10-30}"}, "fx.rate", "greater than 0"),
            ({"fx": "{rate: 2, source: ECB, date: 2026-10-30}"}, "fx", "no rate between them"),
            ({"tax": "{category: zero, percent: 7, place: DE}"}, "tax", "`percent`"),
            ({"tax": "{category: standard, place: DE}"}, "tax", "`percent`"),
            ({"tax": "{category: zero, place: Germany}"}, "tax.place", "pattern"),
            (
                {"grants": "[{key: start, amount: 500.005, kind: bought}]"},
                "grants[0].amount",
                "multiple of 0.01 USD",
            ),
            (
                {"grants": f"[{START}, {START}]"},
                "grants[1].key",
                "two grants 'start'",
            ),
        ],
    )
    def test_that_says_what_can_not_be_is_refused_with_its_key(self, said, field, words):
        fault = fault_of(with_contracts(contract(**said)))
        assert fault.field == f"customers[0].contracts[0].{field}"
        assert words in fault.message


class TestKeysOfContracts:
    SECOND = "{plan: standard, tenants: [labs], from: 2026-01-01}"

    def test_may_be_left_out_by_all(self):
        [customer] = parse_configuration(with_contracts(CONTRACT, self.SECOND)).customers
        assert [one.key for one in customer.contracts] == [None, None]

    def test_are_of_each_contract_where_one_has_one(self):
        fault = fault_of(with_contracts(contract(key="main"), self.SECOND))
        assert fault.field == "customers[0].contracts[1]"

    def test_name_a_grant_that_they_share_alike(self):
        def shared_by(second):
            keyed = self.SECOND.replace("{", "{key: other, ")
            other = keyed.replace("}", f", grants: [{second}]}}")
            return with_contracts(contract(key="main", grants=f"[{START}]"), other)

        first, second = parse_configuration(shared_by(START)).customers[0].contracts
        assert first.grants == second.grants
        fault = fault_of(shared_by(START.replace("500", "400")))
        assert fault.field == "customers[0].contracts[1].grants[0]"
        assert "that differs" in fault.message

    def test_are_of_one_contract_each(self):
        again = self.SECOND.replace("{", "{key: main, ")
        assert fault_of(with_contracts(contract(key="main"), again)).field.endswith("[1].key")
        other = with_contracts(contract(key="main"), again.replace("main", "other"))
        assert len(parse_configuration(other).customers[0].contracts) == 2


class TestVersionsOfAPlan:
    def versions(self, text, **ends):
        configuration = parse_configuration(with_contracts(contract(**ends), text=text))
        [one] = configuration.customers[0].contracts
        return [plan.version for plan in plan_versions(configuration.plans, one)]

    def test_without_from_are_the_highest(self):
        assert self.versions(with_versions("version: 2", "version: 1")) == [2]

    def test_with_from_follow_the_one_in_force_at_the_start(self):
        text = with_versions(
            *("version: 1", "version: 2, from: 2025-07-01", "version: 3, from: 2026-01-01"),
            *("version: 4, from: 2026-07-01", "version: 5, from: 2027-01-01"),
        )
        assert self.versions(text) == [3, 4, 5]
        assert self.versions(text, to="2027-01-01") == [3, 4]

    @pytest.mark.parametrize(
        ("versions", "field", "words"),
        [
            (["version: 1, from: 2026-01-02"], "plans[0].from", "first day of a month"),
            (["version: 1, from: 2025-01-01", "version: 2"], "plans[1]", "version 1"),
            (
                ["version: 2, from: 2025-01-01", "version: 1, from: 2025-01-01"],
                "plans[0].from",
                "no later day than version 1",
            ),
            (
                ["version: 1, from: 2026-02-01"],
                "customers[0].contracts[0].from",
                "holds on 2026-01-01",
            ),
        ],
    )
    def test_that_leave_open_which_one_holds_are_refused(self, versions, field, words):
        fault = fault_of(with_versions(*versions))
        assert fault.field == field
        assert words in fault.message


class TestComponents:
    COST = "{kind: cost_plus, name: Cost, percent: 20}"
    STEPS = "{kind: graduated, name: Cost, steps: [{to: 1000, percent: 30}, {percent: 10}]}"

    def with_components(self, *components, text=FILE):
        return text.replace("{kind: flat_fee, name: A, amount: 1}", ", ".join(components))

    def test_may_be_of_every_kind(self):
        text = self.with_components(
            *("{kind: cost_plus, name: A, percent: 20, groups: {Compute: 25.5}, floor: 100}",),
            *(
                self.STEPS,
                self.STEPS.replace("graduated", "volume").replace("steps", "on: cost, steps"),
            ),
            *("{kind: minimum, amount: 10.50}", "{kind: cap, amount: 1000}"),
            *("{kind: discount, percent: 10, from: 2026-01-01, to: 2027-01-01}",),
            *("{kind: discount, amount: 5}",),
        )
        read = parse_configuration(text).plans[0].components
        assert [one.kind for one in read] == [
            *("cost_plus", "graduated", "volume", "minimum", "cap", "discount", "discount"),
        ]
        assert (str(read[0].groups["Compute"]), read[1].on) == ("25.5", "cost")
        assert read[3].name == "Minimum commitment, rest"

    @pytest.mark.parametrize(
        ("component", "field", "words"),
        [
            ("{kind: minimum, amount: 0.005}", "[1].amount", "multiple of 0.01 USD"),
            ("{kind: cap, amount: 0}", "[1].amount", "greater than 0"),
            ("{kind: discount, amount: 1.001}", "[1].amount", "multiple of 0.01 USD"),
            ("{kind: discount, percent: 101}", "[1].percent", "less than or equal to 100"),
            ("{kind: discount}", "[1]", "`percent` or `amount`"),
            ("{kind: discount, percent: 1, amount: 1}", "[1]", "`percent` or `amount`"),
            (
                "{kind: discount, percent: 1, from: 2026-02-01, to: 2026-02-01}",
                "[1]",
                "`from` is before its `to`",
            ),
            (STEPS.replace("Cost,", "Cost, on: nat_bytes,"), "[1].on", "come with a later release"),
            (STEPS.replace("to: 1000, ", ""), "[1]", "each of `steps` but the last"),
            (STEPS.replace("{percent: 10}", "{to: 5000, percent: 10}"), "[1]", "but the last"),
            (
                STEPS.replace("{percent: 10}", "{to: 900, percent: 5}, {percent: 10}"),
                "[1]",
                "above that of the one before",
            ),
            (STEPS.replace("1000", "1000.005"), "[1].steps[0].to", "multiple of 0.01 USD"),
            (COST.replace("20", "20, floor: 0.001"), "[1].floor", "multiple of 0.01 USD"),
            (
                "{kind: cap, amount: 1}, {kind: minimum, amount: 2}, {kind: cap, amount: 3}",
                "[3].kind",
                "two of kind 'cap'",
            ),
        ],
    )
    def test_that_can_not_be_are_refused_with_their_key(self, component, field, words):
        fault = fault_of(self.with_components(self.COST, component))
        assert fault.field == f"plans[0].components{field}"
        assert words in fault.message

    def test_have_amounts_in_the_steps_of_the_contracts_currency(self):
        minimum = self.with_components("{kind: minimum, amount: 10.005}")
        dinars = with_contracts(contract(currency="KWD"), text=minimum)
        assert "multiple of 0.010 KWD" in fault_of(dinars).message
        floor = self.with_components("{kind: cost_plus, name: A, percent: 1, floor: 10.55}")
        yen = with_contracts(contract(currency="JPY"), text=floor)
        assert parse_configuration(yen).plans[0].components[0].floor


class TestTheBrake:
    def test_has_defaults_and_may_be_set(self):
        assert parse_configuration(FILE).billing == Billing()
        set_to = parse_configuration(f"{FILE}billing: {{brake: {{bill_falls: 20}}}}\n").billing
        assert (str(set_to.brake.bill_falls), str(set_to.brake.share_of_invoiced)) == ("20", "10")

    def test_leaves_a_ruleset_that_does_not_set_it_the_same(self):
        """The digest of a file that has `reclose` alone, as the release before computed it."""
        by_hand = f"{FILE}billing: {{reclose: {{mode: by_hand}}}}\n"
        braked = by_hand.replace("by_hand}", "by_hand}, brake: {bill_falls: 20}")
        digest = ruleset_digest(parse_configuration(by_hand))
        assert digest.startswith("f2e7ce8e")
        assert ruleset_digest(parse_configuration(braked)) != digest
