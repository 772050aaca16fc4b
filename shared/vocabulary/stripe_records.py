"""Stripe's words for what belongs to an invoice; its own status is in invoice_states."""

from enum import StrEnum


class NoteStatus(StrEnum):
    """Of a credit note: there are no drafts."""

    ISSUED = "issued"
    VOID = "void"


class PaymentStatus(StrEnum):
    """Of a payment of an invoice: `open` is its default one also where nobody pays."""

    OPEN = "open"
    PAID = "paid"
    CANCELED = "canceled"
