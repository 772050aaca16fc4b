"""What the API answers, as its schema shows it; amounts are decimals as text."""

from typing import Any

from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from shared.contracts.invoicing import Cause, InvoiceFact, Refusal


@dataclass(frozen=True, kw_only=True)
class Invoice(InvoiceFact):
    """As its reader may see it: a customer gets nothing of runs, steps and actions.

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
    """Of a month: what was charged for it by all documents together, and what is right."""

    component: str
    tenant: str
    charge_group: str
    start: str
    end: str
    charged: str
    corrected: str


class CorrectionDocument(TypedDict):
    """`kind` is credit_note or debit; where a note went is zero until it is issued.

    A debit that waits for the next invoice has no number and is called by its own id.
    """

    kind: str
    document: str
    version: int
    number: str
    corrects: str
    net: str
    tax: str
    state: str
    parked_for: list[Cause]
    detail: list[CorrectedLine]
    remaining: str
    balance: str
    refund: str
    out_of_band: str
    refund_failed: str


class CorrectedAccount(TypedDict):
    """A contract's month: target = billed + carried + waived.

    `terms` are those that it is priced by for good, as they were written down, and `statements_uri`
    is of the newest close; `ledger` is the balance of `true_up`, which is carried and what is on
    its way to Stripe.
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
    waived_why: str
    cause: str
    close: int
    state: str
    stopped_for: Cause | None
    terms: dict[str, Any]
    ledger: str
    statements_uri: str
    documents: list[CorrectionDocument]


class CorrectionList(TypedDict):
    data: list[CorrectedAccount]


class ApprovedCorrections(TypedDict):
    """How many were approved, and how many are left for somebody to look at."""

    count: int
    left: int


class MovedNote(TypedDict):
    document: str
    state: str
    version: int
