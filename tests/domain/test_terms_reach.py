"""How many customers a change of plans and contracts touches, and how far prices move."""

from copy import deepcopy
from decimal import Decimal

import pytest

from services.invoicing.domain.terms_reach import Reach, entries, reach

MARKUP = {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"}
FEE = {"kind": "flat_fee", "name": "Platform", "amount": "100"}


def contract(*components, tenants=("acme",), ends_on=None, **more):
    return {
        "plan": "standard",
        "tenants": list(tenants),
        "starts_on": "2026-01-01",
        "ends_on": ends_on,
        "currency": "USD",
        "components": list(components),
        **more,
    }


def terms(*contracts, **customer):
    return {"acme": {"customer": customer, "contracts": list(contracts)}}


BEFORE = terms(contract(MARKUP, FEE))


class TestReach:
    def test_of_the_same_is_nothing(self):
        assert reach(BEFORE, deepcopy(BEFORE)) == Reach(0, Decimal(0))

    @pytest.mark.parametrize(
        ("component", "percent"),
        [
            ({**MARKUP, "percent": "26"}, "5"),
            ({**MARKUP, "percent": "14"}, "5"),
            ({**MARKUP, "percent": "-100"}, "100"),
        ],
    )
    def test_of_a_markup_is_of_what_cost_is_sold_for(self, component, percent):
        assert reach(BEFORE, terms(contract(component, FEE))) == Reach(1, Decimal(percent))

    def test_of_several_prices_is_the_largest(self):
        after = terms(contract({**MARKUP, "percent": "26"}, {**FEE, "amount": "150"}))
        assert reach(BEFORE, after) == Reach(1, Decimal(50))

    @pytest.mark.parametrize(
        "after",
        [
            terms(contract(MARKUP)),
            terms(contract(MARKUP, FEE, {**FEE, "name": "More"})),
            terms(contract(MARKUP, {**FEE, "every": "year"})),
            terms(contract(MARKUP, FEE, tenants=["acme", "globex"])),
            terms(contract(MARKUP, FEE, ends_on="2026-06-01")),
            terms(contract(MARKUP, FEE), contract(FEE, tenants=["globex"])),
            terms(),
            {},
        ],
    )
    def test_of_other_terms_is_no_per_cent(self, after):
        assert reach(BEFORE, after) == Reach(1, None)

    def test_of_a_price_that_was_nothing_is_no_per_cent(self):
        free = terms(contract({**FEE, "amount": "0"}))
        assert reach(free, terms(contract(FEE))) == Reach(1, None)

    def test_of_a_new_customer_is_that_customer(self):
        after = {**BEFORE, "globex": terms(contract(MARKUP, tenants=["globex"]))["acme"]}
        assert reach(BEFORE, after) == Reach(1, Decimal(0))

    def test_of_an_address_moves_no_price(self):
        after = terms(contract(MARKUP, FEE, days_until_due=14), email="new@acme.example")
        assert reach(BEFORE, after) == Reach(1, Decimal(0))


class TestLimits:
    def test_hold_each_by_itself(self):
        measured = Reach(2, Decimal(5))
        assert measured.is_within(customers=2, percent=Decimal(5))
        assert not measured.is_within(customers=1, percent=Decimal(5))
        assert not measured.is_within(customers=2, percent=Decimal("4.99"))
        assert not Reach(2, None).is_within(customers=2, percent=Decimal(10**9))

    def test_a_price_that_moves_at_all_is_shown_as_more_than_nothing(self):
        assert Reach(1, Decimal("1e-20")).as_data() == {"customers": 1, "percent": "0.01"}
        assert Reach(1, None).as_data() == {"customers": 1, "percent": None}


def test_entries_are_customers_and_their_contracts():
    assert list(entries(BEFORE)) == [
        ("customer", "acme"),
        ("contract", "acme: acme from 2026-01-01"),
    ]


def later(day, *components):
    return {"from": day, "components": list(components)}


class TestLaterVersions:
    """Each day from which a version holds is compared with what held then before."""

    NEXT = later("2027-01-01", {**MARKUP, "percent": "26"}, FEE)

    def test_move_a_price_by_what_they_differ_from_the_one_before(self):
        assert reach(BEFORE, terms(contract(MARKUP, FEE, later=[self.NEXT]))) == Reach(
            1, Decimal(5)
        )

    def test_move_nothing_more_once_they_are_agreed_on(self):
        agreed = terms(contract(MARKUP, FEE, later=[self.NEXT]))
        sooner = terms(contract(MARKUP, FEE, later=[{**self.NEXT, "from": "2026-12-01"}]))
        assert reach(agreed, deepcopy(agreed)) == Reach(0, Decimal(0))
        assert reach(agreed, sooner) == Reach(1, Decimal(5))

    def test_with_other_components_are_no_per_cent(self):
        assert reach(BEFORE, terms(contract(MARKUP, FEE, later=[later("2027-01-01", FEE)]))) == (
            Reach(1, None)
        )


class TestPolicies:
    @pytest.mark.parametrize(
        "policy",
        [
            {"true_up": {"up": "never"}},
            {"tax": {"category": "standard", "percent": "19", "place": "DE"}},
            {"grants": [{"key": "start", "amount": "500.00", "kind": "promotional"}]},
            {"fx": {"rate": "0.92", "source": "ECB", "date": "2026-10-30"}},
        ],
    )
    def test_that_come_or_change_are_no_per_cent(self, policy):
        assert reach(BEFORE, terms(contract(MARKUP, FEE, **policy))) == Reach(1, None)

    def test_a_rate_of_exchange_moves_prices_by_as_much(self):
        rates = [
            terms(contract(MARKUP, fx={"rate": rate, "source": "ECB", "date": "2026-10-30"}))
            for rate in ("0.80", "0.84")
        ]
        assert reach(*rates) == Reach(1, Decimal(5))

    def test_a_key_moves_no_price_and_names_the_contract(self):
        keyed = terms(contract(MARKUP, FEE, key="main"))
        assert reach(BEFORE, keyed) == Reach(1, Decimal(0))
        assert ("contract", "acme: main from 2026-01-01") in entries(keyed)


class TestOtherComponents:
    STEPS = {
        "kind": "graduated",
        "name": "Usage",
        "steps": [{"to": "1000", "percent": "30"}, {"percent": "10"}],
    }
    MINIMUM = {"kind": "minimum", "amount": "100"}
    DISCOUNT = {"kind": "discount", "percent": "20"}

    @pytest.mark.parametrize(
        ("before", "after", "percent"),
        [
            (STEPS, {**STEPS, "steps": [{"to": "1000", "percent": "36.5"}, {"percent": "10"}]}, 5),
            (STEPS, {**STEPS, "steps": [{"to": "1500", "percent": "30"}, {"percent": "10"}]}, None),
            (STEPS, {**STEPS, "kind": "volume"}, None),
            (MINIMUM, {**MINIMUM, "amount": "110"}, 10),
            (MINIMUM, {"kind": "cap", "amount": "100"}, None),
            (DISCOUNT, {**DISCOUNT, "percent": "60"}, 50),
            (DISCOUNT, {**DISCOUNT, "to": "2027-01-01"}, None),
            (DISCOUNT, {"kind": "discount", "amount": "20"}, None),
            ({**MARKUP, "floor": "10"}, {**MARKUP, "floor": "12"}, 20),
            ({**MARKUP, "groups": {"a": "20"}}, {**MARKUP, "groups": {"a": "32"}}, 10),
            (MARKUP, {**MARKUP, "groups": {"a": "20"}}, None),
        ],
    )
    def test_move_prices_or_can_not_be_compared(self, before, after, percent):
        moved = None if percent is None else Decimal(percent)
        assert reach(terms(contract(before)), terms(contract(after))) == Reach(1, moved)
