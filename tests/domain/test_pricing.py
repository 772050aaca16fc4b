from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.guardrails import Limits, parking_reasons
from services.invoicing.domain.pricing import ContractTerms, Price, covers_whole_month, price
from services.invoicing.domain.revenue import by_month
from shared.contracts.bases import FeeDays, Markup
from shared.contracts.invoicing import Cause
from shared.money import Money
from shared.periods import Month

OCTOBER = Month(2026, 10)
COST_PLUS = {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"}
FEE = {"kind": "flat_fee", "name": "Platform fee", "amount": "310.00"}
LIMITS = Limits(above_median_times=Decimal(3), unallocated_share=Decimal("0.05"))

amounts = st.decimals(min_value="-1e9", max_value="1e9", places=10)


def terms(*components, tenants=("acme",), start=date(2026, 1, 1), end=None, currency="USD"):
    return ContractTerms(tenants, start, end, currency, components)


def lines_of(*args, **more):
    return price(*args, **more).lines


def by_group(priced):
    """`rest` is the line of the minimum."""
    return {line.charge_group or "rest": line.minor for line in priced.lines}


class TestCostPlus:
    def test_rounds_each_line_half_up_once(self):
        lines = lines_of(terms(COST_PLUS), OCTOBER, {"acme": {"Compute": Decimal("10.0041666667")}})
        assert [(line.description, line.minor) for line in lines] == [
            ("Cloud usage: Compute", 1201)
        ]
        assert lines[0].exact == Decimal("12.0050000000")

    def test_rounds_a_credit_away_from_zero_as_it_does_a_charge(self):
        priced = price(terms(COST_PLUS), OCTOBER, {"acme": {"Compute": Decimal("-10.0041666667")}})
        assert (priced.lines, priced.below_zero_minor) == ([], -1201)

    def test_names_a_pool_without_its_key(self):
        lines = lines_of(terms(COST_PLUS), OCTOBER, {"acme": {"pool:load-balancer": Decimal(1)}})
        assert lines[0].description == "Cloud usage: shared load balancer"

    def test_charges_no_tenant_that_is_not_under_the_contract(self):
        costs = {"acme": {"Compute": Decimal(1)}, "globex": {"Compute": Decimal(1000)}}
        assert {line.tenant for line in lines_of(terms(COST_PLUS), OCTOBER, costs)} == {"acme"}

    def test_has_no_minor_units_in_yen(self):
        lines = lines_of(
            terms(COST_PLUS, currency="JPY"), OCTOBER, {"acme": {"Compute": Decimal("100.5")}}
        )
        assert lines[0].minor == 121

    def test_is_by_the_charge_groups_own_rate_where_it_has_one(self):
        component = {**COST_PLUS, "groups": {"Compute": "25"}}
        costs = {"acme": {"Compute": Decimal(100), "Storage": Decimal(100)}}
        lines = lines_of(terms(component), OCTOBER, costs)
        assert [(line.minor, line.basis) for line in lines] == [
            (12_500, Markup(Decimal(25))),
            (12_000, Markup(Decimal(20))),
        ]

    def test_leaves_out_what_comes_to_nothing(self):
        costs = {"acme": {"Compute": Decimal("0.004"), "Storage": Decimal(0), "DNS": Decimal(1)}}
        assert by_group(price(terms(COST_PLUS), OCTOBER, costs)) == {"DNS": 120}

    def test_of_two_components_with_one_name_is_two_lines(self):
        costs = {"acme": {"Compute": Decimal(100)}}
        lines = lines_of(terms(COST_PLUS, {**COST_PLUS, "percent": "-95"}), OCTOBER, costs)
        assert [(line.component, line.minor) for line in lines] == [
            ("Cloud usage", 12_000),
            ("Cloud usage #2", 500),
        ]

    @given(costs=st.dictionaries(st.sampled_from("abcdefgh"), amounts), percent=st.integers(0, 500))
    def test_is_within_half_a_cent_of_exact_on_every_line(self, costs, percent):
        component = {**COST_PLUS, "percent": str(percent)}
        priced = price(terms(component), OCTOBER, {"acme": costs})
        rounded = {
            group: Money(cost * (100 + percent) / 100, "USD").to_minor()
            for group, cost in costs.items()
        }
        assert priced.total_minor + priced.below_zero_minor == sum(rounded.values())
        assert all(line.minor > 0 for line in priced.lines)
        if all(cost >= 0 for cost in costs.values()):
            assert by_group(priced) == {group: minor for group, minor in rounded.items() if minor}
        for line in priced.lines:
            assert line.cost == costs[line.charge_group]
            assert abs(Money.from_minor(line.minor, "USD").amount - line.exact) <= Decimal("0.005")


class TestAFlatFee:
    @pytest.mark.parametrize(
        ("start", "end", "minor"),
        [
            (date(2026, 1, 1), None, 31_000),
            (date(2026, 10, 31), None, 1_000),
            (date(2026, 1, 1), date(2026, 10, 16), 15_000),
            (date(2026, 10, 1), date(2026, 11, 1), 31_000),
        ],
    )
    def test_is_by_the_day_where_the_contract_covers_part_of_the_month(self, start, end, minor):
        assert [line.minor for line in lines_of(terms(FEE, start=start, end=end), OCTOBER, {})] == [
            minor
        ]

    def test_is_not_charged_outside_the_contract(self):
        assert price(terms(FEE, start=date(2026, 11, 1)), OCTOBER, {}) == Price()
        assert price(terms(FEE, end=date(2026, 10, 1)), OCTOBER, {}) == Price()

    @given(first=st.integers(1, 31), last=st.integers(1, 31))
    def test_of_the_parts_of_a_month_is_the_fee_of_the_month(self, first, last):
        cut = date(2026, 10, max(first, last))
        parts = [
            lines_of(terms(FEE, end=cut), OCTOBER, {}),
            lines_of(terms(FEE, start=cut), OCTOBER, {}),
        ]
        assert sum(line.exact for lines in parts for line in lines) == Decimal("310.00")


class TestAYearlyFee:
    FEE = FEE | {"amount": "36500", "every": "year"}

    def test_is_charged_in_advance_in_the_month_the_contract_began_and_each_year_again(self):
        contract = terms(self.FEE, start=date(2024, 10, 16))
        [line] = lines_of(contract, OCTOBER, {})
        assert (line.minor, line.basis) == (3_650_000, FeeDays("year", 365, 365))
        assert (line.service_start, line.service_end) == (date(2026, 10, 16), date(2027, 10, 16))
        assert lines_of(contract, OCTOBER.following, {}) == []
        assert price(contract, Month(2023, 10), {}) == Price()

    def test_is_by_the_day_where_the_contract_ends_in_the_year(self):
        contract = terms(self.FEE, start=date(2026, 10, 1), end=date(2026, 10, 11))
        [line] = lines_of(contract, OCTOBER, {})
        assert (line.minor, line.basis) == (100_000, FeeDays("year", 10, 365))

    def test_of_the_29th_of_february_is_of_the_28th_in_other_years(self):
        contract = terms(self.FEE, start=date(2024, 2, 29))
        [line] = lines_of(contract, Month(2026, 2), {})
        assert line.service_start == date(2026, 2, 28)


class TestRevenue:
    def test_of_a_month_is_that_months(self):
        assert by_month(310, date(2026, 10, 1), date(2026, 11, 1)) == {"2026-10": 310}

    def test_of_a_year_is_each_months_by_its_days(self):
        months = by_month(36_500, date(2026, 10, 16), date(2027, 10, 16))
        assert len(months) == 13
        assert (months["2026-10"], months["2027-02"]) == (1_600, 2_800)

    @given(
        st.integers(-(10**9), 10**9),
        st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        st.integers(1, 800),
    )
    def test_sums_to_what_was_charged(self, minor, start, days):
        assert sum(by_month(minor, start, start + timedelta(days)).values()) == minor


class TestGuardrails:
    def reasons(self, minor=10_000, earlier=(), **changed):
        given = {
            "total": Money.from_minor(minor, "USD"),
            "below_zero": Money.zero("USD"),
            "line_count": 3,
            "earlier_totals_minor": earlier,
            "unallocated_share": Decimal("0.01"),
            "covers_whole_month": True,
            "limits": LIMITS,
            **changed,
        }
        return parking_reasons(**given)

    def test_let_an_ordinary_invoice_pass(self):
        assert self.reasons(earlier=(9_000, 11_000)) == []

    @pytest.mark.parametrize(
        ("changed", "cause"),
        [
            ({"minor": -1}, Cause("negative_total")),
            (
                {"below_zero": Money.from_minor(-1_201, "USD")},
                Cause("below_zero", {"amount": "12.01", "currency": "USD"}),
            ),
            ({"minor": 49}, Cause("below_smallest_charge")),
            (
                {"line_count": 251},
                Cause("too_many_lines", {"lines": "251", "lines_max": "250"}),
            ),
            ({"covers_whole_month": False}, Cause("part_of_month")),
            (
                {"unallocated_share": Decimal("0.051")},
                Cause("unallocated_share", {"percent": "5.10", "percent_max": "5.00"}),
            ),
            (
                {"unallocated_share": Decimal("-0.051")},
                Cause("unallocated_share", {"percent": "-5.10", "percent_max": "5.00"}),
            ),
            (
                {"minor": 30_001, "earlier": (9_000, 10_000, 99_000)},
                Cause("above_median", {"times": "3.0"}),
            ),
        ],
    )
    def test_park_what_looks_wrong_and_say_why(self, changed, cause):
        assert self.reasons(**changed) == [cause]

    def test_let_zero_pass_as_it_charges_nobody(self):
        assert self.reasons(minor=0) == []


def test_a_contract_that_starts_in_the_month_does_not_cover_it():
    assert covers_whole_month(terms(), OCTOBER)
    assert not covers_whole_month(terms(start=date(2026, 10, 2)), OCTOBER)
