"""What a line of an invoice is: the component of the plan that it comes from."""

from enum import StrEnum
from typing import Final


class LineKind(StrEnum):
    COST_PLUS = "cost_plus"
    FLAT_FEE = "flat_fee"


# What doesn't depend on the month's cost: a restatement never touches it.
FIXED_KINDS: Final = frozenset({LineKind.FLAT_FEE})
