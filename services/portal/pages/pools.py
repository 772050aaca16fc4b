"""The shared pools of a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

from services.portal.pages.page import Page
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class DriverStep:
    """`signal` is a meter's name, empty for a driver that measures nothing."""

    label: str
    signal: str


@dataclass(frozen=True)
class Part:
    """What of a pool is a tenant's; `methods` say by which driver, the largest first."""

    key: str
    name: str
    amount: Money
    ratio: Decimal | None
    methods: Sequence[tuple[str, Money]]


@dataclass(frozen=True)
class Rest:
    label: str
    hint: str
    amount: Money
    ratio: Decimal | None


@dataclass(frozen=True)
class PoolSplit:
    """Parts and rests sum to `cost`, exactly. What a run did not tell is None.

    New in the month where `change` and `was` are both None and there is a month to compare with.
    """

    key: str
    label: str
    cost: Money
    change: Decimal | None
    was: Money | None
    drivers: Sequence[DriverStep]
    meter: str
    coverage: Decimal | None
    hours: int
    hours_with_signal: int
    fallback: Money | None
    fallback_ratio: Decimal | None
    unmetered: Money | None
    parts: Sequence[Part]
    rests: Sequence[Rest]


@dataclass(frozen=True, kw_only=True)
class PoolsPage(Page):
    """`pools` by cost, the largest first."""

    template: ClassVar[str] = "portal/operator/pools.html"

    period: Month
    period_state: PeriodState
    is_attributed: bool
    pools: Sequence[PoolSplit] = ()
    currency: str = ""
    total: Money | None = None
    compared_to: Month | None = None
