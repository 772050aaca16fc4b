"""What the portal says about actions on an invoice; invoicing alone decides about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.auth.actors import Actor

FINISHED: Final = frozenset({"issuing", "issued", "paid", "overdue", "uncollectible", "void"})


@dataclass(frozen=True)
class Wording:
    label: str
    tone: Literal["primary", "danger", ""] = ""
    effect: str = ""
    needs_reason: bool = False


WORDINGS: Final[Mapping[str, Wording]] = {
    "submit": Wording("Send to review", "primary", "An approver looks at it next."),
    "approve": Wording("Approve", "primary", "Fixes the amount before tax. Nothing is sent yet."),
    "issue": Wording(
        "Issue through Stripe", "primary", "Stripe numbers it and sends it to the customer."
    ),
    "release": Wording("Release to draft", "primary", needs_reason=True),
    "return": Wording("Return to draft", needs_reason=True),
    "park": Wording("Park", needs_reason=True),
}
# What moves an invoice forward, by the state that it waits in.
FORWARD: Final[Mapping[str, str]] = {
    "draft": "submit",
    "in_review": "approve",
    "approved": "issue",
    "parked": "release",
}


@dataclass(frozen=True)
class ShownAction:
    name: str
    label: str
    tone: str
    effect: str
    needs_reason: bool
    allowed: bool
    reason: str


def shown_actions(actions: Sequence[Mapping[str, Any]], actor: Actor) -> list[ShownAction]:
    """In the order of WORDINGS; `reason` is the sentence why an action is refused, else empty."""
    known = {action["name"]: action for action in actions}
    return [
        _shown(name, wording, _refusal(known[name], actor))
        for name, wording in WORDINGS.items()
        if name in known
    ]


def _shown(name: str, wording: Wording, refused: str) -> ShownAction:
    return ShownAction(
        name=name,
        label=wording.label,
        tone=wording.tone,
        effect=wording.effect,
        needs_reason=wording.needs_reason,
        allowed=not refused,
        reason=refused,
    )


def _refusal(action: Mapping[str, Any], actor: Actor) -> str:
    if action["refused"]:
        return str(action["refused"]).replace("_", " ")
    if actor.role not in action["roles"]:
        return f"It needs the role {' or '.join(action['roles'])}.".replace("_", " ")
    if actor.name in action["not_by"]:
        return "A second person has to do it: you did the step before."
    return ""
