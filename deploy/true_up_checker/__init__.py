"""Is what was billed what must be billed? By arithmetic that shares no code with the product's.

Written from docs/reference/true-up.md alone. Nothing here imports anything of what prices, settles
or books, and `tests/architecture` holds that: the same mistake would have to be made twice.
"""

from deploy.true_up_checker.billed import Billed, billed_at_stripe
from deploy.true_up_checker.differences import Control, Read, differences, statement_costs
from deploy.true_up_checker.prices import Costs, Key, Price, price

__all__ = [
    "Billed",
    "Control",
    "Costs",
    "Key",
    "Price",
    "Read",
    "billed_at_stripe",
    "differences",
    "price",
    "statement_costs",
]
