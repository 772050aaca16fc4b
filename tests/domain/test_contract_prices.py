"""The golden cases that are about price alone, by components as `trueback.yaml` has them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.invoicing.domain.price_steps import Grant
from services.invoicing.domain.pricing import ContractTerms, price
from shared.configuration.components import Component
from shared.configuration.yaml_lines import read_yaml
from shared.contracts.bases import Adjusted, Adjustment, Markup, MinimumRest, Tiers, TierStep
from shared.money import Money, smallest_charge_step
from shared.periods import Month

OCTOBER = Month(2026, 10)
COMPUTE, STORAGE = "1200.5000000000", "310.0712345678"
COMPONENTS = TypeAdapter(tuple[Component, ...])
TWENTY = "{kind: cost_plus, name: Cloud usage, percent: 20}"
FEE = "{kind: flat_fee, name: Platform fee, amount: 499.00}"
GRADUATED = (
    "{kind: graduated, name: Cloud usage, on: cost,"
    " steps: [{to: 1000, percent: 30}, {to: 1500, percent: 20}, {percent: 10}]}"
)
TWENTY_PERCENT = Markup(Decimal(20))


def terms(*components, tenants=("acme",), start=date(2026, 1, 1), end=None, **more):
    """What is stored of them: JSON without defaults."""
    written = read_yaml(f"components: [{', '.join(components)}]", file="trueback.yaml").content
    read = COMPONENTS.validate_python(written["components"])
    stored = [one.model_dump(mode="json", exclude_defaults=True, by_alias=True) for one in read]
    return ContractTerms(tenants, start, end, more.pop("currency", "USD"), stored, **more)


def priced(contract, compute=COMPUTE, storage=STORAGE, grants=()):
    costs = {"Compute": Decimal(compute), "Storage": Decimal(storage)}
    return price(contract, OCTOBER, {"acme": costs}, grants)


def amounts(one):
    """In minor units; `rest` is the minimum's, and a line on the whole cost is `all`."""
    names = {"minimum": "rest", "flat_fee": "fee"}
    return {line.charge_group or names.get(line.kind, "all"): line.minor for line in one.lines}


def target(one):
    """Without the fee, as an account counts."""
    return sum(line.minor for line in one.lines if line.kind != "flat_fee") + one.below_zero_minor


