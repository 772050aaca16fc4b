"""Fix this invoice: what is wrong, the legal route, what it comes to in money, done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from services.portal.domain.invoice_actions import ShownAction
from services.portal.pages.corrections import DocumentLine, Place
from services.portal.pages.page import CustomerName, Page
from shared.money import Money
from shared.periods import Month


@dataclass(frozen=True)
class FixedInvoice:
    """`remaining` is what is still to pay of it, by the books."""

    id: str
    number: str
    customer: CustomerName
    period: Month
    state: str
    currency: str
    version: int
    total: Money
    paid: Money
    remaining: Money


@dataclass(frozen=True)
class FixChoice:
    """A route; `names` are its heading and what is said below it.

    `refused` says why this person may not take it, empty where he may.
    """

    route: str
    names: Sequence[str]
    effect: str
    is_chosen: bool
    refused: str


@dataclass(frozen=True)
class FixLine:
    """`given` is as it was typed, `problem` why it is no amount to give; `after` what stays."""

    position: int
    description: str
    amount: Money
    room: Money
    given: str
    problem: str
    after: Money | None


@dataclass(frozen=True)
class FixEffect:
    """`credited` is before tax, `with_tax` None where none is added; `places` are with tax.

    `carried` waits, and `waived` is never billed, of the month once it is settled.
    """

    credited: Money
    with_tax: Money | None
    places: Sequence[Place]
    left_to_pay: Money
    carried: Money | None
    waived: Money | None


@dataclass(frozen=True)
class ChosenFix:
    """`effect` is None while no amounts are named, or some of them can't be given.

    `lines` are those that have room, of a route that is given on lines. `amounts` are what was
    typed, by the name of the field.
    """

    route: str
    title: str
    words: str
    label: str
    needs_second_person: bool
    lines: Sequence[FixLine]
    amounts: Sequence[tuple[str, str]]
    effect: FixEffect | None


@dataclass(frozen=True)
class CreditOfInvoice:
    """A credit note of it, whatever it was made for; `places` say where its money is, or goes."""

    id: str
    title: str
    number: str
    state: str
    version: int
    amount: Money
    given_by: str
    given_at: datetime
    reason: str
    held_for: Sequence[str]
    lines: Sequence[DocumentLine]
    places: Sequence[Place]
    is_issued: bool
    actions: Sequence[ShownAction]
    refused_actions: Sequence[ShownAction]


@dataclass(frozen=True, kw_only=True)
class FixPage(Page):
    """`silent` says that invoicing does not answer; then nothing else is known.

    `nothing` says why there is no route. `problem` says why what was asked was not done.
    """

    template: ClassVar[str] = "portal/billing/fix.html"

    id: str
    invoice: FixedInvoice | None = None
    choices: Sequence[FixChoice] = ()
    chosen: ChosenFix | None = None
    documents: Sequence[CreditOfInvoice] = ()
    nothing: str = ""
    silent: str = ""
    problem: str = ""
    done: str = ""
    is_moving: bool = False
