"""What the portal says about actions on a credit note; invoicing alone decides about them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from services.portal.domain.invoice_actions import ShownAction
from services.portal.domain.invoice_words import refusal_words
from shared.auth.actors import Actor
from shared.vocabulary.invoice_causes import RefusalCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import APPROVERS, BILLING, Role

_APPROVE: Final = ShownAction(
    name="approve",
    label="Approve and issue",
    tone="primary",
    effect="It goes to Stripe at once.",
    needs_reason=False,
    needs_confirmation=True,
)
_PARK: Final = ShownAction(
    name="park",
    label="Put on hold",
    tone="",
    effect="",
    needs_reason=True,
    needs_confirmation=False,
)
_RELEASE: Final = ShownAction(
    name="release",
    label="Release to review",
    tone="primary",
    effect="An approver approves it then.",
    needs_reason=True,
    needs_confirmation=False,
)
_LET_GO_ON: Final = ShownAction(
    name="release",
    label="Let it go on the next invoice",
    tone="primary",
    effect="It is looked at once more with that invoice.",
    needs_reason=True,
    needs_confirmation=False,
)
_BY_STATE: Final[Mapping[str, tuple[tuple[ShownAction, tuple[Role, ...]], ...]]] = {
    State.IN_REVIEW: ((_APPROVE, APPROVERS), (_PARK, BILLING)),
    State.APPROVED: ((_PARK, BILLING),),
    State.PARKED: ((_RELEASE, APPROVERS),),
}
NOTE_ACTIONS: Final = frozenset({_APPROVE.name, _PARK.name, _RELEASE.name})
IRREVERSIBLE: Final = frozenset({_APPROVE.name})


def note_actions(state: str, actor: Actor) -> list[ShownAction]:
    """What this person may do, and why not what is for somebody else; nothing for other roles."""
    if actor.role not in BILLING:
        return []
    return [
        action if actor.role in roles else _refused(action, roles)
        for action, roles in _BY_STATE.get(state, ())
    ]


def debit_actions(state: str, actor: Actor) -> list[ShownAction]:
    """Of one that waits for the next invoice; with an invoice it is acted on there."""
    if actor.role not in BILLING or state != State.PARKED:
        return []
    return [_LET_GO_ON if actor.role in APPROVERS else _refused(_LET_GO_ON, APPROVERS)]


def _refused(action: ShownAction, roles: tuple[Role, ...]) -> ShownAction:
    words = refusal_words({"code": RefusalCode.ROLE, "needed": list(roles)})
    return replace(action, allowed=False, reason=words)
