from services.portal.domain.audit_words import ACTIONS, OUTCOMES, action_label
from shared.vocabulary.audit import AuditAction, AuditOutcome


def test_every_action_and_outcome_has_words():
    assert set(ACTIONS) == {*AuditAction}
    assert set(OUTCOMES) == {*AuditOutcome}
    assert action_label(AuditAction.SIGNED_IN) == "Sign-in"


def test_an_action_of_a_later_release_is_shown_by_its_code():
    assert action_label("moon.landed") == "moon.landed"
