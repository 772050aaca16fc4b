"""What a month's newest close corrects of what was invoiced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.core.paginator import Page as PageOfRows

from services.portal.domain.invoice_actions import ShownAction
from services.portal.pages.page import Choice, CustomerName, Page
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState


@dataclass(frozen=True)
class ShownClose:
    """`restated_by` is what the bill moved since the close before, None where that is not known.

    `unsettled` accounts are still to be settled on it.
    """

    number: int
    closed_by: str
    closed_at: datetime
    causes: str
    restated: str
    restated_by: Money | None
    unsettled: int


@dataclass(frozen=True)
class DocumentLine:
    description: str
    amount: Money


@dataclass(frozen=True)
class ChangedLine:
    """A line of the month that came out otherwise, also where another one pays for it."""

    description: str
    charged: Money
    corrected: Money
    by: Money


@dataclass(frozen=True)
class Place:
    """Where a credit goes, or has gone."""

    amount: Money
    words: str


@dataclass(frozen=True)
class CorrectionDocument:
    """`amount` is below 0 where it gives back. `invoice_id` is of the invoice that a debit is on.

    `waits_for` is empty of what is done; `held_for` are the reasons that it is parked for.
    `actions` are of a credit note alone: an invoice has its own page.
    """

    id: str
    title: str
    number: str
    amount: Money
    state: str
    version: int
    close: int
    cause: str
    corrects: str
    corrects_id: str
    invoice_id: str
    waits_for: str
    held_for: Sequence[str]
    lines: Sequence[DocumentLine]
    changed: Sequence[ChangedLine]
    places: Sequence[Place]
    actions: Sequence[ShownAction]
    refused_actions: Sequence[ShownAction]

    @property
    def is_note(self) -> bool:
        return self.amount.amount < 0


@dataclass(frozen=True)
class GivenBesides:
    """A credit note that a person has made on the month's invoice; it has the invoice's page."""

    title: str
    number: str
    amount: Money
    state: str
    invoice_id: str


@dataclass(frozen=True)
class CorrectionRow:
    """An account; `difference` is what the close changes of what is billed for it in the end.

    `documents` are of this close, `earlier` of those before. `carried` waits though no document
    says so, `waived` never will be on one; None where that is nothing. What is
    carried for no `carried_why` is below `threshold`. `state` is of the document
    that waits for somebody first, or carried, waived, stopped.
    """

    account: str
    customer: CustomerName
    invoice: str
    invoice_id: str
    cause: str
    before: Money
    after: Money
    difference: Money
    state: str
    documents: Sequence[CorrectionDocument]
    earlier: Sequence[CorrectionDocument]
    given: Sequence[GivenBesides]
    carried: Money | None
    threshold: Money
    carried_why: str
    waived: Money | None
    waived_why: str
    stopped: str


@dataclass(frozen=True)
class Direction:
    """Credits, or debits, of the close; `amounts` one a currency, as they change what is billed."""

    count: int
    amounts: Sequence[Money]


@dataclass(frozen=True)
class ToApprove:
    """`count` in review, `braked` held by nothing but the sum of the close."""

    count: int
    braked: int
    amounts: Sequence[Money]
    braked_amounts: Sequence[Money]


@dataclass(frozen=True, kw_only=True)
class CorrectionsPage(Page):
    """`close` is None where invoicing has none, or does not answer: then `silent` says so.

    `credits`, `debits` and `carried` are of all rows, whatever is filtered; `unchanged` accounts
    have no row. `address` is the page's own, where a refused form has another. `problem` says why
    the last action was not done. `opened` is the account whose documents are shown at once.
    `is_moving`: Stripe is asked for some of it, and the page follows.
    """

    template: ClassVar[str] = "portal/billing/corrections.html"

    period: Month
    period_state: PeriodState
    close: ShownClose | None
    address: str = ""
    silent: str = ""
    problem: str = ""
    approved: int | None = None
    credits: Direction = Direction(0, ())
    debits: Direction = Direction(0, ())
    carried: int = 0
    threshold: Money | None = None
    views: Sequence[Choice] = ()
    view: str = "all"
    q: str = ""
    sort: str = ""
    rows: Sequence[CorrectionRow] = ()
    paging: PageOfRows[Any] | None = None
    corrected_count: int = 0
    unchanged: int = 0
    opened: str = ""
    to_approve: ToApprove | None = None
    may_approve: bool = False
    is_moving: bool = False
