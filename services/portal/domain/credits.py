"""What was given back of an invoice, as its pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from shared.contracts.correction_words import reason_sentences
from shared.money import Money
from shared.periods import Month

_PLACES: Final = {
    "remaining": "is deducted from what is still to pay",
    "balance": "is on the balance and reduces the next invoice",
    "refund": "is refunded",
    "out_of_band": "is paid back by bank transfer",
    "refund_failed": "of the refund came back from the bank, and is owed again",
}


@dataclass(frozen=True)
class CreditedPart:
    description: str
    amount: Money


@dataclass(frozen=True)
class ChangedPart:
    """A line of the month that came out otherwise, as a price, also where another pays for it."""

    description: str
    charged: Money
    corrected: Money
    by: Money


@dataclass(frozen=True)
class Placed:
    """A part of a credit, and where it is now."""

    amount: Money
    words: str


@dataclass(frozen=True)
class ShownCredit:
    """Amounts are below 0, as they change the invoice; `places` say where they are now."""

    number: str
    note_id: str
    month: Month
    issued_on: date
    total: Money
    reasons: Sequence[str]
    parts: Sequence[CreditedPart]
    places: Sequence[Placed]
    changed: Sequence[ChangedPart] = ()

    @property
    def is_set_off(self) -> bool:
        """Some of what has fallen pays for what has risen."""
        return any(part.by.amount > 0 for part in self.changed)


@dataclass(frozen=True)
class ShownCharge:
    """What an invoice charges of a month that was restated; `corrects` is that month's invoice."""

    month: Month
    corrects: str
    total: Money
    reasons: Sequence[str]
    changed: Sequence[ChangedPart]


def shown_credits(document: Mapping[str, Any]) -> list[ShownCredit]:
    currency = document["currency"]
    return [_shown(credit, currency) for credit in document.get("credits", [])]


def shown_charges(document: Mapping[str, Any]) -> list[ShownCharge]:
    currency = document["currency"]
    return [
        ShownCharge(
            month=Month.parse(charge["period"]),
            corrects=charge["corrects"],
            total=Money(Decimal(charge["net"]), currency),
            reasons=reason_sentences(charge["causes"], charge["period"]),
            changed=_changed(charge, currency),
        )
        for charge in document.get("charges", [])
    ]


def left_to_pay(document: Mapping[str, Any]) -> Decimal:
    """The total without what credit notes took off it while it was not paid."""
    total = Decimal(document["total"]) + Decimal(document["tax"] or 0)
    credits_given = document.get("credits", [])
    return total - sum((Decimal(one["remaining"]) for one in credits_given), Decimal(0))


def _shown(credit: Mapping[str, Any], currency: str) -> ShownCredit:
    total = Decimal(credit["net"]) + Decimal(credit["tax"])
    return ShownCredit(
        number=credit["number"],
        note_id=credit.get("note_id", ""),
        month=Month.parse(credit["period"]),
        issued_on=datetime.fromisoformat(credit["issued_at"]).date(),
        total=Money(-total, currency),
        reasons=reason_sentences(credit["causes"], credit["period"]),
        parts=[
            CreditedPart(line["description"], Money(-Decimal(line["amount"]), currency))
            for line in credit["lines"]
        ],
        places=[
            Placed(Money(Decimal(credit[name]), currency), words)
            for name, words in _PLACES.items()
            if Decimal(credit.get(name, 0))
        ],
        changed=_changed(credit, currency),
    )


def _changed(correction: Mapping[str, Any], currency: str) -> list[ChangedPart]:
    """None of an earlier release, which kept none."""
    return [
        ChangedPart(
            description=line["description"],
            charged=Money(Decimal(line["charged"]), currency),
            corrected=Money(Decimal(line["corrected"]), currency),
            by=Money(Decimal(line["corrected"]) - Decimal(line["charged"]), currency),
        )
        for line in correction.get("changes", [])
    ]