class TestTheCases:
    def test_1_cost_plus_and_a_fee(self):
        first = priced(terms(TWENTY, FEE))
        assert amounts(first) == {"Compute": 144_060, "Storage": 37_209, "fee": 49_900}
        assert first.total_minor == 231_169
        assert target(priced(terms(TWENTY, FEE), "1150.25")) == 175_239

    def test_8_a_minimum(self):
        contract = terms(TWENTY, "{kind: minimum, amount: 2000.00}", FEE)
        first = priced(contract)
        assert amounts(first) == {
            "Compute": 144_060,
            "Storage": 37_209,
            "rest": 18_731,
            "fee": 49_900,
        }
        rest = first.lines[2]
        assert (rest.description, rest.cost) == ("Minimum commitment, rest", None)
        assert (rest.basis, rest.exact) == (MinimumRest(Decimal("2000.00")), Decimal("187.31"))
        for compute, minor in (("1260.75", 200_000), ("1400", 205_209), ("1100", 200_000)):
            assert target(priced(contract, compute)) == minor

    def test_9_a_cap(self):
        contract = terms(TWENTY, "{kind: cap, amount: 1800.00}", FEE)
        first = priced(contract)
        assert amounts(first) == {"Compute": 143_051, "Storage": 36_949, "fee": 49_900}
        cap = Adjustment("cap", Decimal("1800.00"))
        assert first.lines[0].basis == Adjusted(TWENTY_PERCENT, [cap])
        assert [line.exact for line in first.lines[:2]] == [Decimal("1430.51"), Decimal("369.49")]
        below = priced(contract, "1100")
        assert (target(below), below.lines[0].basis) == (169_209, TWENTY_PERCENT)

    @pytest.mark.parametrize(
        ("compute", "minor"), [(COMPUTE, 191_163), ("1150.25", 185_239), ("1300", 202_108)]
    )
    def test_10_graduated_on_the_whole_cost(self, compute, minor):
        one = priced(terms(GRADUATED, FEE), compute)
        assert (target(one), amounts(one)) == (minor, {"all": minor, "fee": 49_900})
        line = one.lines[0]
        assert (line.tenant, line.description) == ("acme", "Cloud usage")
        assert line.cost == Decimal(compute) + Decimal(STORAGE)
        steps = [
            TierStep(Decimal(1000), Decimal(30)),
            TierStep(Decimal(1500), Decimal(20)),
            TierStep(None, Decimal(10)),
        ]
        assert line.basis == Tiers("graduated", steps)

    def test_11_a_discount(self):
        contract = terms(TWENTY, "{kind: discount, percent: 10}", FEE)
        first = priced(contract)
        assert amounts(first) == {"Compute": 129_654, "Storage": 33_488, "fee": 49_900}
        less = Adjustment("percent_off", Decimal(10))
        assert first.lines[0].basis == Adjusted(TWENTY_PERCENT, [less])
        assert first.lines[1].exact == Decimal("334.8769333332")
        assert target(priced(contract, "1150.25")) == 157_715

    def test_19_in_yen(self):
        contract = terms(TWENTY, currency="JPY", rate=Decimal("151.2345"))
        first = priced(contract)
        assert amounts(first) == {"Compute": 217_868, "Storage": 56_272}
        rate = Adjustment("rate", Decimal("151.2345"))
        assert first.lines[0].basis == Adjusted(TWENTY_PERCENT, [rate])
        assert first.lines[0].cost == Decimal("181557.0172500000")
        assert target(priced(contract, "1150.25")) == 265_021

    def test_20_and_31_in_dinars_by_stripes_step(self):
        contract = terms(TWENTY, currency="KWD", rate=Decimal("0.30712"))
        assert amounts(priced(contract)) == {"Compute": 442_440, "Storage": 114_270}
        assert target(priced(contract, "1150.25")) == 538_190
        assert target(priced(contract, "1400")) == 630_230

    def test_21_a_grant(self):
        grants = [Grant("start", 50_000)]
        first = priced(terms(TWENTY), grants=grants)
        assert (amounts(first), first.drawn_minor) == (
            {"Compute": 104_323, "Storage": 26_946},
            {"start": 50_000},
        )
        assert first.lines[0].basis == Adjusted(TWENTY_PERCENT, [Adjustment("grant")])
        lower = priced(terms(TWENTY), "50", grants=grants)
        assert (target(lower), lower.drawn_minor) == (0, {"start": 43_209})

    def test_32_a_discount_on_what_is_passed_through(self):
        through = "{kind: cost_plus, name: Cloud usage, percent: 0}"
        contract = terms(through, "{kind: discount, percent: 10}")
        assert amounts(priced(contract, "10.05", "10.05")) == {"Compute": 905, "Storage": 905}

    @pytest.mark.parametrize(
        ("compute", "minor", "below_zero", "lines"),
        [
            ("-500", -22_791, -22_791, {}),
            ("-100", 25_209, 0, {"Storage": 25_209}),
            ("0", 37_209, 0, {"Storage": 37_209}),
        ],
    )
    def test_33_a_credit_larger_than_the_usage(self, compute, minor, below_zero, lines):
        one = priced(terms(TWENTY), compute)
        assert (target(one), one.below_zero_minor, amounts(one)) == (minor, below_zero, lines)

    def test_33_leaves_the_fee_as_it_is(self):
        one = priced(terms(TWENTY, FEE), "-500")
        assert (amounts(one), one.below_zero_minor) == ({"fee": 49_900}, -22_791)

    def test_37_a_minimum_and_a_grant(self):
        contract = terms(TWENTY, "{kind: minimum, amount: 2000.00}")
        grants = [Grant("start", 50_000)]
        first = priced(contract, grants=grants)
        assert amounts(first) == {"Compute": 108_045, "Storage": 27_907, "rest": 14_048}
        assert target(priced(contract, "1400", grants=grants)) == 155_209


