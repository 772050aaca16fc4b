"""The billing inbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.paginator import Page as PageOfRows

from services.portal.pages.page import Choice, CustomerName, Page
from shared.money import Money
from shared.periods import Month


@dataclass(frozen=True)
class Sum:
    """One amount per currency; empty where no invoice counts."""

    label: str
    note: str
    count: int
    amounts: Sequence[Money]


@dataclass(frozen=True)
class InboxRow:
    """`parked` are the reasons, shortest first; `restated_by` is None also where it is void.

    `next_step` is never empty, and the same in the inbox, its CSV and on the invoice's page.
    """

    id: str
    number: str
    customer: CustomerName
    period: Month
    state: str
    stripe_status: str
    total: Money
    change: Decimal | None
    due_date: date | None
    parked: Sequence[str]
    restated_by: Money | None
    next_step: str


@dataclass(frozen=True)
class CorrectionMonth:
    """A month whose newest close has corrections that wait for somebody; sums by currency.

    `stopped` and `below_zero` are accounts that a person says what becomes of.
    """

    period: Month
    close: int
    closed_at: datetime | None
    cause: str
    in_review: int
    parked: int
    stopped: int
    below_zero: int
    credits: Sequence[Money]
    debits: Sequence[Money]


@dataclass(frozen=True)
class WaitingCredit:
    """A credit note that a person gives, in review or on hold; `amount` is below 0."""

    invoice_id: str
    invoice: str
    customer: CustomerName
    period: Month
    title: str
    amount: Money
    state: str
    given_by: str
    given_at: datetime


@dataclass(frozen=True, kw_only=True)
class InboxPage(Page):
    """`period` of None is all months.

    `currency_totals` are of the rows shown; `total_count` and `sums` of the month, or of all.
    `currency_totals` and `sums` leave void invoices out. `issue_refusal` says why nothing can be
    issued, empty where it can; `issue_problem` why that is not known. `corrections` are the rows of
    the view of that name, which has no invoices, and `given` what people give besides;
    `corrections_problem`: they are not known.
    """

    template: ClassVar[str] = "portal/billing/invoices.html"

    period: Month | None
    views: Sequence[Choice]
    view: str
    q: str
    sort: str
    rows: Sequence[InboxRow]
    paging: PageOfRows[Any] | None
    total_count: int
    currency_totals: Sequence[Money]
    sums: Sequence[Sum]
    issue_refusal: str = ""
    issue_problem: str = ""
    corrections: Sequence[CorrectionMonth] = ()
    given: Sequence[WaitingCredit] = ()
    corrections_problem: str = ""
