"""What parks an invoice for a person to look at, before anybody can approve it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Final

from shared.contracts.invoicing import Cause
from shared.money import Money
from shared.vocabulary.invoice_causes import CauseCode

# Stripe: an invoice takes at most 250 lines; a charge below its minimum moves to the customer's
# balance, where nobody looks (docs/reference/stripe.md).
LINES_MAX: Final = 250
SMALLEST_CHARGE_MINOR: Final = {"USD": 50, "EUR": 50, "GBP": 30, "CAD": 50, "AUD": 50, "CHF": 50}


@dataclass(frozen=True)
class Limits:
    above_median_times: Decimal
    unallocated_share: Decimal


def parking_reasons(
    *,
    total: Money,
    below_zero: Money,
    line_count: int,
    earlier_totals_minor: Sequence[int],
    unallocated_share: Decimal,
    covers_whole_month: bool,
    limits: Limits,
) -> list[Cause]:
    minor = total.to_minor()
    reasons = []
    if minor < 0:
        reasons.append(Cause(CauseCode.NEGATIVE_TOTAL))
    # On no line of the invoice: nobody but who looks at it gives it back.
    if below_zero.amount:
        figures = {"amount": str(-below_zero.amount), "currency": below_zero.currency}
        reasons.append(Cause(CauseCode.BELOW_ZERO, figures))
    # 50 is Stripe's minimum in most currencies; an invoice of nothing at all is no charge.
    if 0 < minor < SMALLEST_CHARGE_MINOR.get(total.currency, 50):
        reasons.append(Cause(CauseCode.BELOW_SMALLEST_CHARGE))
    if line_count > LINES_MAX:
        figures = {"lines": str(line_count), "lines_max": str(LINES_MAX)}
        reasons.append(Cause(CauseCode.TOO_MANY_LINES, figures))
    if not covers_whole_month:
        reasons.append(Cause(CauseCode.PART_OF_MONTH))
    # It is below 0 where credits that nobody got are more than the rest.
    if abs(unallocated_share) > limits.unallocated_share:
        figures = {
            "percent": _percent(unallocated_share),
            "percent_max": _percent(limits.unallocated_share),
        }
        reasons.append(Cause(CauseCode.UNALLOCATED_SHARE, figures))
    if earlier_totals_minor:
        usual = Decimal(median(earlier_totals_minor))
        if usual > 0 and minor > usual * limits.above_median_times:
            reasons.append(Cause(CauseCode.ABOVE_MEDIAN, {"times": f"{minor / usual:.1f}"}))
    return reasons


def _percent(share: Decimal) -> str:
    """To two decimals, half-even: it is for reading, and nothing is computed from it."""
    return f"{share * 100:.2f}"
