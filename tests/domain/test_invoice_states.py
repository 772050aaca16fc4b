"""Which action is for which state, what Stripe's status moves, and how a refusal is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.states import (
    ACTIONS,
    refusal,
    refusal_detail,
    state_after_stripe,
)
from shared.auth.actors import Actor
from shared.contracts.invoicing import Refusal
from shared.vocabulary.invoice_causes import RefusalCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import Role

CLARA = Actor("clara", Role.BILLING_CLERK)
BRUNO = Actor("bruno", Role.BILLING_APPROVER)


class TestStripesStatus:
    @given(statuses=st.lists(st.sampled_from(["draft", "open", "paid", "void", "uncollectible"])))
    def test_moves_an_invoice_forward_only_in_whatever_order_events_come(self, statuses):
        rank = {"issuing": 0, "issued": 1, "overdue": 2, "uncollectible": 3, "paid": 4, "void": 4}
        state = State.ISSUING
        for status in statuses:
            moved = state_after_stripe(state, status) or state
            assert rank[moved] >= rank[state]
            state = moved
        assert ("paid" in statuses or "void" in statuses) == (state in {"paid", "void"})

    @pytest.mark.parametrize("end", [State.PAID, State.VOID])
    @pytest.mark.parametrize("status", ["open", "paid", "void", "uncollectible"])
    def test_moves_nothing_that_has_come_to_its_end(self, end, status):
        assert state_after_stripe(end, status) is None

    def test_that_is_ours_already_is_no_news(self):
        assert state_after_stripe(State.ISSUED, "open") is None

    def test_says_nothing_about_a_draft_of_ours(self):
        assert state_after_stripe(State.DRAFT, "paid") is None


@given(state=st.sampled_from(State), action=st.sampled_from(sorted(ACTIONS)))
def test_every_action_is_allowed_in_its_states_and_refused_elsewhere(state, action):
    wanted = ACTIONS[action]
    assert (refusal(wanted, state=state) is None) == (state in wanted.sources)


@pytest.mark.parametrize(
    ("action", "sources"),
    [
        ("submit", {"draft"}),
        ("return", {"in_review", "approved"}),
        ("approve", {"in_review"}),
        ("issue", {"approved"}),
        ("park", {"draft", "in_review", "approved"}),
        ("discard", {"draft", "in_review", "approved", "parked"}),
        ("release", {"parked"}),
    ],
)
def test_an_action_is_for_these_states(action, sources):
    assert ACTIONS[action].sources == sources


def test_nobody_can_act_on_what_was_issued():
    issued = {State.ISSUED, State.PAID, State.OVERDUE, State.VOID, State.UNCOLLECTIBLE}
    assert all(not action.sources & issued for action in ACTIONS.values())


@pytest.mark.parametrize(
    ("action", "state", "actor", "reason", "detail"),
    [
        ("submit", State.PAID, CLARA, "", "It is paid; submit needs draft."),
        ("return", State.DRAFT, CLARA, "", "It is draft; return needs approved or in_review."),
        (
            "approve",
            State.IN_REVIEW,
            CLARA,
            "",
            "Your role may not approve; billing_approver may.",
        ),
        (
            "approve",
            State.IN_REVIEW,
            BRUNO,
            "",
            "A second person has to approve: you did the step before.",
        ),
        ("park", State.DRAFT, CLARA, " ", "park needs a reason."),
    ],
)
def test_a_refusal_says_what_would_be_needed(action, state, actor, reason, detail):
    refused = refusal(ACTIONS[action], state=state, actor=actor, doers=["bruno"], reason=reason)
    assert refusal_detail(action, refused) == detail


@pytest.mark.parametrize("name", ["Bruno", " bruno", "\uff42runo"])
def test_case_and_width_of_a_name_make_no_second_person(name):
    given = {"state": State.IN_REVIEW, "actor": BRUNO}
    assert refusal(ACTIONS["approve"], doers=[name], **given).code == RefusalCode.SECOND_PERSON


def test_nothing_is_refused_of_who_may_and_gives_a_reason():
    given = {"state": State.DRAFT, "actor": CLARA, "doers": ["bruno"], "reason": "wrong address"}
    assert refusal(ACTIONS["park"], **given) is None


def test_a_refusal_for_want_of_a_key_says_what_to_set():
    detail = refusal_detail("issue", Refusal(RefusalCode.NO_STRIPE_KEY, State.APPROVED))
    assert detail == "Nothing can be issued: TRUEBACK_STRIPE_API_KEY is not set."


def test_a_refusal_of_what_is_no_action_says_so():
    detail = refusal_detail("frame", Refusal("action", State.DRAFT))
    assert detail == "'frame' is nothing that can be done to an invoice."
