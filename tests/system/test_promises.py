"""The comparison of two runs sees what is missing and what is there twice."""

from collections import Counter

from tests.system.chaos import plan
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
        names = [fault.name for fault in plan(30, 7)]
        assert names == [fault.name for fault in plan(30, 7)]
        assert names != [fault.name for fault in plan(30, 8)]

    def test_holds_every_kind_of_harm(self):
        names = {fault.name for fault in plan(30, 7)}
        assert {"postgres immediate stop", "kill -9 valkey", "FLUSHALL"} <= names
        for kind in ("web", "bus", "worker", "runner"):
            assert any(name.startswith("kill -9") and name.endswith(kind) for name in names)
