"""What the portal says about actions on a credit note; invoicing alone decides about them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from services.portal.domain.invoice_actions import ShownAction
from services.portal.domain.invoice_words import refusal_words
from shared.auth.actors import Actor, is_same_person
from shared.vocabulary.corrections import NoteKind
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
_DISCARD: Final = ShownAction(
    name="discard",
    label="Discard",
    tone="danger",
    effect="Nothing is given.",
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
# What a person gives is also taken back by one; a restated month's by its next close.
GIVEN_ACTIONS: Final = NOTE_ACTIONS | {_DISCARD.name}
_FOR_A_SECOND_PERSON: Final = frozenset({_APPROVE.name, _RELEASE.name})
IRREVERSIBLE: Final = frozenset({_APPROVE.name})


def note_actions(state: str, actor: Actor) -> list[ShownAction]:
    """What this person may do, and why not what is for somebody else; nothing for other roles."""
    if actor.role not in BILLING:
        return []
    return [
        action if actor.role in roles else _refused(action, roles)
        for action, roles in _BY_STATE.get(state, ())
    ]


def given_actions(note: Mapping[str, Any], actor: Actor) -> list[ShownAction]:
    """Of a credit note on its invoice's page; its next step is not for whoever did the one before.

    Nothing of what a restated month made: it is acted on with its close.
    """
    if note["kind"] != NoteKind.COMMERCIAL or actor.role not in BILLING:
        return []
    shown = note_actions(note["state"], actor)
    is_own = any(is_same_person(name, actor.name) for name in note["not_by"])
    actions = [
        _second_person(action) if is_own and action.name in _FOR_A_SECOND_PERSON else action
        for action in shown
    ]
    return [*actions, _DISCARD] if shown else []


def _second_person(action: ShownAction) -> ShownAction:
    if not action.allowed:
        return action
    words = refusal_words({"code": RefusalCode.SECOND_PERSON})
    return replace(action, allowed=False, reason=words)


def debit_actions(state: str, actor: Actor) -> list[ShownAction]:
    """Of one that waits for the next invoice; with an invoice it is acted on there."""
    if actor.role not in BILLING or state != State.PARKED:
        return []
    return [_LET_GO_ON if actor.role in APPROVERS else _refused(_LET_GO_ON, APPROVERS)]


def _refused(action: ShownAction, roles: tuple[Role, ...]) -> ShownAction:
    words = refusal_words({"code": RefusalCode.ROLE, "needed": list(roles)})
    return replace(action, allowed=False, reason=words)
