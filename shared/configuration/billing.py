"""How months that were restated are closed again."""

from typing import Annotated, Literal

from pydantic import Field

from shared.configuration.entry import Entry

# Longer than AWS restates a bill for; a month that is never quiet is closed in time to be charged.
_QUIET_DAYS_MAX = 60


class Reclose(Entry):
    """`automatic`: once all checks pass and nothing has changed for `quiet_days`."""

    mode: Literal["automatic", "by_hand"] = "automatic"
    quiet_days: Annotated[int, Field(ge=0, le=_QUIET_DAYS_MAX)] = 5


class Billing(Entry):
    reclose: Reclose = Field(default_factory=Reclose)
