from typing import ClassVar, Literal

from pydantic import field_validator

from shared.configuration.drivers.driver import Driver, Grain
from shared.configuration.selectors import Selector


class ProportionalDriver(Driver):
    """By each tenant's direct cost (claimed by rule, label or default); below zero counts as 0.

    `within` counts the cost of the lines alone that it selects.
    """

    word: ClassVar = "proportional"
    method: ClassVar = "pool-proportional"
    weights_sql: ClassVar = """
SELECT asked.own_grain, asked.bucket, direct.tenant AS recipient, direct.units AS weight
FROM asked
JOIN direct
    ON direct.scope = asked.scope AND direct.grain = asked.grain AND direct.moment = asked.moment
"""

    proportional: Literal["direct"]
    within: Selector | None = None
    per: Grain | None = None

    @field_validator("within")
    @classmethod
    def _of_bill_lines(cls, within: Selector | None) -> Selector | None:
        if within is not None and within.k8s is not None:
            raise ValueError("`within` selects bill lines; it takes no `k8s`")
        return within

    @property
    def label(self) -> str:
        return f"proportional:{self.proportional}"

    @property
    def scope(self) -> Selector | None:
        return self.within
