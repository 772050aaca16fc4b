from decimal import Decimal

import pytest

from services.portal.domain.explanation import explained
from services.portal.domain.invoice_actions import next_step, shown_actions
from shared.auth.actors import Actor
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import Role

NODE = {"bill_lines": {"count": 1, "amount": "4", "largest": [{"line": "1:4", "amount": "4"}]}}


def share(fraction):
    return {"share": {"fraction": fraction, "signals": [], "of": NODE}}


def test_a_node_behind_cpu_and_memory_counts_once():
    part = {"amount": "3", "evidence": {"total_of": [share("1/2"), share("1/4")]}}
    line = {"charge_group": "Compute", "method": "pod", "amount": "3", "parts": [part]}
    page = explained(
        {
            "amount": "3",
            "currency": "USD",
            "cost_measure": "EffectiveCost",
            "run": {"run_id": "run_1", "ruleset": "abc"},
            "lines": [line],
        }
    )
    (ground,) = page.whys[0].grounds
    assert (ground.cost.amount, ground.line_count, ground.ratio) == (4, 1, Decimal("0.75"))
    assert ground.parts[0].lines == ("1:4",)


def test_nothing_is_offered_to_those_who_never_act_on_invoices():
    actions = [{"name": "submit", "roles": [Role.BILLING_CLERK], "refused": None, "not_by": []}]
    assert shown_actions(actions, state="draft", actor=Actor("olivia", Role.OPERATOR_VIEWER)) == []


@pytest.mark.parametrize(
    ("state", "restated_by", "step"),
    [
        (State.DRAFT, 1, "look at the restatement: go on, or discard it"),
        (State.ISSUED, 1, "charge the difference with the customer's consent"),
        (State.PAID, -1, "credit the difference at Stripe"),
        (State.VOID, 1, "nothing is left to do"),
    ],
)
def test_a_restatement_has_a_next_step_of_its_own(state, restated_by, step):
    assert next_step(state, Decimal(restated_by)) == step
