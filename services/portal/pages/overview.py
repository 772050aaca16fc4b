"""How a month stands, what moved it, what is to close next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from services.portal.domain.figures import Figure
from services.portal.domain.period_checks import Check
from services.portal.pages.inbox import CorrectionMonth
from services.portal.pages.margins import Proof
from services.portal.pages.page import Page
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class Step:
    """`total` stands on the ground, `less` hangs from where the step before it ended."""

    label: str
    kind: Literal["total", "less"]
    amount: Money


@dataclass(frozen=True)
class Waterfall:
    """The steps between the two totals sum to their difference, exactly.

    `excluded` is what of the bill is in none of them; None where that is nothing.
    """

    steps: Sequence[Step]
    margin: Money
    margin_ratio: Decimal | None
    revenue_unknown_count: int
    excluded: Money | None


@dataclass(frozen=True)
class Mover:
    """A charge group whose cost went up or down; `since` where one day began it."""

    label: str
    is_shared: bool
    now: Money
    by: Money
    since: date | None


@dataclass(frozen=True)
class TenantMover:
    """`tenant` is its key."""

    tenant: str
    name: str
    mover: Mover


@dataclass(frozen=True)
class NextClose:
    """`problem` says why the checks are not known."""

    month: Month
    state: PeriodState
    checks: Sequence[Check]
    problem: str


@dataclass(frozen=True, kw_only=True)
class OverviewPage(Page):
    """Without a `proof` there is no run yet, without a `waterfall` nobody's revenue is known.

    `movers_before` is None where there is no month to compare with; a month that still runs is
    compared with as many days, `days_compared`. `corrections` are those that wait, of every month.
    """

    template: ClassVar[str] = "portal/operator/overview.html"

    period: Month
    period_state: PeriodState
    compared_to: Month | None = None
    currency: str = ""
    figures: Sequence[Figure] = ()
    proof: Proof | None = None
    waterfall: Waterfall | None = None
    movers: Sequence[TenantMover] = ()
    movers_before: Month | None = None
    days_compared: int | None = None
    next_close: NextClose | None = None
    corrections: Sequence[CorrectionMonth] = ()
