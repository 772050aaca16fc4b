"""The words of the ledger, and of a customer's account."""

from enum import StrEnum


class LedgerStep(StrEnum):
    """What of an invoice was booked: a document of the ledger is called `invoice:step`."""

    ISSUED = "issued"
    BALANCE = "balance"
    PAID = "paid"
    OVERPAID = "overpaid"
    WRITTEN_OFF = "written-off"


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class AccountEvent(StrEnum):
    """What happened on a customer's account; the first five are of the ledger's steps.

    `refunded` and `transferred`: what a credit note gave was paid back, by Stripe or by the bank.
    """

    ISSUED = LedgerStep.ISSUED
    BALANCE = LedgerStep.BALANCE
    PAID = LedgerStep.PAID
    OVERPAID = LedgerStep.OVERPAID
    WRITTEN_OFF = LedgerStep.WRITTEN_OFF
    VOID = "void"
    REFUNDED = "refunded"
    TRANSFERRED = "transferred"
