"""The states of an invoice, Stripe's, and which of ours the customer sees."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ISSUING = "issuing"
    PARKED = "parked"
    ISSUED = "issued"
    PAID = "paid"
    OVERDUE = "overdue"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


class StripeStatus(StrEnum):
    """Of the invoice at Stripe."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


# Stripe has numbered it, and its terms are frozen. A draft that was discarded is void, too, but has
# no number: a customer sees these states, and of them only what is numbered.
ISSUED_STATES: Final = frozenset(
    {State.ISSUED, State.PAID, State.OVERDUE, State.UNCOLLECTIBLE, State.VOID}
)
# Nobody works on it any more: Stripe has it, or nobody will.
FINISHED_STATES: Final = ISSUED_STATES | {State.ISSUING}
# Before anything is asked of Stripe.
UNISSUED_STATES: Final = frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED, State.PARKED})
STATES_TO_PAY: Final = frozenset({State.ISSUED, State.OVERDUE})


def is_shown_to_customer(state: str, number: str) -> bool:
    return state in ISSUED_STATES and bool(number)
