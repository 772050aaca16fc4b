"""What each account of the ledger comes to, and which document doesn't sum to zero."""

from typing import Any

from django.db.models import Sum

from services.invoicing.models import LedgerEntry
from shared.exact import shortened


def read_balances() -> list[dict[str, Any]]:
    """By customer, currency and account, in this order; amounts are decimals as text."""
    sums = (
        LedgerEntry.objects.values("customer_id", "currency", "account")
        .annotate(sum=Sum("amount"))
        .order_by("customer_id", "currency", "account")
    )
    return [
        {
            "customer": row["customer_id"],
            "currency": row["currency"],
            "account": row["account"],
            "balance": str(shortened(row["sum"])),
        }
        for row in sums
    ]


def unbalanced_documents() -> list[str]:
    """None, unless somebody has written past the operation that books."""
    sums = LedgerEntry.objects.values("document", "currency").annotate(sum=Sum("amount"))
    return sorted(row["document"] for row in sums.exclude(sum=0))
