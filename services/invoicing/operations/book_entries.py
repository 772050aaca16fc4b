from collections import defaultdict
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


def book_written_off(invoice: Invoice) -> None:
    total = Money.from_minor(invoice.total_minor, invoice.currency).amount
    _book(invoice, f"{invoice.invoice_id}:written-off", {"write_off": total, "receivable": -total})


def book_void(invoice: Invoice) -> None:
    """Takes back what the issue has booked, and a write-off that came between."""
    before = LedgerEntry.objects.filter(document__startswith=f"{invoice.invoice_id}:")
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for entry in before:
        amounts[entry.account] -= entry.amount
    _book(invoice, f"{invoice.invoice_id}:void", amounts)


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
