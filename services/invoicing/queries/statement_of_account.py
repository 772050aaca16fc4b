"""A customer's account: every document and payment in order, and what is left to pay."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.invoicing.models import CreditNote, Customer, Invoice, LedgerEntry
from shared.exact import shortened
from shared.vocabulary.ledger_steps import AccountEvent, DocumentKind, LedgerStep

# What a customer owes, and what of his is with us: the rest of the ledger is the operator's.
RECEIVABLE: Final = "receivable"
CUSTOMER_CREDIT: Final = "customer_credit"
# Where a credit note paid money back: it gives, and takes what it gave out again.
_PAID_BACK: Final[Mapping[str, AccountEvent]] = {
    "cash": AccountEvent.REFUNDED,
    "clearing": AccountEvent.TRANSFERRED,
}


def read_statements(
    customer: Customer, start: datetime | None, end: datetime | None
) -> list[dict[str, Any]]:
    """One per currency, by its code; what is booked in `start <= time < end`.

    Amounts are decimals as text: positive is owed by the customer. `closing` is `due` less
    `on_credit`, both at the end.
    """
    accounts = [RECEIVABLE, CUSTOMER_CREDIT, *_PAID_BACK]
    entries = LedgerEntry.objects.filter(customer_id=customer.pk, account__in=accounts)
    names = _Names(customer)
    by_currency: dict[str, list[LedgerEntry]] = defaultdict(list)
    for entry in entries.order_by("booked_at", "id"):
        if (end is None or entry.booked_at < end) and _is_shown(entry, names):
            by_currency[entry.currency].append(entry)
    return [
        _statement(currency, booked, names, start)
        for currency, booked in sorted(by_currency.items())
    ]


@dataclass
class _Row:
    names: dict[str, Any]
    amount: Decimal = Decimal(0)


def _is_shown(entry: LedgerEntry, names: "_Names") -> bool:
    """Of money in the bank only what a credit note, or its void, has moved."""
    if entry.account not in _PAID_BACK:
        return True
    document, _, event = entry.document.partition(":")
    return names.is_note(document) and event in {AccountEvent.ISSUED, AccountEvent.VOID}


def _statement(
    currency: str, booked: Iterable[LedgerEntry], names: "_Names", start: datetime | None
) -> dict[str, Any]:
    opening, due, on_credit = Decimal(0), Decimal(0), Decimal(0)
    rows: dict[str, _Row] = {}
    for entry in booked:
        paid_back = _PAID_BACK.get(entry.account)
        if entry.account == RECEIVABLE:
            due += entry.amount
        elif paid_back is None:
            on_credit -= entry.amount
        if start is not None and entry.booked_at < start:
            opening += entry.amount if paid_back is None else 0
            continue
        document = _as_one(entry.document)
        rows.setdefault(document, _Row(names.of(entry))).amount += entry.amount
        if paid_back is not None:
            back = _Row({**names.of(entry), "event": paid_back})
            rows.setdefault(f"{document}:{paid_back}", back).amount -= entry.amount
    return {
        "currency": currency,
        "opening": _text(opening),
        "entries": _entries(opening, rows.values()),
        "closing": _text(due - on_credit),
        "due": _text(due),
        "on_credit": _text(on_credit),
    }


def _entries(opening: Decimal, rows: Iterable[_Row]) -> list[dict[str, Any]]:
    balance, entries = opening, []
    for row in rows:
        balance += row.amount
        entries.append({**row.names, "amount": _text(row.amount), "balance": _text(balance)})
    return entries


def _as_one(document: str) -> str:
    """An invoice that charges for earlier months is booked by account; each payment is its own."""
    name, step, *_ = document.split(":")
    return document if step in {LedgerStep.PAID, LedgerStep.OVERPAID} else f"{name}:{step}"


def _text(amount: Decimal) -> str:
    return str(shortened(amount))


class _Names:
    """What the documents of a customer are called."""

    def __init__(self, customer: Customer) -> None:
        invoices = Invoice.objects.filter(customer_id=customer.pk)
        notes = CreditNote.objects.filter(customer_id=customer.pk)
        self._documents: Mapping[str, tuple[DocumentKind, str, str]] = {
            **{
                key: (DocumentKind.INVOICE, number, period)
                for key, number, period in invoices.values_list("invoice_id", "number", "period")
            },
            **{
                key: (DocumentKind.CREDIT_NOTE, number, period)
                for key, number, period in notes.values_list("note_id", "number", "period")
            },
        }

    def is_note(self, document: str) -> bool:
        return self._documents.get(document, ("",))[0] == DocumentKind.CREDIT_NOTE

    def of(self, entry: LedgerEntry) -> dict[str, Any]:
        document, _, event = entry.document.partition(":")
        kind, number, period = self._documents[document]
        return {
            "at": entry.booked_at,
            "event": event.partition(":")[0],
            "kind": kind,
            "document": document,
            "number": number,
            "period": period,
        }
