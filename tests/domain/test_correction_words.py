"""What a restated month does to an account, as billing people read it."""

from decimal import Decimal

import pytest

from services.portal.domain.correction_actions import note_actions
from services.portal.domain.correction_words import (
    cause_labels,
    held_for,
    line_words,
    place_words,
    restated_words,
    stopped_words,
    waits_for,
    waived_words,
)
from services.portal.domain.figures import sums_by_currency
from shared.auth.actors import Actor
from shared.money import Money
from shared.vocabulary.account_states import StopCode
from shared.vocabulary.corrections import WaivedWhy
from shared.vocabulary.invoice_states import State
from shared.vocabulary.revision_causes import RevisionCause
from shared.vocabulary.roles import Role

CLERK, APPROVER = Actor("clara", Role.BILLING_CLERK), Actor("bruno", Role.BILLING_APPROVER)


def cause(code, **figures):
    return {"code": code, "figures": figures, "differences": [], "text": ""}


def document(state="in_review", **changed):
    fields = {"kind": "credit_note", "state": state, "on_period": "", "on_kind": ""}
    places = dict.fromkeys(("remaining", "balance", "refund", "out_of_band"), "0.00")
    given = {"expected": None, "parked_for": [], "refund_failed": "0.00"}
    return {**fields, **places, **given, **changed}


class TestACause:
    @pytest.mark.parametrize("code", [*RevisionCause, "terms"])
    def test_has_words_of_its_own(self, code):
        assert cause_labels([code]) not in {"", "of tomorrow"}

    def test_of_a_later_release_is_shown_by_its_code(self):
        assert cause_labels(["bill", "of_tomorrow"]) == "bill, of tomorrow"

    @pytest.mark.parametrize(
        ("causes", "words"),
        [
            (["bill"], "AWS restated October"),
            (["bill", "correction"], "AWS restated October"),
            (["correction"], "AWS corrected October in a later bill"),
            (["signals"], "Late usage data restated October"),
            (["rules"], "Our rules restated October"),
            (["bill", "signals"], "October was restated"),
            ([], "October was restated"),
        ],
    )
    def test_begins_the_sentence_about_the_month(self, causes, words):
        assert restated_words(causes, "October") == words


class TestWhatIsNotOnADocument:
    @pytest.mark.parametrize("why", WaivedWhy)
    def test_says_why_in_words(self, why):
        assert waived_words(why) != why.replace("_", " ")

    def test_for_a_reason_of_a_later_release_says_its_name(self):
        assert waived_words("of_tomorrow") == "of tomorrow"

    @pytest.mark.parametrize("code", StopCode)
    def test_of_a_stopped_account_says_that_nothing_goes_by_itself(self, code):
        assert "nothing is corrected by itself" in stopped_words(cause(code))

    def test_stopped_for_something_else_is_worded_as_elsewhere(self):
        assert stopped_words(cause("of_tomorrow")) == "Of tomorrow."
        assert stopped_words(None) == "Nothing is corrected by itself until somebody says so."


class TestADocument:
    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("in_review", "an approver"),
            ("issuing", "Stripe"),
            ("waiting", "the next invoice"),
            ("issued", ""),
        ],
    )
    def test_says_what_it_waits_for(self, state, words):
        assert waits_for(document(state)) == words

    @pytest.mark.parametrize(("state", "words"), [("draft", "the invoice that"), ("paid", "")])
    def test_on_another_months_invoice_waits_for_that(self, state, words):
        line = document(state, kind="debit", on_period="2026-11", on_kind="standard")
        assert waits_for(line).startswith(words)
        assert bool(waits_for(line)) == bool(words)

    def test_of_its_own_waits_for_an_approver(self):
        own = document(kind="debit", on_period="2026-10", on_kind="supplementary")
        assert waits_for(own) == "an approver"

    def test_says_why_it_is_held(self):
        held = document("parked", parked_for=[cause("large_correction", percent="31.2")])
        assert held_for(held) == ["It corrects 31.2 % of the first invoice."]

    def test_says_where_its_money_is(self):
        issued = document("issued", remaining="31.69", balance="28.61")
        assert place_words(issued, "USD", is_issued=True) == [
            (Money(Decimal("31.69"), "USD"), "is off what is still to pay"),
            (Money(Decimal("28.61"), "USD"), "is on the balance"),
        ]

    def test_says_what_the_bank_has_sent_back(self):
        issued = document("issued", refund="60.30", refund_failed="60.30")
        assert [words for _, words in place_words(issued, "USD", is_issued=True)] == [
            "is refunded",
            "of the refund came back from the bank",
        ]

    def test_says_where_its_money_would_go(self):
        expected = {"remaining": "0.00", "balance": "0.00", "refund": "9", "out_of_band": "0.00"}
        [(amount, words)] = place_words(expected, "USD", is_issued=False)
        assert (amount.amount, words) == (Decimal(9), "is refunded to the card")

    @pytest.mark.parametrize(
        ("group", "tenants", "words"),
        [
            ("Compute", ["acme"], "Cloud usage: Compute"),
            ("pool:nat", ["acme", "labs"], "Cloud usage: Shared NAT (acme)"),
            ("", ["acme"], "Cloud usage"),
        ],
    )
    def test_names_its_lines(self, group, tenants, words):
        line = {"component": "Cloud usage", "charge_group": group, "tenant": "acme"}
        assert line_words(line, tenants) == words


class TestActionsOnANote:
    @pytest.mark.parametrize(
        ("state", "actor", "allowed", "refused"),
        [
            (State.IN_REVIEW, APPROVER, ["approve", "park"], []),
            (State.IN_REVIEW, CLERK, ["park"], ["approve"]),
            (State.PARKED, CLERK, [], ["release"]),
            (State.PARKED, APPROVER, ["release"], []),
            (State.APPROVED, CLERK, ["park"], []),
            (State.ISSUED, APPROVER, [], []),
            (State.IN_REVIEW, Actor("vic", Role.OPERATOR_VIEWER), [], []),
        ],
    )
    def test_are_those_of_the_state_and_the_role(self, state, actor, allowed, refused):
        found = note_actions(state, actor)
        assert [one.name for one in found if one.allowed] == allowed
        assert [one.name for one in found if not one.allowed] == refused

    def test_say_whom_they_need(self):
        [approve] = [one for one in note_actions(State.IN_REVIEW, CLERK) if not one.allowed]
        assert approve.reason == "It needs the role billing approver."


def test_sums_never_add_currencies():
    amounts = [("USD", Decimal(1)), ("EUR", Decimal(2)), ("USD", Decimal(3))]
    assert sums_by_currency(amounts) == [Money(Decimal(2), "EUR"), Money(Decimal(4), "USD")]
