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
