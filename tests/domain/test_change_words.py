"""How a change that waits for a second person is written."""

import pytest

from services.portal.domain.change_words import (
    STATES,
    TITLES,
    differing,
    reach_words,
    refusal_words,
    value_words,
)
from shared.vocabulary.proposals import ProposalState, Proposed


class TestWords:
    def test_are_there_for_every_state_and_subject(self):
        assert STATES.keys() == {*ProposalState}
        assert TITLES.keys() == {*Proposed}

    @pytest.mark.parametrize(
        ("subject", "reach", "words"),
        [
            ("ruleset", {"tenants": 1}, "The cost of 1 tenant may move."),
            ("ruleset", {"tenants": 12}, "The cost of 12 tenants may move."),
            ("ruleset", {"tenants": None}, "The cost of any tenant may move."),
            (
                "period_ruleset",
                {"period": "2026-10", "tenants": 2, "reason": "Teams were mixed up."},
                "The cost of 2 tenants may move. Why: Teams were mixed up.",
            ),
            ("plans", {"customers": 2, "percent": "4.17"}, "moves a price by up to 4.17 %."),
            ("plans", {"customers": 2, "percent": "0.00"}, "no price that somebody pays today."),
            ("plans", {"customers": 1, "percent": None}, "1 customer, and their terms can't be"),
            ("plans", {}, "0 customers"),
        ],
    )
    def test_say_how_far_it_reaches(self, subject, reach, words):
        assert words in reach_words(subject, reach)

    def test_say_why_it_was_refused(self):
        words = refusal_words({"code": "not_waiting", "state": "outdated", "needed": ["waiting"]})
        assert words == "It is overtaken by another already. Nothing was done."
        assert "of_tomorrow" in refusal_words({"code": "not_waiting", "state": "of_tomorrow"})
        with pytest.raises(KeyError):
            refusal_words({"code": "of_tomorrow", "state": "waiting"})

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (
                [{"signal": "nat_bytes", "per": None}, {"even": True}],
                "signal: nat_bytes; even: yes",
            ),
            ({"days_until_due": 30, "is_it": False}, "days until due: 30, is it: no"),
            (
                [
                    {"kind": "cost_plus", "name": "Cloud usage", "percent": "32"},
                    {"kind": "flat_fee", "name": "Fee", "amount": "9.50", "every": "year"},
                    {"kind": "flat_fee", "name": "Fee", "amount": "9", "of": "tomorrow"},
                    {"kind": "of_tomorrow", "name": "Seats"},
                    {"kind": "cap", "amount": "1800", "of": "tomorrow"},
                    {"kind": "volume", "name": "Use", "on": "cost", "steps": [{"percent": "10"}]},
                ],
                (
                    "Cloud usage: cost plus 32%; Fee: 9.50 a year; Fee: 9 a month, of: tomorrow;"
                    " kind: of_tomorrow, name: Seats; At most 1800 a month, of: tomorrow;"
                    " Use: cost plus 10%"
                ),
            ),
            (None, ""),
            ([], ""),
        ],
    )
    def test_of_a_value_are_on_one_line(self, value, words):
        assert value_words(value) == words

    @pytest.mark.parametrize(
        ("before", "after", "shown"),
        [
            ([1, 2], [2, 3], ([1], [3])),
            ([1, 2], [1, 2, 3], ([], [3])),
            ([1, 2], [2, 1], ([1, 2], [2, 1])),
            ("one", ["two"], ("one", ["two"])),
            (None, None, (None, None)),
        ],
    )
    def test_of_lists_leave_out_what_stays(self, before, after, shown):
        assert differing(before, after) == shown
