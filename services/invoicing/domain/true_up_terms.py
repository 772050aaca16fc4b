"""What a contract says of its corrections, with the defaults of its currency.

The rules and their reasons: docs/reference/true-up.md, "The contract's policy".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from services.invoicing.domain.settlement import Policy
from shared.money import Money, currency_exponent, smallest_charge_step
from shared.periods import Month
from shared.vocabulary.true_up import DownPaid, Up

# By the decimals of the currency, in minor units: 100 yen are about as much as a dollar.
_THRESHOLD_MINOR: Final = {0: 100, 2: 100, 3: 1_000}
_AUTO_APPROVE_BELOW_MINOR: Final = {0: 10_000, 2: 10_000, 3: 100_000}


@dataclass(frozen=True)
class TrueUpTerms:
    """Months are counted from the end of the month that is corrected.

    `charge_max_percent` of the first invoice may be charged above it, None: any amount.
    """

    threshold_minor: int
    auto_approve_below_minor: int
    up: Up = Up.NEXT_INVOICE
    down_paid: DownPaid = DownPaid.BALANCE
    charge_within_months: int = 3
    credit_within_months: int = 24
    charge_max_percent: Decimal | None = None
    notice_days: int = 0


def true_up_terms(given: Mapping[str, Any], currency: str) -> TrueUpTerms:
    """`given` is what the contract has as JSON; amounts in it are in `currency`."""
    decimals = currency_exponent(currency)
    defaults = TrueUpTerms(_THRESHOLD_MINOR[decimals], _AUTO_APPROVE_BELOW_MINOR[decimals])
    percent = given.get("charge_max_percent")
    return TrueUpTerms(
        threshold_minor=_minor(given.get("threshold"), currency, defaults.threshold_minor),
        auto_approve_below_minor=_minor(
            given.get("auto_approve_below"), currency, defaults.auto_approve_below_minor
        ),
        up=Up(given.get("up", defaults.up)),
        down_paid=DownPaid(given.get("down_paid", defaults.down_paid)),
        charge_within_months=given.get("charge_within_months", defaults.charge_within_months),
        credit_within_months=given.get("credit_within_months", defaults.credit_within_months),
        charge_max_percent=None if percent is None else Decimal(str(percent)),
        notice_days=given.get("notice_days", defaults.notice_days),
    )


def _minor(given: Any, currency: str, default: int) -> int:
    return default if given is None else Money(Decimal(str(given)), currency).to_minor()


def policy_of(terms: TrueUpTerms, month: Month, currency: str) -> Policy:
    """What bounds a correction of the month; October and 3 months is the 31st of January."""
    return Policy(
        step_minor=smallest_charge_step(currency),
        threshold_minor=terms.threshold_minor,
        charge_until=_last_day(month, terms.charge_within_months),
        credit_until=_last_day(month, terms.credit_within_months),
        may_charge=terms.up != Up.NEVER,
        charge_max_percent=terms.charge_max_percent,
    )


def _last_day(month: Month, months_later: int) -> date:
    last = month
    for _ in range(months_later):
        last = last.following
    return last.end.date() - timedelta(days=1)
