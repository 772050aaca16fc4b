"""What a line of an invoice is: the component of the plan that it comes from, if it makes lines."""

from enum import StrEnum
from typing import Final


class LineKind(StrEnum):
    COST_PLUS = "cost_plus"
    GRADUATED = "graduated"
    VOLUME = "volume"
    MINIMUM = "minimum"
    FLAT_FEE = "flat_fee"
    CORRECTION = "correction"


# What the line of a minimum is called where its plan doesn't name it.
MINIMUM_REST: Final = "Minimum commitment, rest"


class LinelessKind(StrEnum):
    """Components that change lines of others."""

    CAP = "cap"
    DISCOUNT = "discount"


# One line on the cost of all tenants and charge groups of the contract.
WHOLE_COST_KINDS: Final = frozenset({LineKind.GRADUATED, LineKind.VOLUME})
# What doesn't depend on the month's cost: a restatement never touches it.
FIXED_KINDS: Final = frozenset({LineKind.FLAT_FEE})
