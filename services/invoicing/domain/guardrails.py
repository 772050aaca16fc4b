"""What parks an invoice for a person to look at, before anybody can approve it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Final

from shared.money import Money

# Stripe: an invoice takes at most 250 lines; a charge below its minimum moves to the balance.
LINES_MAX: Final = 250
SMALLEST_CHARGE_MINOR: Final = {"USD": 50, "EUR": 50, "GBP": 30, "CAD": 50, "AUD": 50, "CHF": 50}


@dataclass(frozen=True)
class Limits:
    above_median_times: Decimal
    unallocated_share: Decimal


def parking_reasons(
    *,
    total: Money,
    line_count: int,
    earlier_totals_minor: Sequence[int],
    unallocated_share: Decimal,
    covers_whole_month: bool,
    limits: Limits,
) -> list[str]:
    minor = total.to_minor()
    reasons = []
    if minor < 0:
        reasons.append("The total is negative.")
    if 0 < minor < SMALLEST_CHARGE_MINOR.get(total.currency, 50):
        reasons.append("The total is below the smallest amount that Stripe charges.")
    if line_count > LINES_MAX:
        reasons.append(f"It has {line_count} lines; Stripe takes {LINES_MAX}.")
    if not covers_whole_month:
        reasons.append("The contract covers part of the month, the cost is of the whole month.")
    if unallocated_share > limits.unallocated_share:
        reasons.append(
            f"{unallocated_share:.2%} of the bill is unallocated,"
            f" over {limits.unallocated_share:.2%}."
        )
    if earlier_totals_minor:
        usual = Decimal(median(earlier_totals_minor))
        if usual > 0 and minor > usual * limits.above_median_times:
            reasons.append(
                f"The total is {minor / usual:.1f} times the median of the months before."
            )
    return reasons
