"""The comparison of two runs sees what is missing and what is there twice."""

from collections import Counter

from tests.system.chaos import plan
from tests.system.faults import BASIC, KILLS, LASTING, OTHERS
from tests.system.promises import compare

IN_PEACE = Counter({("invoices", "acme", 100): 1, ("ledger", "acme", 100): 2})


def test_finds_nothing_between_equal_outcomes():
    found = compare(IN_PEACE, Counter(IN_PEACE))
    assert (found.lost, found.doubled) == ([], [])


def test_names_a_row_that_is_missing():
    found = compare(IN_PEACE, IN_PEACE - Counter([("ledger", "acme", 100)]))
    assert (found.lost, found.doubled) == (["ledger: acme, 100, 1 x"], [])


def test_names_a_row_that_is_there_twice():
    found = compare(IN_PEACE, IN_PEACE + Counter([("invoices", "acme", 100)]))
    assert (found.lost, found.doubled) == ([], ["invoices: acme, 100, 1 x"])


def test_counts_a_changed_amount_on_both_sides():
    changed = Counter({("invoices", "acme", 101): 1, ("ledger", "acme", 100): 2})
    found = compare(IN_PEACE, changed)
    assert len(found.lost) == len(found.doubled) == 1


class TestThePlan:
    def test_repeats_for_a_seed(self):
        assert plan(30, 7) == plan(30, 7)
        assert plan(30, 7) != plan(30, 8)

    def test_of_sixty_holds_every_fault(self):
        planned = {each.fault for each in plan(60, 7)}
        assert planned == {*BASIC, *KILLS, *OTHERS}

    def test_of_sixty_has_each_lasting_fault_for_a_minute_within_three_seeds(self):
        planned = [each for seed in (4, 5, 6) for each in plan(60, seed) if each.is_long]
        assert {each.fault for each in planned} == set(LASTING)
        assert len(planned) == len(LASTING)
        assert all(each.seconds > 60 for each in planned)

    def test_of_eight_has_none_that_lasts_a_minute(self):
        assert not any(each.is_long for each in plan(8, 7))
