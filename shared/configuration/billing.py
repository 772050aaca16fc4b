"""How months that were restated are closed again, and what holds their corrections."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from shared.configuration.entry import Entry, NotNegative

# Longer than AWS restates a bill for; a month that is never quiet is closed in time to be charged.
_QUIET_DAYS_MAX = 60


class Reclose(Entry):
    """`automatic`: once all checks pass and nothing has changed for `quiet_days`."""

    mode: Literal["automatic", "by_hand"] = "automatic"
    quiet_days: Annotated[int, Field(ge=0, le=_QUIET_DAYS_MAX)] = 5


class Brake(Entry):
    """When all corrections of one close wait for a person, in per cent of what was invoiced.

    `share_of_invoiced` is of their absolute sum. `one_direction` is of those up, or of those down,
    where they are also more than `times_the_bill` what the bill moved that way. `bill_falls` is in
    per cent of the highest total of an earlier close.
    """

    share_of_invoiced: NotNegative = Decimal(10)
    one_direction: NotNegative = Decimal(2)
    times_the_bill: NotNegative = Decimal(3)
    bill_falls: NotNegative = Decimal(10)


class Billing(Entry):
    reclose: Reclose = Field(default_factory=Reclose)
    brake: Brake = Field(default_factory=Brake)
