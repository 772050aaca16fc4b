"""The legal routes of an issued invoice, and what they come to."""

from datetime import date

import pytest

from services.invoicing.domain.fixes import (
    Effect,
    Situation,
    credited,
    fits,
    positions,
    routes,
    where_it_goes,
    whole_credit,
)
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.domain.settlement import Account, BilledLine, Document
from shared.vocabulary.account_states import AccountChoice
from shared.vocabulary.fixes import FixRoute, Wrong
from shared.vocabulary.invoice_states import State
from shared.vocabulary.true_up import DownPaid


def situation(state=State.ISSUED, **fields):
    return Situation(
        **{
            "state": state,
            "remaining_minor": 1_000,
            "paid_minor": 0,
            "room": {1: 700, 2: 300},
            "rest_minor": 1_000,
            "down_paid": DownPaid.BALANCE,
            **fields,
        }
    )


def names(one):
    return [route.value for _, route in routes(one)]


class TestRoutes:
    @pytest.mark.parametrize("state", [State.ISSUED, State.OVERDUE])
    def test_of_what_is_to_pay_are_credits_and_a_write_off(self, state):
        assert names(situation(state)) == ["goodwill", "discount", "write_off", "void"]

    def test_of_what_is_paid_are_credits(self):
        assert names(situation(State.PAID, remaining_minor=0)) == ["goodwill", "discount"]

    @pytest.mark.parametrize("state", [State.DRAFT, State.ISSUING, State.UNCOLLECTIBLE])
    def test_are_none_where_stripe_takes_no_note(self, state):
        assert names(situation(state)) == []

    def test_are_none_where_all_is_given_back(self):
        assert names(situation(rest_minor=0, has_notes=True)) == []

    def test_leave_out_a_write_off_that_the_lines_have_no_room_for(self):
        assert names(situation(rest_minor=999, has_notes=True)) == ["goodwill", "discount"]

    def test_of_what_was_voided_are_those_of_its_account(self):
        choices = frozenset({AccountChoice.REISSUE, AccountChoice.LET_GO})
        assert names(situation(State.VOID, choices=choices)) == ["let_go", "reissue"]

    def test_of_a_stopped_account_are_told_beside_the_others(self):
        one = situation(State.PAID, remaining_minor=0, choices=frozenset({AccountChoice.RESUME}))
        assert names(one) == ["goodwill", "discount", "resume"]


class TestACredit:
    @pytest.mark.parametrize(
        ("lines", "there_is"),
        [
            ({1: 700, 2: 300}, True),
            ({1: 701}, False),
            ({3: 1}, False),
            ({1: 0}, False),
            ({}, True),
        ],
    )
    def test_fits_its_lines(self, lines, there_is):
        assert fits(lines, situation()) is there_is

    def test_fits_the_document(self):
        assert not fits({1: 700, 2: 300}, situation(rest_minor=999))

    @pytest.mark.parametrize(
        ("amount", "step", "parts"),
        [(1_000, 1, {1: 700, 2: 300}), (999, 1, {1: 699, 2: 300}), (100, 10, {1: 70, 2: 30})],
    )
    def test_of_the_whole_is_spread_by_room(self, amount, step, parts):
        assert whole_credit(situation(), amount, step) == parts

    def test_of_the_whole_leaves_out_what_has_no_room(self):
        one = situation(room={1: 700, 2: 0, 10: 300})
        assert whole_credit(one, 1, 1) == {1: 1}

    @pytest.mark.parametrize(
        ("down_paid", "effect"),
        [
            (DownPaid.BALANCE, Effect(400, balance_minor=200)),
            (DownPaid.REFUND, Effect(400, refund_minor=200)),
            (DownPaid.OUT_OF_BAND, Effect(400, out_of_band_minor=200)),
        ],
    )
    def test_goes_off_what_remains_and_then_by_the_policy(self, down_paid, effect):
        one = situation(remaining_minor=400, down_paid=down_paid)
        assert where_it_goes(600, one) == effect

    @pytest.mark.parametrize(
        ("changed", "is_voidable"),
        [
            ({}, True),
            ({"state": State.OVERDUE}, True),
            ({"state": State.PAID}, False),
            ({"state": State.UNCOLLECTIBLE}, False),
            ({"paid_minor": 1}, False),
            ({"remaining_minor": 0}, False),
            ({"has_notes": True}, False),
        ],
    )
    def test_is_to_void_it_where_nobody_has_paid_or_was_credited(self, changed, is_voidable):
        one = situation(**{"remaining_minor": 1_000, "paid_minor": 0, **changed})
        assert ((Wrong.NOT_TO_BE_SENT, FixRoute.VOID) in list(routes(one))) is is_voidable

    def test_is_named_by_its_places_as_a_note_keeps_them(self):
        places = where_it_goes(600, situation(remaining_minor=200)).by_place()
        assert places == {"remaining": 200, "balance": 400, "refund": 0, "out_of_band": 0}

    def test_of_a_line_named_twice_is_both(self):
        assert positions([(1, 5), (2, 1), (1, 5)]) == {1: 10, 2: 1}

    def test_lowers_the_room_of_its_document_and_never_what_was_billed(self):
        day = date(2026, 10, 1)
        key = LineKey("Cloud usage", "acme", "Compute", day, day)
        documents = [
            Document(name, [BilledLine(1, key, 700), BilledLine(2, key, 300)], 1_000)
            for name in ("inv_1", "inv_2")
        ]
        before = Account({key: 2_000}, 0, 2_000, documents)
        after = credited(before, "inv_2", {1: 100})
        assert (after.billed_minor, after.room_minor) == (2_000, 1_900)
        assert after.documents[0] == documents[0]
