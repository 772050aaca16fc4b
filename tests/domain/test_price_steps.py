"""What a contract asks for a month's cost: the golden cases of the rules, and what always holds."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.price_steps import (
    ExactLine,
    Grant,
    LineKey,
    Step,
    Terms,
    by_volume,
    graduated,
    in_steps,
    marked_up,
    price_of,
    raised_to,
    spread,
)
from shared.money import Money, smallest_charge_step

START, END = date(2026, 10, 1), date(2026, 11, 1)
COMPUTE, STORAGE = Decimal("1200.5000000000"), Decimal("310.0712345678")
STEPS = [
    Step(Decimal(1000), Decimal(30)),
    Step(Decimal(1500), Decimal(20)),
    Step(None, Decimal(10)),
]
CURRENCIES = ["USD", "JPY", "KWD", "HUF"]


def key(group, tenant="acme"):
    return LineKey("Cloud usage", tenant, group, START, END)


REST = LineKey("minimum", "acme", "", START, END)


def cost_plus(percent=20, **costs):
    return [
        ExactLine(key(group), marked_up(Decimal(cost), Decimal(percent)))
        for group, cost in costs.items()
    ]


def priced(lines, **terms):
    return price_of(lines, Terms(**{"currency": "USD", **terms}), REST)


def by_group(price):
    """`rest` is the line of the minimum."""
    return {one.charge_group or "rest": minor for one, minor in price.lines.items()}


class TestTheCases:
    """Their numbers are those of the golden cases of true-up; amounts in minor units."""

    def test_1_cost_plus_twenty_percent(self):
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE))
        assert by_group(price) == {"Compute": 144_060, "Storage": 37_209}
        assert sum(price.exact.values()) == Decimal("1812.6854814814")
        assert priced(cost_plus(Compute="1150.25", Storage=STORAGE)).target_minor == 175_239

    def test_8_a_minimum(self):
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE), minimum_minor=200_000)
        assert by_group(price) == {"Compute": 144_060, "Storage": 37_209, "rest": 18_731}
        for compute, target in (("1260.75", 200_000), ("1400", 205_209), ("1100", 200_000)):
            lines = cost_plus(Compute=compute, Storage=STORAGE)
            assert priced(lines, minimum_minor=200_000).target_minor == target

    def test_9_a_cap(self):
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE), cap_minor=180_000)
        assert by_group(price) == {"Compute": 143_051, "Storage": 36_949}
        lines = cost_plus(Compute="1100", Storage=STORAGE)
        assert priced(lines, cap_minor=180_000).target_minor == 169_209

    @pytest.mark.parametrize(
        ("compute", "minor"), [(COMPUTE, 191_163), ("1150.25", 185_239), ("1300", 202_108)]
    )
    def test_10_graduated_on_the_whole_cost(self, compute, minor):
        cost = Decimal(compute) + STORAGE
        assert priced([ExactLine(key(""), graduated(cost, STEPS))]).target_minor == minor

    def test_11_a_discount(self):
        lines = cost_plus(Compute=COMPUTE, Storage=STORAGE)
        price = priced(lines, percent_discounts=[Decimal(10)])
        assert by_group(price) == {"Compute": 129_654, "Storage": 33_488}
        lower = cost_plus(Compute="1150.25", Storage=STORAGE)
        assert priced(lower, percent_discounts=[Decimal(10)]).target_minor == 157_715

    @pytest.mark.parametrize(
        ("compute", "minor"), [("1200.125", 181_224), ("1199.79", 181_184), ("1199.54", 181_154)]
    )
    def test_12_small_changes(self, compute, minor):
        assert priced(cost_plus(Compute=compute, Storage=STORAGE)).target_minor == minor

    def test_19_in_yen(self):
        terms = {"currency": "JPY", "rate": Decimal("151.2345")}
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE), **terms)
        assert by_group(price) == {"Compute": 217_868, "Storage": 56_272}
        lower = cost_plus(Compute="1150.25", Storage=STORAGE)
        assert priced(lower, **terms).target_minor == 265_021

    def test_20_in_dinars_by_stripes_step(self):
        terms = {"currency": "KWD", "rate": Decimal("0.30712")}
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE), **terms)
        assert by_group(price) == {"Compute": 442_440, "Storage": 114_270}
        lower = cost_plus(Compute="1150.25", Storage=STORAGE)
        assert priced(lower, **terms).target_minor == 538_190

    def test_21_a_grant(self):
        grants = [Grant("start", 50_000)]
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE), grants=grants)
        assert by_group(price) == {"Compute": 104_323, "Storage": 26_946}
        assert price.drawn_minor == {"start": 50_000}
        lower = priced(cost_plus(Compute=50, Storage=STORAGE), grants=grants)
        assert (lower.target_minor, lower.drawn_minor) == (0, {"start": 43_209})

    def test_32_a_discount_on_what_is_passed_through(self):
        lines = cost_plus(0, Compute="10.05", Storage="10.05")
        price = priced(lines, percent_discounts=[Decimal(10)])
        assert by_group(price) == {"Compute": 905, "Storage": 905}

    @pytest.mark.parametrize(
        ("compute", "target", "lines"),
        [
            ("-500", -22_791, {}),
            ("-100", 25_209, {"Storage": 25_209}),
            ("0", 37_209, {"Storage": 37_209}),
        ],
    )
    def test_33_a_credit_larger_than_the_usage(self, compute, target, lines):
        price = priced(cost_plus(Compute=compute, Storage=STORAGE))
        assert (price.target_minor, by_group(price)) == (target, lines)

    def test_37_a_minimum_and_a_grant(self):
        terms = {"minimum_minor": 200_000, "grants": [Grant("start", 50_000)]}
        price = priced(cost_plus(Compute=COMPUTE, Storage=STORAGE), **terms)
        assert by_group(price) == {"Compute": 108_045, "Storage": 27_907, "rest": 14_048}
        higher = priced(cost_plus(Compute=1400, Storage=STORAGE), **terms)
        assert higher.target_minor == 155_209


class TestBelowZero:
    def test_a_credit_lowers_its_own_tenants_lines_first(self):
        lines = [
            ExactLine(key("Compute"), Fraction(-10)),
            ExactLine(key("Storage"), Fraction(4)),
            ExactLine(key("Compute", "globex"), Fraction(20)),
        ]
        price = priced(lines)
        assert price.lines == {key("Compute", "globex"): 1_400}
        assert price.below_zero_minor == 0

    def test_nothing_is_taken_off_or_drawn(self):
        terms = {"amount_discounts_minor": [100], "cap_minor": 50, "grants": [Grant("start", 500)]}
        price = priced(cost_plus(Compute=-1), **terms)
        assert (price.target_minor, price.drawn_minor) == (-120, {})

    def test_a_minimum_is_asked_for_whole(self):
        price = priced(cost_plus(Compute=-1), minimum_minor=5_000)
        assert (by_group(price), price.below_zero_minor) == ({"rest": 5_000}, 0)


class TestSteps:
    def test_of_a_volume_are_those_of_the_whole_sum(self):
        assert by_volume(Decimal(1000), STEPS) == 1300
        assert by_volume(Decimal(1001), STEPS) == Fraction("1201.2")
        assert by_volume(Decimal(2000), STEPS) == 2200
        assert by_volume(Decimal(-100), STEPS) == -130

    def test_below_zero_are_the_first(self):
        assert graduated(Decimal(-100), STEPS) == -130
        assert graduated(Decimal(0), STEPS) == 0


class TestAFloor:
    def test_raises_what_is_below_it_in_proportion_and_exactly(self):
        lines = raised_to(cost_plus(0, Compute=1, Storage=2), Fraction(10))
        assert [line.amount for line in lines] == [Fraction(10, 3), Fraction(20, 3)]

    @pytest.mark.parametrize("costs", [{"Compute": 10}, {"Compute": 11}, {"Compute": -1}, {}])
    def test_leaves_what_is_not_below_it_or_nothing(self, costs):
        lines = cost_plus(0, **costs)
        assert raised_to(lines, Fraction(10)) == lines


class TestAnAmount:
    @given(st.decimals("-1e12", "1e12", places=10), st.sampled_from(CURRENCIES))
    def test_is_rounded_as_money_is(self, amount, currency):
        steps = in_steps(Fraction(amount), currency)
        assert steps * smallest_charge_step(currency) == Money(amount, currency).to_minor()


AMOUNTS = st.integers(-(10**6), 10**6).map(lambda number: Fraction(number, 997))
LINES = st.dictionaries(st.tuples(st.sampled_from("ab"), st.sampled_from("uvwxyz")), AMOUNTS)
MINOR = st.none() | st.integers(1, 10**4)


class TestAnyPrice:
    @given(
        LINES,
        st.sampled_from(CURRENCIES),
        st.lists(st.integers(1, 10**4), max_size=2),
        MINOR,
        MINOR,
        st.lists(st.integers(0, 10**4), max_size=3),
    )
    def test_has_no_line_below_zero_and_keeps_its_bounds(
        self, amounts, currency, discounts, cap, minimum, grants
    ):
        step = smallest_charge_step(currency)
        terms = Terms(
            currency,
            amount_discounts_minor=[step * one for one in discounts],
            cap_minor=None if cap is None else step * cap,
            minimum_minor=None if minimum is None else step * minimum,
            grants=[Grant(str(number), step * one) for number, one in enumerate(grants)],
        )
        lines = [ExactLine(key(group, tenant), one) for (tenant, group), one in amounts.items()]
        price = price_of(lines, terms, REST)
        assert all(minor > 0 and minor % step == 0 for minor in price.lines.values())
        assert price.below_zero_minor <= 0
        assert not (price.lines and price.below_zero_minor)
        before_grants = price.target_minor + sum(price.drawn_minor.values())
        if minimum is not None:
            assert before_grants >= terms.minimum_minor
        if cap is not None:
            assert before_grants <= max(terms.cap_minor, terms.minimum_minor or 0)
        for grant in terms.grants:
            assert 0 <= price.drawn_minor.get(grant.key, 0) <= grant.available_minor
        if not discounts and cap is None and minimum is None:
            rounded = sum(in_steps(line.amount, currency) for line in lines)
            assert before_grants == rounded * step

    @given(LINES, st.randoms())
    def test_is_the_same_in_any_order(self, amounts, random):
        lines = [ExactLine(key(group, tenant), one) for (tenant, group), one in amounts.items()]
        shuffled = random.sample(lines, len(lines))
        terms = Terms("USD", cap_minor=5_000, grants=[Grant("start", 700)])
        assert price_of(lines, terms, REST) == price_of(shuffled, terms, REST)


def test_what_is_spread_goes_to_the_largest_remainders_and_ties_to_the_first_key():
    weights = {key(group): 1 for group in "cba"}
    assert spread(2, weights) == {key("a"): 1, key("b"): 1, key("c"): 0}
