"""One tenant in one month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from services.portal.domain.figures import Figure
from services.portal.pages.overview import Mover
from services.portal.pages.page import CustomerName, Page, TenantName
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class Tenant(TenantName):
    plan: str | None
    customer: CustomerName | None


@dataclass(frozen=True)
class CostChange:
    """A tenant's change as its largest movers and the rest, which sum to `by`."""

    by: Money
    movers: Sequence[Mover]
    rest_count: int
    rest: Money


@dataclass(frozen=True)
class Method:
    """`ratio` is of the group, `fallback_ratio` what of it a pool's fallback gave."""

    label: str
    detail: str
    amount: Money
    ratio: Decimal | None
    fallback_ratio: Decimal | None = None


@dataclass(frozen=True)
class Group:
    """New in the month where `change` and `was` are both None. `ratio` is of the tenant's cost."""

    key: str
    label: str
    is_shared: bool
    amount: Money
    ratio: Decimal | None
    change: Decimal | None
    was: Money | None
    methods: Sequence[Method]


@dataclass(frozen=True)
class StackRow:
    """One bar: its parts in the order of the series, and their sum."""

    at: date | Month
    parts: Sequence[Money]
    total: Money


@dataclass(frozen=True)
class Stack:
    """Cost over time; `heads` name the series, at most eight, the last of which may be `Other (n)`.

    `totals` are their sums, and `total` is that of everything. `largest_ratio` is the first series'
    part of it, `peak` the row that cost most.
    """

    heads: Sequence[str]
    rows: Sequence[StackRow]
    totals: Sequence[Money]
    total: Money
    largest_ratio: Decimal | None
    peak: StackRow


@dataclass(frozen=True)
class Quantity:
    """`ratio` is of what all tenants used."""

    label: str
    quantity: Decimal
    unit: str
    ratio: Decimal


@dataclass(frozen=True)
class TenantMonth:
    month: Month
    revenue: Money | None
    cost: Money
    margin: Money | None
    margin_ratio: Decimal | None


@dataclass(frozen=True)
class InvoiceRow:
    id: str
    number: str
    period: Month
    state: str
    stripe_status: str
    total: Money


@dataclass(frozen=True, kw_only=True)
class TenantPage(Page):
    """`has_gap`: there are earlier months, the one before not among them.

    `groups` are largest first, `history` newest first. `quantities` is None where they are not
    known: the part is left out.
    """

    template: ClassVar[str] = "portal/operator/tenant.html"

    tenant: Tenant
    period: Month
    period_state: PeriodState
    compared_to: Month | None
    days_compared: int | None
    currency: str
    figures: Sequence[Figure]
    cost: Money | None
    change: CostChange | None
    has_gap: bool
    by_day: Stack | None
    by_month: Stack | None
    groups: Sequence[Group]
    quantities: Sequence[Quantity] | None
    history: Sequence[TenantMonth]
    invoices: Sequence[InvoiceRow]
