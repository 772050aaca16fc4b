from collections.abc import Mapping
from decimal import Decimal

from services.invoicing.models import Invoice, LedgerEntry
from shared.money import Money


def book_issued(invoice: Invoice) -> None:
    """Receivable against revenue; what rounding the lines took or gave has its own account."""
    total = Money.from_minor(invoice.total_minor, invoice.currency).amount
    _book(
        invoice,
        f"{invoice.invoice_id}:issued",
        {
            "receivable": total,
            "revenue": -invoice.exact_total,
            "rounding": invoice.exact_total - total,
        },
    )


def book_paid(invoice: Invoice) -> None:
    total = Money.from_minor(invoice.total_minor, invoice.currency).amount
    _book(invoice, f"{invoice.invoice_id}:paid", {"cash": total, "receivable": -total})


def _book(invoice: Invoice, document: str, amounts: Mapping[str, Decimal]) -> None:
    """A document is booked once: its unique key refuses a second time."""
    if sum(amounts.values()) != 0:
        raise ValueError(f"the entries of {document} do not sum to zero")
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            customer_id=invoice.customer_id,
            document=document,
            account=account,
            currency=invoice.currency,
            amount=amount,
        )
        for account, amount in amounts.items()
        if amount
    )
