"""What was given back of an invoice, as its pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from shared.contracts.correction_words import reason_sentences
from shared.money import Money

_PLACES: Final = {
    "remaining": "is deducted from what is still to pay",
    "balance": "is on the balance and reduces the next invoice",
    "refund": "is refunded",
    "out_of_band": "is paid back by bank transfer",
}


@dataclass(frozen=True)
class CreditedPart:
    description: str
    amount: Money


@dataclass(frozen=True)
class ShownCredit:
    """Amounts are below 0, as they change the invoice; `places` say where they are now."""

    note_id: str
    number: str
    issued_on: date
    total: Money
    reasons: Sequence[str]
    parts: Sequence[CreditedPart]
    places: Sequence[str]


def shown_credits(document: Mapping[str, Any]) -> list[ShownCredit]:
    currency = document["currency"]
    return [_shown(credit, currency) for credit in document.get("credits", [])]


def left_to_pay(document: Mapping[str, Any]) -> Decimal:
    """The total without what credit notes took off it while it was not paid."""
    total = Decimal(document["total"]) + Decimal(document["tax"] or 0)
    credits_given = document.get("credits", [])
    return total - sum((Decimal(one["remaining"]) for one in credits_given), Decimal(0))


def _shown(credit: Mapping[str, Any], currency: str) -> ShownCredit:
    total = Decimal(credit["net"]) + Decimal(credit["tax"])
    return ShownCredit(
        note_id=credit.get("note_id", ""),
        number=credit["number"],
        issued_on=datetime.fromisoformat(credit["issued_at"]).date(),
        total=Money(-total, currency),
        reasons=reason_sentences(credit["causes"], credit["period"]),
        parts=[
            CreditedPart(line["description"], Money(-Decimal(line["amount"]), currency))
            for line in credit["lines"]
        ],
        places=[
            f"{Money(Decimal(credit[name]), currency).amount} {words}"
            for name, words in _PLACES.items()
            if Decimal(credit[name])
        ],
    )
