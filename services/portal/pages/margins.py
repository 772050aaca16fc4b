"""Every tenant's margin in one month."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.core.paginator import Page as PageOfRows

from services.portal.domain.figures import Figure
from services.portal.pages.page import Choice, Page, TenantName
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class Other:
    """What of the bill is no tenant's cost."""

    label: str
    hint: str
    cost: Money


@dataclass(frozen=True)
class Proof:
    """By the run's own sums; none of the parts is what the others leave.

    `direct` is what rules, labels and defaults gave to tenants, `shared` what pools gave to them;
    `unallocated` holds unmapped, unmetered and idle too; `exchanged` is what other months have of
    this bill, and what theirs have of this month, with the sign that it has among the parts.
    """

    bill: Money
    direct: Money
    shared: Money
    overhead: Money
    unallocated: Money
    excluded: Money
    difference: Money
    holds: bool
    note: str
    exchanged: Sequence[Other] = ()


@dataclass(frozen=True)
class InvoiceLink:
    id: str
    state: str


@dataclass(frozen=True)
class MarginRow:
    """`trend` is of cost, oldest first."""

    tenant: TenantName
    plan: str | None
    revenue: Money | None
    revenue_basis: str
    direct: Money
    shared: Money
    cost: Money
    margin: Money | None
    margin_ratio: Decimal | None
    trend: Sequence[Decimal]
    invoice: InvoiceLink | None


@dataclass(frozen=True)
class MarginTotals:
    """Over all tenants, whatever the filter.

    Margin leaves out tenants whose revenue is unknown, on both sides.
    """

    tenant_count: int
    revenue_unknown_count: int
    revenue: Money | None
    direct: Money
    shared: Money
    cost: Money
    margin: Money | None
    margin_ratio: Decimal | None


@dataclass(frozen=True, kw_only=True)
class MarginsPage(Page):
    """Without a `proof` nothing is attributed yet: the page says what it waits for.

    The total's cost and every other's cost sum to `bill`, exactly. `sort` is a column's key, with
    `-` before it for descending; the first view is `all`.
    """

    template: ClassVar[str] = "portal/operator/margins.html"

    period: Month
    period_state: PeriodState
    compared_to: Month | None = None
    currency: str = ""
    figures: Sequence[Figure] = ()
    proof: Proof | None = None
    rows: Sequence[MarginRow] = ()
    has_past: bool = False
    paging: PageOfRows[Any] | None = None
    others: Sequence[Other] = ()
    totals: MarginTotals | None = None
    bill: Money | None = None
    sort: str = ""
    view: str = ""
    q: str = ""
    views: Sequence[Choice] = ()
