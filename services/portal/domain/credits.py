"""What was given back of an invoice, as its pages show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from shared.money import Money
from shared.periods import Month
from shared.vocabulary.revision_causes import RevisionCause

_REASONS: Final = {
    RevisionCause.BILL: "AWS has corrected its bill for {month}.",
    RevisionCause.CORRECTION: "AWS has corrected its bill for {month}.",
    RevisionCause.SIGNALS: "Usage data of {month} arrived late.",
    RevisionCause.WORKLOADS: "Usage data of {month} arrived late.",
    RevisionCause.RULES: "We have corrected how shared cost of {month} is divided.",
    RevisionCause.SOFTWARE: "How we read the bill of {month} was corrected.",
}
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
    month = f"{Month.parse(credit['period']).start:%B %Y}"
    reasons = dict.fromkeys(
        _REASONS[RevisionCause(cause)].format(month=month)
        for cause in credit["causes"]
        if cause in _REASONS
    )
    total = Decimal(credit["net"]) + Decimal(credit["tax"])
    return ShownCredit(
        number=credit["number"],
        issued_on=datetime.fromisoformat(credit["issued_at"]).date(),
        total=Money(-total, currency),
        reasons=list(reasons),
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
