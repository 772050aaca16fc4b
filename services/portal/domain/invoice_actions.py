"""What the portal says about actions on an invoice; invoicing alone decides about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from services.portal.domain.invoice_words import refusal_words
from shared.auth.actors import Actor, is_same_person
from shared.vocabulary.invoice_causes import RefusalCode
from shared.vocabulary.invoice_states import FINISHED_STATES, State


@dataclass(frozen=True)
class Wording:
    label: str
    tone: Literal["primary", "danger", ""] = ""
    effect: str = ""


ISSUE: Final = "issue"
WORDINGS: Final[Mapping[str, Wording]] = {
    "submit": Wording("Send to review", "primary", "An approver looks at it next."),
    "approve": Wording("Approve", "primary", "Fixes the amount before tax. Nothing is sent yet."),
    ISSUE: Wording(
        "Issue through Stripe", "primary", "Stripe numbers it and sends it to the customer."
    ),
    "release": Wording("Release to draft", "primary"),
    "return": Wording("Return to draft"),
    "park": Wording("Put on hold"),
    "discard": Wording("Discard", "danger", "It is voided, and a new draft is made."),
}
# What nobody can take back: it is confirmed before it is done.
IRREVERSIBLE: Final = frozenset({ISSUE})
# What moves an invoice forward, by the state that it waits in.
FORWARD: Final[Mapping[str, str]] = {
    State.DRAFT: "submit",
    State.IN_REVIEW: "approve",
    State.APPROVED: ISSUE,
    State.PARKED: "release",
}
# Steps that are still to come in a state: why they can't be taken now is worth saying.
_AHEAD: Final[Mapping[str, frozenset[str]]] = {
    State.DRAFT: frozenset({"approve", ISSUE}),
    State.IN_REVIEW: frozenset({ISSUE}),
    State.PARKED: frozenset({"approve", ISSUE}),
}


_NEXT_STEPS: Final[Mapping[str, str]] = {
    State.DRAFT: "send to review",
    State.IN_REVIEW: "waits for an approver",
    State.APPROVED: "issue",
    State.ISSUING: "Stripe is asked",
    State.ISSUED: "the customer pays",
    State.OVERDUE: "remind the customer",
    State.PARKED: "look at it, then release",
}
_NOTHING: Final = "nothing is left to do"


@dataclass(frozen=True)
class ShownAction:
    """`needs_confirmation` is for what nobody can take back."""

    name: str
    label: str
    tone: str
    effect: str
    needs_reason: bool
    needs_confirmation: bool
    allowed: bool = True
    reason: str = ""


def next_step(state: str, restated_by: Decimal | None) -> str:
    """The one thing to do next, in the same words wherever it stands."""
    if not restated_by or state in {State.ISSUING, State.VOID}:
        return _NEXT_STEPS.get(state, _NOTHING)
    if state not in FINISHED_STATES:
        return "look at the restatement: go on, or discard it"
    return "the next close of the month corrects it"


def shown_actions(
    actions: Sequence[Mapping[str, Any]], *, state: str, actor: Actor, issue_refusal: str = ""
) -> list[ShownAction]:
    """What this person may do, and why not what is still ahead or is for somebody else.

    `issue_refusal` says why nothing at all can be issued, empty where it can.

    In the order of WORDINGS; nothing for those whose role never acts on invoices.
    """
    if not any(actor.role in action["roles"] for action in actions):
        return []
    known = {action["name"]: action for action in actions}
    return [
        _shown(known[name], wording, _refusal(known[name], actor, issue_refusal))
        for name, wording in WORDINGS.items()
        if name in known and (not known[name]["refused"] or name in _AHEAD.get(state, frozenset()))
    ]


def _shown(action: Mapping[str, Any], wording: Wording, refused: str) -> ShownAction:
    return ShownAction(
        name=action["name"],
        label=wording.label,
        tone=wording.tone,
        effect=wording.effect,
        needs_reason=action["needs_reason"],
        needs_confirmation=action["name"] in IRREVERSIBLE,
        allowed=not refused,
        reason=refused,
    )


def _refusal(action: Mapping[str, Any], actor: Actor, issue_refusal: str) -> str:
    if action["refused"]:
        return refusal_words(action["refused"])
    if actor.role not in action["roles"]:
        return refusal_words({"code": RefusalCode.ROLE, "needed": action["roles"]})
    if any(is_same_person(name, actor.name) for name in action["not_by"]):
        return refusal_words({"code": RefusalCode.SECOND_PERSON})
    return issue_refusal if action["name"] == ISSUE else ""
