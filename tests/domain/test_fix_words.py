"""Fix this invoice, as a clerk reads it: each wrong and each route in words."""

import pytest

from services.portal.domain.correction_actions import given_actions
from services.portal.domain.fix_words import (
    given_words,
    nothing_to_fix,
    route_words,
    wrong_words,
)
from shared.auth.actors import Actor
from shared.vocabulary.corrections import GivenFor
from shared.vocabulary.fixes import FixRoute, Wrong
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import Role

CLARA, BRUNO = Actor("clara", Role.BILLING_CLERK), Actor("bruno", Role.BILLING_APPROVER)


def note(state=State.IN_REVIEW, *not_by, kind="commercial", given_for="goodwill"):
    return {"kind": kind, "given_for": given_for, "state": state, "not_by": list(not_by)}


def actions(given, actor):
    return {one.name: one.allowed for one in given_actions(given, actor)}


class TestWords:
    def test_are_there_of_all_that_can_be_wrong_and_of_each_route(self):
        assert len({wrong_words(one) for one in Wrong}) == len(Wrong)
        assert len({route_words(one) for one in FixRoute}) == len(FixRoute)
        assert all(route_words(one).effect for one in FixRoute)

    def test_of_what_is_newer_than_the_page_are_its_name(self):
        assert wrong_words("too_late") == "Too late"
        assert route_words("send_again").label == "Send again"

    def test_tell_what_a_person_gives_from_what_a_month_makes(self):
        assert given_words(note(given_for=GivenFor.WRITE_OFF)) == "Write-off"
        assert given_words(note(given_for="")) == "Credit note made at Stripe by hand"
        assert given_words(note(kind="true_up")) == "Correction of a restated month"

    def test_say_why_there_is_no_route(self):
        assert "discard it, on its own page" in nothing_to_fix(State.DRAFT)
        assert "Nothing of it is left to credit" in nothing_to_fix(State.VOID)


class TestActionsOnWhatIsGiven:
    def test_are_for_a_second_person_of_the_role(self):
        assert actions(note(State.IN_REVIEW, "clara"), BRUNO) == {
            "approve": True,
            "park": True,
            "discard": True,
        }
        assert actions(note(State.IN_REVIEW, "clara"), CLARA) == {
            "approve": False,
            "park": True,
            "discard": True,
        }

    def test_say_to_an_approver_that_he_gave_it_himself(self):
        [approve] = [
            one
            for one in given_actions(note(State.IN_REVIEW, "Bruno"), BRUNO)
            if one.name == "approve"
        ]
        assert not approve.allowed
        assert "A second person has to do it" in approve.reason

    def test_are_none_of_what_a_month_makes_or_is_issued_or_for_others(self):
        assert not given_actions(note(kind="true_up"), BRUNO)
        assert not given_actions(note(State.ISSUED), BRUNO)
        assert not given_actions(note(), Actor("olivia", Role.OPERATOR_ADMIN))

    @pytest.mark.parametrize(("who", "may"), [("bruno", False), ("clara", True)])
    def test_release_is_not_for_who_put_it_on_hold(self, who, may):
        assert actions(note(State.PARKED, who), BRUNO)["release"] is may
