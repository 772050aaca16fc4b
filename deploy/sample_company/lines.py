"""One line of the bill, with the intent that the truth is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from deploy.sample_company.meters import Meter


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """`quanta` is the unblended cost in 10^-10 US dollars, `usage_micro` millionths of a unit.

    `hour` is the hour of the month the charge starts in, or None where it is of the month; `span`
    is how many hours it is for. `commitment` is `plan` or `reservation` where one has to do with
    it; on its fee `used_quanta` is the used part. Tag keys are as a person or AWS wrote them.
    """

    start: datetime
    end: datetime
    account: str
    meter: Meter
    quanta: int
    usage_micro: int
    owner: str
    line_type: str = "Usage"
    resource: str = ""
    zone: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    hour: int | None = None
    span: int = 1
    marketplace: bool = False
    effective_quanta: int | None = None
    commitment: str = ""
    used_quanta: int = 0

    @property
    def amortised_quanta(self) -> int:
        """The EffectiveCost: the unblended cost, but for what a commitment has to do with."""
        return self.quanta if self.effective_quanta is None else self.effective_quanta

    @property
    def is_fee_of_commitment(self) -> bool:
        return self.line_type in {"SavingsPlanRecurringFee", "RIFee"}
