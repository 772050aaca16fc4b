"""A customer's account as invoicing has it, for its page and its CSV."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.portal.pages.account import AccountEntry, CurrencyAccount
from shared.contracts.account_words import event_words
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.ledger_steps import DocumentKind

Data = Mapping[str, Any]


def currency_accounts(given: Iterable[Data]) -> list[CurrencyAccount]:
    return [
        CurrencyAccount(
            currency=one["currency"],
            **{
                name: Money(Decimal(one[name]), one["currency"])
                for name in ("opening", "closing", "due", "on_credit")
            },
            entries=[_entry(entry, one["currency"]) for entry in one["entries"]],
        )
        for one in given
    ]


def _entry(entry: Data, currency: str) -> AccountEntry:
    is_note = entry["kind"] == DocumentKind.CREDIT_NOTE
    return AccountEntry(
        at=datetime.fromisoformat(entry["at"]),
        what=event_words(entry),
        month=Month.parse(entry["period"]) if entry["period"] else None,
        amount=Money(Decimal(entry["amount"]), currency),
        balance=Money(Decimal(entry["balance"]), currency),
        invoice_id="" if is_note else entry["document"],
        note_id=entry["document"] if is_note else "",
    )