class TestPartOfAMonth:
    """Of 31 days 10: amounts, floors and steps are those of 10 days."""

    FROM_22 = date(2026, 10, 22)

    def test_has_its_part_of_a_minimum_and_of_a_cap_to_stripes_step(self):
        minimum = terms("{kind: minimum, amount: 2000.00}", start=self.FROM_22)
        assert price(minimum, OCTOBER, {}).total_minor == 64_516
        cap = terms(TWENTY, "{kind: cap, amount: 1800.00}", end=date(2026, 10, 11))
        assert priced(cap).total_minor == 58_065
        dinars = terms("{kind: minimum, amount: 2000.00}", start=self.FROM_22, currency="KWD")
        assert price(dinars, OCTOBER, {}).total_minor == 645_160

    def test_has_its_part_of_a_discount(self):
        discount = terms(TWENTY, "{kind: discount, amount: 31.00}", start=self.FROM_22)
        assert priced(discount).total_minor == 181_269 - 1_000

    def test_has_its_part_of_a_floor_exactly(self):
        contract = terms(
            "{kind: cost_plus, name: Usage, percent: 20, floor: 100}", start=self.FROM_22
        )
        costs = {"acme": {"a": Decimal(1), "b": Decimal(2)}}
        lines = price(contract, OCTOBER, costs).lines
        assert [line.exact for line in lines] == [
            Decimal("10.7526881720"),
            Decimal("21.5053763441"),
        ]
        floor = Adjustment("floor", Decimal("32.2580645161"))
        assert lines[0].basis == Adjusted(TWENTY_PERCENT, [floor])

    def test_has_its_part_of_each_step(self):
        contract = terms(
            GRADUATED.replace("1000", "310").replace("1500", "620"), start=self.FROM_22
        )
        one = price(contract, OCTOBER, {"acme": {"Compute": Decimal(300)}})
        assert one.total_minor == 13_000 + 12_000 + 11_000
        bounds = [step.to for step in one.lines[0].basis.steps]
        assert bounds == [Decimal(100), Decimal(200), None]


class TestSteps:
    def test_by_volume_are_those_of_the_whole_sum_over_all_tenants(self):
        contract = terms(GRADUATED.replace("graduated", "volume"), tenants=("labs", "acme"))
        costs = {"acme": {"Compute": Decimal(800)}, "labs": {"Compute": Decimal(400)}}
        [line] = price(contract, OCTOBER, costs).lines
        assert (line.minor, line.tenant, line.cost) == (144_000, "labs", Decimal(1200))
        assert line.kind == line.basis.kind == "volume"

    def test_of_no_cost_are_no_line(self):
        assert price(terms(GRADUATED), OCTOBER, {}).lines == []


class TestDiscounts:
    @pytest.mark.parametrize(
        ("days", "minor"),
        [
            ("", 90_00),
            (", from: 2026-10-01", 90_00),
            (", from: 2026-10-02", 100_00),
            (", to: 2026-10-01", 100_00),
            (", to: 2026-10-02", 90_00),
            (", from: 2026-09-01, to: 2026-11-01", 90_00),
        ],
    )
    def test_hold_in_months_whose_first_day_is_in_theirs(self, days, minor):
        through = "{kind: cost_plus, name: Cloud usage, percent: 0}"
        contract = terms(through, f"{{kind: discount, percent: 10{days}}}")
        assert priced(contract, "100", "0").total_minor == minor

    def test_in_percent_multiply_and_come_before_amounts(self):
        contract = terms(
            *(TWENTY, "{kind: discount, amount: 1.00}"),
            *("{kind: discount, percent: 50}", "{kind: discount, percent: 50}"),
        )
        [line] = priced(contract, "100", "0").lines
        assert line.minor == 2_900
        codes = [one.code for one in line.basis.by]
        assert codes == ["percent_off", "percent_off", "amount_off"]

    def test_that_are_larger_than_all_leave_nothing(self):
        one = priced(terms(TWENTY, "{kind: discount, amount: 5000.00}"))
        assert (one.lines, one.below_zero_minor) == ([], 0)


