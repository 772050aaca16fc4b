"""Stripe's words for what belongs to an invoice; its own status is in invoice_states."""

from enum import StrEnum
from typing import Final


class NoteStatus(StrEnum):
    """Of a credit note: there are no drafts."""

    ISSUED = "issued"
    VOID = "void"


class DisputeStatus(StrEnum):
    """Of a dispute. Those of a `warning` are questions of the bank: no money has moved."""

    WARNING_NEEDS_RESPONSE = "warning_needs_response"
    WARNING_UNDER_REVIEW = "warning_under_review"
    WARNING_CLOSED = "warning_closed"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    PREVENTED = "prevented"
    WON = "won"
    LOST = "lost"


# Nobody has decided yet.
DISPUTE_OPEN: Final = frozenset(
    {
        DisputeStatus.WARNING_NEEDS_RESPONSE,
        DisputeStatus.WARNING_UNDER_REVIEW,
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
    }
)
# The bank has taken the money, if only for now.
DISPUTE_TAKES: Final = frozenset(
    {
        DisputeStatus.NEEDS_RESPONSE,
        DisputeStatus.UNDER_REVIEW,
        DisputeStatus.WON,
        DisputeStatus.LOST,
    }
)


class RefundStatus(StrEnum):
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


# The money is ours again.
REFUND_CAME_BACK: Final = frozenset({RefundStatus.FAILED, RefundStatus.CANCELED})


class PaymentStatus(StrEnum):
    """Of a payment of an invoice: `open` is its default one also where nobody pays."""

    OPEN = "open"
    PAID = "paid"
    CANCELED = "canceled"
