"""What the API answers, as its schema shows it; amounts are decimals as text."""

from datetime import date, datetime
from typing import Any

from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from shared.contracts.invoicing import Cause, InvoiceFact, Refusal
from shared.vocabulary.account_states import AccountChoice
from shared.vocabulary.true_up import GrantKind


@dataclass(frozen=True, kw_only=True)
class Invoice(InvoiceFact):
    """As its reader may see it: a customer gets nothing of runs, steps, actions and `charges`.

    Of a contract that is not open-book a customer gets no cost of a line, and no basis, either.
    """

    run_id: str = ""


class InvoiceList(TypedDict):
    data: list[Invoice]


class BilledCustomer(TypedDict):
    customer: str
    name: str
    email: str


class CustomerList(TypedDict):
    data: list[BilledCustomer]


class AppliedPlans(TypedDict):
    """`is_changed`: false where these terms were in force already."""

    digest: str
    is_changed: bool


class Issuing(TypedDict):
    refused: Refusal | None


class PriceOfPlan(TypedDict):
    """`terms` are the plan's components as `trueback.yaml` has them, without their names."""

    plan: str
    name: str
    version: int
    is_current: bool
    currency: str
    total: str
    terms: list[dict[str, Any]]


class PriceList(TypedDict):
    data: list[PriceOfPlan]


class CorrectedLine(TypedDict):
    """Of a month: what was charged for it by all documents together, and what is right.

    `description` is "" of what an earlier release made.
    """

    description: str
    component: str
    tenant: str
    charge_group: str
    start: str
    end: str
    charged: str
    corrected: str


class CorrectionLine(TypedDict):
    """Of a document: what it gives back, or charges, of one line."""

    description: str
    amount: str


class SettledWhere(TypedDict):
    """`remaining` is off what is still to pay, `balance` on the customer's balance at Stripe."""

    remaining: str
    balance: str
    refund: str
    out_of_band: str
    refund_failed: str


class CorrectionDocument(TypedDict):
    """`kind` is credit_note or debit; where a note went is zero until it is issued.

    `expected` is where it would go as things stand, null once it is issued. A debit that waits for
    the next invoice has no number and is called by its own id; `on_period` and `on_kind` are of the
    invoice that it stands on, "" while there is none, and of a note.
    """

    kind: str
    document: str
    version: int
    note_kind: str
    given_for: str
    close: int
    causes: list[str]
    number: str
    corrects: str
    corrects_id: str
    on_period: str
    on_kind: str
    net: str
    tax: str
    state: str
    parked_for: list[Cause]
    lines: list[CorrectionLine]
    detail: list[CorrectedLine]
    remaining: str
    balance: str
    refund: str
    out_of_band: str
    expected: SettledWhere | None


class DrawnGrant(TypedDict):
    """What the month has `drawn` of it, and what of it all months have `left`."""

    grant: str
    key: str
    kind: GrantKind
    drawn: str
    left: str
    expires: date | None


class CorrectedAccount(TypedDict):
    """A contract's month: target = billed + carried + waived.

    Nothing below `threshold` is documented. `terms` are those that it is priced by for good, as
    they were written down, and `statements_uri` is of the newest close; `ledger` is the balance of
    `true_up`, which is carried and what is on its way to Stripe. `choices` is what a person may
    decide of it, `stopped_for` why it waits for that. `grants` are in the order in which they are
    drawn.
    """

    account: str
    period: str
    customer: str
    customer_name: str
    contract: str
    invoice: str
    invoice_id: str
    currency: str
    base: str
    target: str
    billed: str
    carried: str
    waived: str
    threshold: str
    ledger: str
    waived_why: str
    cause: str
    close: int
    state: str
    stopped_for: Cause | None
    choices: list[AccountChoice]
    terms: dict[str, Any]
    grants: list[DrawnGrant]
    statements_uri: str
    documents: list[CorrectionDocument]


class SettledClose(TypedDict):
    """The newest close; `bill` is what all tenants cost by it, null where that is not known.

    `unsettled` accounts are still to be settled on it.
    """

    number: int
    causes: list[str]
    closed_by: str
    closed_at: str
    currency: str
    bill: str | None
    bill_before: str | None
    unsettled: int


class CorrectionList(TypedDict):
    """`close` is null of a month that was never closed."""

    data: list[CorrectedAccount]
    close: SettledClose | None


class WaitingSum(TypedDict):
    """Of what waits, in one currency; both are above 0 or 0."""

    currency: str
    credits: str
    debits: str


class WaitingMonth(TypedDict):
    """Documents of a close in review and parked; accounts that a person says what becomes of."""

    period: str
    close: int
    closed_at: str | None
    causes: list[str]
    in_review: int
    parked: int
    stopped: int
    below_zero: int
    sums: list[WaitingSum]


class WaitingCredit(TypedDict):
    """What a person gives, before it is issued; `invoice` is the number of what it is given on."""

    document: str
    invoice_id: str
    invoice: str
    customer: str
    customer_name: str
    period: str
    given_for: str
    net: str
    currency: str
    state: str
    given_by: str
    given_at: str


class WaitingList(TypedDict):
    data: list[WaitingMonth]
    given: list[WaitingCredit]


class ApprovedCorrections(TypedDict):
    """How many were approved, and how many are left for somebody to look at."""

    count: int
    left: int


class MovedAccount(TypedDict):
    """`invoice_id` is the draft that bills its month anew, empty without one."""

    account: str
    state: str
    invoice_id: str


class MovedNote(TypedDict):
    document: str
    state: str
    version: int


class LedgerBalance(TypedDict):
    customer: str
    currency: str
    account: str
    balance: str


class LedgerBalances(TypedDict):
    """`unbalanced` are documents whose entries don't sum to zero: there is none."""

    data: list[LedgerBalance]
    unbalanced: list[str]


class AccountEntry(TypedDict):
    """`amount` is what the customer owes more by it, `balance` what it owes then."""

    at: datetime
    event: str
    kind: str
    document: str
    number: str
    period: str
    amount: str
    balance: str


class AccountStatement(TypedDict):
    """`closing` is `due` less `on_credit`; positive is owed by the customer."""

    currency: str
    opening: str
    entries: list[AccountEntry]
    closing: str
    due: str
    on_credit: str


class StatementOfAccount(TypedDict):
    customer: str
    name: str
    data: list[AccountStatement]
