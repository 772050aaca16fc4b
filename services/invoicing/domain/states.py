"""Who may move an invoice from which state: the whole policy on one screen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.auth.actors import Actor, is_same_person
from shared.contracts.invoicing import Refusal
from shared.vocabulary.invoice_causes import RefusalCode
from shared.vocabulary.invoice_states import State, StripeStatus
from shared.vocabulary.roles import APPROVERS, BILLING, Role


@dataclass(frozen=True)
class Action:
    """`needs_other_than` names the action whose doer may not do this one too (four eyes)."""

    name: str
    sources: frozenset[State]
    target: State | None
    roles: tuple[Role, ...]
    needs_reason: bool = False
    needs_other_than: State | None = None


ACTIONS: Final[dict[str, Action]] = {
    action.name: action
    for action in (
        Action("submit", frozenset({State.DRAFT}), State.IN_REVIEW, BILLING),
        Action(
            "return",
            frozenset({State.IN_REVIEW, State.APPROVED}),
            State.DRAFT,
            BILLING,
            needs_reason=True,
        ),
        Action(
            "approve",
            frozenset({State.IN_REVIEW}),
            State.APPROVED,
            APPROVERS,
            needs_other_than=State.IN_REVIEW,
        ),
        Action("issue", frozenset({State.APPROVED}), State.ISSUING, BILLING),
        Action(
            "park",
            frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED}),
            State.PARKED,
            BILLING,
            needs_reason=True,
        ),
        Action(
            "discard",
            frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED, State.PARKED}),
            State.VOID,
            APPROVERS,
            needs_reason=True,
        ),
        Action(
            "release",
            frozenset({State.PARKED}),
            State.DRAFT,
            APPROVERS,
            needs_reason=True,
            needs_other_than=State.PARKED,
        ),
    )
}

# Of a credit note of true-up: what is approved goes out by itself, and nothing is discarded, since
# the next close says what is right.
NOTE_ACTIONS: Final[dict[str, Action]] = {
    action.name: action
    for action in (
        Action(
            "approve",
            frozenset({State.IN_REVIEW}),
            State.APPROVED,
            APPROVERS,
            needs_other_than=State.IN_REVIEW,
        ),
        Action(
            "park",
            frozenset({State.IN_REVIEW, State.APPROVED}),
            State.PARKED,
            BILLING,
            needs_reason=True,
        ),
        Action(
            "release",
            frozenset({State.PARKED}),
            State.IN_REVIEW,
            APPROVERS,
            needs_reason=True,
            needs_other_than=State.PARKED,
        ),
    )
}

# What a person gives is no close's to take back.
COMMERCIAL_ACTIONS: Final[dict[str, Action]] = {
    **NOTE_ACTIONS,
    "discard": Action(
        "discard",
        frozenset({State.IN_REVIEW, State.APPROVED, State.PARKED}),
        State.VOID,
        BILLING,
        needs_reason=True,
    ),
}

# What Stripe's status means for ours; later states never go back (a late webhook is no news).
_FROM_STRIPE: Final[Mapping[str, State]] = {
    StripeStatus.OPEN: State.ISSUED,
    StripeStatus.PAID: State.PAID,
    StripeStatus.VOID: State.VOID,
    StripeStatus.UNCOLLECTIBLE: State.UNCOLLECTIBLE,
}
# How far an issued invoice has come: paid and void are both ends.
_RANK: Final = {
    State.ISSUING: 0,
    State.ISSUED: 1,
    State.OVERDUE: 2,
    State.UNCOLLECTIBLE: 3,
    State.PAID: 4,
    State.VOID: 4,
}


def state_after_stripe(current: State, stripe_status: str) -> State | None:
    """The state that Stripe's status moves an issued invoice to; None where it moves nothing."""
    target = _FROM_STRIPE.get(stripe_status)
    if target is None or current not in _RANK or _RANK[target] <= _RANK[current]:
        return None
    return target


def refusal(
    action: Action,
    *,
    state: State,
    actor: Actor | None = None,
    doers: Iterable[str] = (),
    reason: str | None = None,
) -> Refusal | None:
    """Why the action is refused, None if it is not; without an actor only the state is judged.

    `doers` are the people who brought the invoice into `action.needs_other_than`.
    """
    if state not in action.sources:
        return Refusal(
            RefusalCode.STATE, state.value, sorted(source.value for source in action.sources)
        )
    if actor is not None and actor.role not in action.roles:
        return Refusal(RefusalCode.ROLE, state.value, list(action.roles))
    if actor is not None and any(is_same_person(name, actor.name) for name in doers):
        return Refusal(RefusalCode.SECOND_PERSON, state.value)
    if reason is not None and action.needs_reason and not reason.strip():
        return Refusal(RefusalCode.REASON, state.value)
    return None


def refusal_detail(action: str, refused: Refusal) -> str:
    """For who calls the API; a service that shows it words it for its own readers."""
    needed = " or ".join(refused.needed)
    match refused.code:
        case RefusalCode.STATE:
            return f"It is {refused.state}; {action} needs {needed}."
        case RefusalCode.ROLE:
            return f"Your role may not {action}; {needed} may."
        case RefusalCode.SECOND_PERSON:
            return f"A second person has to {action}: you did the step before."
        case RefusalCode.REASON:
            return f"{action} needs a reason."
        case RefusalCode.NO_STRIPE_KEY:
            return "Nothing can be issued: TRUEBACK_STRIPE_API_KEY is not set."
        case _:
            return f"{action!r} is nothing that can be done to an invoice."