class TestALineThatOtherLinesCreditsLower:
    def test_says_so_and_is_exact_as_it_is(self):
        one = priced(terms(TWENTY), "-100")
        assert one.lines[0].basis == Adjusted(TWENTY_PERCENT, [Adjustment("credit")])
        assert one.lines[0].exact == Decimal("252.09")


class TestLines:
    def test_are_in_the_order_of_the_plan(self):
        contract = terms(
            *(FEE, "{kind: minimum, amount: 9000.00}", TWENTY),
            tenants=("labs", "acme"),
            tenant_names={"acme": "Acme"},
        )
        costs = {tenant: {"b": Decimal(1), "a": Decimal(1)} for tenant in ("acme", "labs")}
        assert [line.description for line in price(contract, OCTOBER, costs).lines] == [
            *("Platform fee", "Minimum commitment, rest"),
            *("Cloud usage: a (labs)", "Cloud usage: b (labs)"),
            *("Cloud usage: a (Acme)", "Cloud usage: b (Acme)"),
        ]

    COSTS = st.dictionaries(
        st.sampled_from(["acme", "labs"]),
        st.dictionaries(st.sampled_from("uvwxyz"), st.decimals("-1e6", "1e6", places=10)),
    )
    KINDS = st.lists(
        st.sampled_from(
            [
                TWENTY,
                GRADUATED,
                GRADUATED.replace("graduated", "volume"),
                "{kind: cost_plus, name: Cloud usage, percent: 7, groups: {u: 25}, floor: 5000}",
                "{kind: discount, percent: 33.3}",
                "{kind: discount, amount: 700}",
                FEE,
            ]
        ),
        min_size=1,
        max_size=4,
    )

    @given(
        COSTS,
        KINDS,
        st.sampled_from(["USD", "JPY", "KWD", "HUF"]),
        st.sampled_from([None, 100, 100_000]),
        st.sampled_from([None, 200, 50_000]),
        st.integers(1, 31),
    )
    def test_sum_to_the_unit_and_keep_their_bounds(
        self, costs, components, currency, minimum, cap, first_day
    ):
        bounds = [
            *([f"{{kind: minimum, amount: {minimum}}}"] if minimum else []),
            *([f"{{kind: cap, amount: {cap}}}"] if cap else []),
        ]
        contract = terms(
            *(*components, *bounds),
            tenants=("acme", "labs"),
            start=date(2026, 10, first_day),
            currency=currency,
            rate=Decimal("1.2345"),
        )
        one = price(contract, OCTOBER, costs)
        step = smallest_charge_step(currency)
        assert one.below_zero_minor <= 0
        assert all(line.minor > 0 and line.minor % step == 0 for line in one.lines)
        keys = [(line.component, line.tenant, line.charge_group) for line in one.lines]
        assert len(set(keys)) == len(keys)
        half = Money.from_minor(step, currency).amount / 2
        for line in one.lines:
            assert abs(Money.from_minor(line.minor, currency).amount - line.exact) <= half
        derived = sum(line.minor for line in one.lines if line.kind != "flat_fee")
        days = Decimal(32 - first_day) / 31
        if cap and not minimum:
            assert Money.from_minor(derived, currency).amount <= cap * days + half
        if minimum:
            assert Money.from_minor(derived, currency).amount >= minimum * days - half
            assert not one.below_zero_minor
