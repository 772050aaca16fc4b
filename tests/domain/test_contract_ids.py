"""Which contract of the file is which that is known: what has a key stays itself."""

from dataclasses import replace
from datetime import date

import pytest

from services.invoicing.domain.contract_ids import Bound, Known, contract_ids

JANUARY, JULY = date(2026, 1, 1), date(2026, 7, 1)


def given(key="", *tenants, starts_on=JANUARY, ends_on=None):
    return Bound(key, tenants or ("acme",), starts_on, ends_on)


def known_as(contract_id, one, *, is_active=True):
    return Known(one.key, one.tenants, one.starts_on, one.ends_on, contract_id, is_active)


def known(*contracts):
    """As they are once they were applied."""
    ids = contract_ids("acme", contracts, [])
    return [known_as(*pair) for pair in zip(ids, contracts, strict=True)]


class TestWithoutAKey:
    @pytest.mark.parametrize(
        "other", [given("", "labs"), given(starts_on=JULY), given("", "acme", "labs")]
    )
    def test_other_tenants_or_another_first_day_are_another_contract(self, other):
        assert contract_ids("acme", [other], known(given())) != contract_ids("acme", [given()], [])

    def test_another_last_day_is_the_same(self):
        [before] = known(given())
        assert contract_ids("acme", [given(ends_on=JULY)], [before]) == [before.contract_id]

    def test_a_contract_is_its_customers(self):
        assert contract_ids("acme", [given()], []) != contract_ids("globex", [given()], [])

    def test_what_has_lost_its_key_is_still_that_of_its_tenants_and_first_day(self):
        [before] = known(given())
        keyed = replace(before, key="main")
        assert contract_ids("acme", [given()], [keyed]) == [before.contract_id]


class TestWithAKey:
    def test_it_is_the_same_whatever_its_tenants_and_days(self):
        [before] = known(given("main"))
        after = given("main", "labs", starts_on=JULY)
        assert contract_ids("acme", [after], [before]) == [before.contract_id]

    def test_one_that_is_new_takes_over_nothing_that_has_another(self):
        [before] = known(given("main"))
        main, other = contract_ids("acme", [given("main"), given("other", "labs")], [before])
        assert (main == before.contract_id, other == before.contract_id) == (True, False)
        assert contract_ids("acme", [given("renamed")], [before]) != [before.contract_id]


class TestTheFirstKey:
    def test_is_given_to_what_has_its_tenants_and_first_day(self):
        first, second = known(given(ends_on=JULY), given(starts_on=JULY))
        keyed = [given("old", ends_on=JULY), given("new", starts_on=JULY)]
        ids = [first.contract_id, second.contract_id]
        assert contract_ids("acme", keyed, [second, first]) == ids
        assert contract_ids("acme", keyed[::-1], [first, second]) == ids[::-1]

    def test_is_else_given_to_what_has_the_most_days_of_its_tenants(self):
        first, second = known(given(ends_on=JULY), given(starts_on=JULY, ends_on=date(2026, 8, 1)))
        later = given("main", starts_on=date(2026, 2, 1))
        assert contract_ids("acme", [later], [first, second]) == [first.contract_id]

    def test_prefers_what_is_in_force(self):
        moved = given("main", starts_on=JULY)
        old, new = known_as("con_a", given(), is_active=False), known_as("con_b", given())
        assert contract_ids("acme", [moved], [old, new]) == ["con_b"]

    def test_is_given_once(self):
        [before] = known(given("", "acme", "labs"))
        a, b = contract_ids("acme", [given("a"), given("b", "labs")], [before])
        assert (a == before.contract_id, b == before.contract_id) == (True, False)

    @pytest.mark.parametrize("other", [given("main", "labs"), given("main", starts_on=JULY)])
    def test_is_of_a_new_contract_where_nothing_has_a_day_of_its_tenants(self, other):
        [before] = known(given(ends_on=JULY))
        assert contract_ids("acme", [other], [before]) != [before.contract_id]
