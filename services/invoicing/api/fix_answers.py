"""What the API answers about an invoice that is to be put right; amounts are decimals as text."""

from typing_extensions import TypedDict

from shared.contracts.invoicing import Cause
from shared.vocabulary.fixes import FixRoute, Wrong
from shared.vocabulary.roles import Role


class FixableLine(TypedDict):
    """`room` is what can still be credited of it."""

    position: int
    description: str
    amount: str
    room: str


class FixEffect(TypedDict):
    """What is given back in all, what is then left to pay, and where the rest goes.

    `carried` and `waived` are of the account of the invoice's month once it is settled.
    """

    credited: str
    left_to_pay: str
    remaining: str
    balance: str
    refund: str
    out_of_band: str
    carried: str
    waived: str


class Fix(TypedDict):
    """A legal route; its effect is null where it depends on amounts that nobody has named.

    `not_by` are those who may not take it, whatever their role.
    """

    wrong: Wrong
    route: FixRoute
    roles: list[Role]
    needs_lines: bool
    needs_second_person: bool
    not_by: list[str]
    effect: FixEffect | None


class GivenLine(TypedDict):
    position: int
    description: str
    amount: str


class NoteOfInvoice(TypedDict):
    """`given_for` is empty of what true-up has made, and of what was made at Stripe.

    `not_by` have brought it into its state, so that the step that follows is for somebody else.
    Where it is, or as things stand would go, is in `remaining` to `out_of_band`.
    """

    document: str
    version: int
    kind: str
    given_for: str
    net: str
    state: str
    number: str
    parked_for: list[Cause]
    lines: list[GivenLine]
    given_by: str
    given_at: str
    reason: str
    not_by: list[str]
    remaining: str
    balance: str
    refund: str
    out_of_band: str


class InvoiceFixes(TypedDict):
    """`account` is that of the invoice's month, empty where it has none."""

    invoice_id: str
    number: str
    version: int
    state: str
    currency: str
    total: str
    remaining: str
    amount_paid: str
    account: str
    lines: list[FixableLine]
    notes: list[NoteOfInvoice]
    fixes: list[Fix]


class FixedInvoice(TypedDict):
    """`document` is a credit note, the draft of an invoice, or the account."""

    document: str
    state: str
