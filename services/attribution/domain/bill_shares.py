"""What part of a bill an amount is."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

# What columns and facts hold: four digits before the point, eight after it.
SHARE_MAX: Final = Decimal("9999.99999999")
_FINEST: Final = Decimal("1e-8")


def share_of_bill(part: Decimal, whole: Decimal) -> Decimal:
    """A fraction to 8 decimals, rounded half-up, and no further from 0 than SHARE_MAX.

    Credits can leave a bill of nothing or nearly so, of which any amount is more than all.
    """
    if part == 0:
        return Decimal(0)
    if whole == 0 or abs(part) >= abs(whole) * SHARE_MAX:
        is_negative = (part < 0) != (whole < 0)
        return -SHARE_MAX if is_negative else SHARE_MAX
    return (part / whole).quantize(_FINEST, rounding=ROUND_HALF_UP)
