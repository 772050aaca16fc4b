"""Review of one invoice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from services.portal.domain.invoice_actions import ShownAction
from services.portal.domain.invoice_comparison import Comparison
from services.portal.domain.invoice_document import InvoiceHead, Line
from services.portal.pages.page import Page
from shared.money import Money


@dataclass(frozen=True)
class ParkedReason:
    text: str
    remedy: str


@dataclass(frozen=True)
class Event:
    """A step of its life; `digest` is of its entry in the hash chain, empty where unknown."""

    state: str
    label: str
    at: datetime
    actor: str
    reason: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class ReviewedInvoice(InvoiceHead):
    """`restated_by` is how much the newest cost would change it, issued or not.

    `is_finished`: issuing or later. `timeline` is newest first.
    """

    customer_key: str
    stripe_status: str
    stripe_url: str
    stripe_invoice_id: str
    lines: Sequence[Line]
    comparison: Comparison
    paid_on: date | None
    payment: str
    disclosure: str
    version: int
    parked: Sequence[ParkedReason]
    restated_by: Money | None
    restated_total: Money
    next_step: str
    days_until_due: int | None
    actions: Sequence[ShownAction]
    refused_actions: Sequence[ShownAction]
    is_finished: bool
    timeline: Sequence[Event]


@dataclass(frozen=True)
class Successor:
    """What took a void invoice's place."""

    id: str
    number: str


@dataclass(frozen=True)
class Neighbours:
    """In the inbox that it was come from; `position` of 0: it has left that meanwhile."""

    previous_id: str | None
    next_id: str | None
    position: int
    count: int


@dataclass(frozen=True, kw_only=True)
class InvoicePage(Page):
    """`problem` says why the last action was refused, `issue_refusal` why nothing can be issued.

    An action is posted with `version` and, where asked for, `reason` or `confirmed=yes`.
    `may_fix`: it is issued, and this person puts right what is wrong with it.
    """

    template: ClassVar[str] = "portal/billing/invoice.html"

    invoice: ReviewedInvoice
    may_fix: bool = False
    successor: Successor | None = None
    neighbours: Neighbours | None = None
    problem: str = ""
    issue_refusal: str = ""
    issue_problem: str = ""
