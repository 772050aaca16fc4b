"""What a customer sees. Never a margin; cost only in an open book.

Under a closed contract a line's rate, explanation and evidence speak of no cost and of no share
either: the view gives what the customer may read, the template prints it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from services.portal.domain.invoice_breakdown import Breakdown, Row
from services.portal.domain.invoice_document import InvoiceHead, Line, OpenBook
from services.portal.pages.page import CustomerName, Page
from shared.money import Money
from shared.periods import Month


@dataclass(frozen=True)
class EstimateLine:
    description: str
    amount: Money


@dataclass(frozen=True)
class SoFar:
    """The newest month after the last invoice; its lines sum to its total, the small ones in one.

    A total of None: nobody knows yet.
    """

    month: Month
    total: Money | None
    as_of: datetime | None
    lines: Sequence[EstimateLine]


@dataclass(frozen=True)
class Current:
    """The last invoice; a line's `by` is on the month before, None where it is new."""

    total: Money
    is_before_tax: bool
    lines: Sequence[Line]


@dataclass(frozen=True)
class CorrectedMonth:
    """A credit note, or a charge of an earlier month, on the invoice that it is told of with.

    `amount` is below 0 where it was given back; `anchor` is its place on the invoice's page.
    """

    month: Month
    amount: Money
    reasons: Sequence[str]
    invoice_id: str
    number: str
    anchor: str


@dataclass(frozen=True)
class CustomerInvoiceRow:
    id: str
    number: str
    period: Month
    state: str
    due_date: date | None
    total: Money
    corrected: Money | None = None


@dataclass(frozen=True, kw_only=True)
class HomePage(Page):
    """`period` is of the last invoice; `what_changed` is one sentence.

    `due_id` is the one invoice that is to pay, None where there are several; `invoices` are newest
    first, and so are the last `corrections`.
    """

    template: ClassVar[str] = "portal/customer/home.html"

    customer: CustomerName
    so_far: SoFar | None
    period: Month
    currency: str
    current: Current | None
    previous_total: Money | None
    change: Decimal | None
    what_changed: str
    open_book: OpenBook | None
    due: Money | None
    due_note: str
    due_id: str | None
    invoices: Sequence[CustomerInvoiceRow]
    corrections: Sequence[CorrectedMonth] = ()


@dataclass(frozen=True, kw_only=True)
class BreakdownPage(Page):
    """Charges by product; `months` are oldest first, `totals` one a month.

    `costs` is there in an open book alone; `other_currencies`: there are invoices in others, which
    are not added in. `corrections` are of the months shown.
    """

    template: ClassVar[str] = "portal/customer/breakdown.html"

    customer: CustomerName
    currency: str = ""
    months: Sequence[Month] = ()
    rows: Sequence[Row] = ()
    totals: Sequence[Money] = ()
    costs: Breakdown | None = None
    other_currencies: bool = False
    corrections: Sequence[CorrectedMonth] = ()


@dataclass(frozen=True, kw_only=True)
class ShownInvoice(InvoiceHead):
    """Without what is for staff."""

    lines: Sequence[Line]
    has_rates: bool
    notes: str


@dataclass(frozen=True, kw_only=True)
class CustomerInvoicePage(Page):
    """`pay_url` is empty where nothing is to pay."""

    template: ClassVar[str] = "portal/customer/invoice.html"

    invoice: ShownInvoice
    pay_url: str
    paid_on: date | None
    open_book: OpenBook | None
