"""What the portal offers for a debit that is held; invoicing alone decides about it."""

import pytest

from services.portal.domain.correction_actions import debit_actions
from shared.auth.actors import Actor


@pytest.mark.parametrize(
    ("role", "state", "offered"),
    [
        ("billing_approver", "parked", [("release", True)]),
        ("billing_clerk", "parked", [("release", False)]),
        ("operator_viewer", "parked", []),
        ("billing_approver", "waiting", []),
    ],
)
def test_an_approver_alone_lets_a_held_debit_go_on(role, state, offered):
    actions = debit_actions(state, Actor("pat", role))
    assert [(action.name, action.allowed) for action in actions] == offered
