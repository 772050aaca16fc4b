"""What a customer's statement of account says, word by word: the same for all readers.

Every document and payment in order, with what is owed after each; prices alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from services.invoicing.domain.invoice_document import (
    Document,
    banner,
    numeric_column,
    party,
    printable,
    written_amount,
    written_day,
    written_month,
)
from shared.contracts.account_words import event_words
from shared.vocabulary.modes import Mode

_COPY: Final = (
    "A statement of account, not an invoice: the documents that it lists are what counts."
)


def statement_document(
    statement: Mapping[str, Any],
    *,
    seller: Mapping[str, str],
    buyer: Mapping[str, str],
    start: date | None,
    until: date,
    environment: Mode,
) -> Document:
    """`until` is the first day after it. Any `environment` but live is marked."""
    currency, last = statement["currency"], until - timedelta(days=1)
    document = {
        "title": f"Statement of account, {buyer['name']}, {written_day(last)}",
        "description": f"Documents and payments in {currency} to {written_day(last)}",
        "keywords": ["statement of account", currency],
        "heading": "Statement of account",
        "number": "",
        "standing": "",
        "banner": banner(environment, "statement"),
        "watermark": "SAMPLE" if environment == Mode.DEMO else "",
        "copy": _COPY,
        "seller": party(seller),
        "buyer": party(buyer),
        "facts": [
            *([{"label": "From (UTC)", "value": written_day(start)}] if start else []),
            {"label": "To (UTC)", "value": written_day(last)},
            {"label": "Currency", "value": currency},
        ],
        "lead": [],
        "lines_heading": "Documents and payments",
        "columns": [
            {"key": "day", "label": "Date", "numeric": False},
            {"key": "description", "label": "What", "numeric": False},
            numeric_column("amount", f"Amount, {currency}"),
            numeric_column("balance", "Balance"),
        ],
        "lines": list(_lines(statement, start)),
        "sums": [
            {"label": label, "value": written_amount(Decimal(statement[name]), currency)}
            for label, name in (("Still to pay", "due"), ("On credit with us", "on_credit"))
        ],
        "total": {
            "label": "Balance",
            "value": f"{currency} {written_amount(Decimal(statement['closing']), currency)}",
        },
        "tax_sentence": "",
        "payment_heading": "What it means",
        "payment": list(_meaning(statement)),
        "pay_url": "",
        "pay_label": "",
        "annex": None,
        "notes": _notes(seller),
    }
    shown: Document = printable(document)
    return shown


def _lines(statement: Mapping[str, Any], start: date | None) -> Iterator[dict[str, str]]:
    currency = statement["currency"]
    if start is not None:
        opening = written_amount(Decimal(statement["opening"]), currency)
        yield {
            "day": written_day(start),
            "description": "Opening balance",
            "detail": "",
            "amount": "",
            "balance": opening,
        }
    for entry in statement["entries"]:
        at: datetime = entry["at"]
        yield {
            "day": written_day(at.date()),
            "description": event_words(entry),
            "detail": written_month(entry["period"]) if entry["period"] else "",
            "amount": written_amount(Decimal(entry["amount"]), currency),
            "balance": written_amount(Decimal(entry["balance"]), currency),
        }


def _meaning(statement: Mapping[str, Any]) -> Iterator[str]:
    currency = statement["currency"]
    due, on_credit = Decimal(statement["due"]), Decimal(statement["on_credit"])
    if due > 0:
        yield f"{currency} {written_amount(due, currency)} is still to pay."
    if on_credit > 0:
        amount = written_amount(on_credit, currency)
        yield f"{currency} {amount} is on credit with us, and reduces your next invoice."
    if due <= 0 and on_credit <= 0:
        yield "Nothing is to pay."


def _notes(seller: Mapping[str, str]) -> Sequence[str]:
    email = seller.get("email")
    return [f"Questions: {email}."] if email else []
