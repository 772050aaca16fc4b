"""What of corrections waits for a person: closes by month, and what people give on invoices."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.portal.domain.correction_words import cause_labels
from services.portal.domain.fix_words import given_words
from services.portal.pages.inbox import CorrectionMonth, WaitingCredit
from services.portal.pages.page import CustomerName
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import NoteKind
from shared.vocabulary.invoice_states import State

Data = Mapping[str, Any]


def correction_months(waiting: Iterable[Data]) -> list[CorrectionMonth]:
    """What waits for a person, a month and its newest close a row."""
    return [
        CorrectionMonth(
            period=Month.parse(one["period"]),
            close=one["close"],
            closed_at=datetime.fromisoformat(one["closed_at"]) if one["closed_at"] else None,
            cause=cause_labels(one["causes"]),
            in_review=one[State.IN_REVIEW],
            parked=one[State.PARKED],
            stopped=one[AccountState.STOPPED],
            below_zero=one["below_zero"],
            credits=_nonzero(one["sums"], "credits", -1),
            debits=_nonzero(one["sums"], "debits", 1),
        )
        for one in waiting
    ]


def waiting_credits(given: Iterable[Data]) -> list[WaitingCredit]:
    """What people give on invoices, before it is issued; the oldest first."""
    return [
        WaitingCredit(
            invoice_id=one["invoice_id"],
            invoice=one["invoice"],
            customer=CustomerName(one["customer_name"]),
            period=Month.parse(one["period"]),
            title=given_words({**one, "kind": NoteKind.COMMERCIAL}),
            amount=Money(-Decimal(one["net"]), one["currency"]),
            state=one["state"],
            given_by=one["given_by"],
            given_at=datetime.fromisoformat(one["given_at"]),
        )
        for one in given
    ]


def _nonzero(sums: Iterable[Data], direction: str, sign: int) -> list[Money]:
    return [
        Money(Decimal(one[direction]) * sign, one["currency"])
        for one in sums
        if Decimal(one[direction])
    ]
