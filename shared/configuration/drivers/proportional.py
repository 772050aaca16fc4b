from typing import ClassVar, Literal

from pydantic import field_validator

from shared.configuration.drivers.driver import Driver, Grain, Scope
from shared.configuration.selectors import Selector
from shared.vocabulary.methods import Method


class ProportionalDriver(Driver):
    """By cost; what is below zero counts as 0.

    `direct`: each tenant's direct cost (claimed by rule, label or default). `total`: all cost, to
    wherever it went: to tenants, pools, overhead and nobody, so that a credit or a tax follows what
    it is for. `within` counts the lines alone that it selects.
    """

    word: ClassVar = "proportional"
    method: ClassVar = Method.POOL_PROPORTIONAL
    reads: ClassVar = frozenset({"metered_costs"})

    proportional: Literal["direct", "total"]
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
    def scope(self) -> Scope | None:
        counts_all = self.proportional == "total"
        return Scope(self.within, counts_all) if counts_all or self.within is not None else None
