"""Facts that the invoicing service publishes."""

from dataclasses import field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from pydantic.dataclasses import dataclass

from shared.contracts.contract import Contract


@dataclass(frozen=True)
class InvoiceLineFact:
    """`amount` is in the invoice's currency, with its minor units; `cost` is for staff only."""

    position: int
    description: str
    kind: str
    quantity: Decimal | None
    unit_amount: Decimal | None
    amount: Decimal
    service_start: date
    service_end: date
    tenant: str = ""
    basis: str = ""
    cost: Decimal | None = None
    charge_group: str = ""


@dataclass(frozen=True)
class TransitionFact:
    from_state: str
    to_state: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class ActionFact:
    """What may be done now and by which roles; `refused` says why not, '' if it may.

    `not_by` are the people who did the step before and may not do this one.
    """

    name: str
    roles: list[str]
    refused: str = ""
    not_by: list[str] = field(default_factory=list)
    needs_reason: bool = False


@dataclass(frozen=True)
class InvoiceFact:
    """An invoice as it stands, whole; the consumer keeps the highest `version`.

    `restated_by` is what the newest cost of a bill restated since would add to the total, None if
    it was not. It, `lines[].cost`, `parked_reasons`, `history` and `actions` are for staff; a
    customer may see the rest, and only once the state is issued or later.
    """

    invoice_id: str
    customer: str
    customer_name: str
    period: str
    version: int
    state: str
    currency: str
    total: Decimal
    lines: list[InvoiceLineFact]
    plan: str
    disclosure: str
    seller: dict[str, str]
    buyer: dict[str, str]
    run_id: str
    drafted_at: datetime
    tax: Decimal | None = None
    number: str = ""
    issued_at: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    stripe_invoice_id: str = ""
    stripe_status: str = ""
    hosted_invoice_url: str = ""
    previous_total: Decimal | None = None
    restated_by: Decimal | None = None
    parked_reasons: list[str] = field(default_factory=list)
    history: list[TransitionFact] = field(default_factory=list)
    actions: list[ActionFact] = field(default_factory=list)
    days_until_due: int | None = None


@dataclass(frozen=True)
class CustomerContracted:
    """A customer, its contact and the tenants it pays for; `version` rises with each change."""

    customer: str
    name: str
    email: str
    tenants: list[str]
    plan: str
    disclosure: str
    version: int


@dataclass(frozen=True)
class EstimatedLine:
    description: str
    amount: Decimal


@dataclass(frozen=True)
class ChargesEstimated:
    """What a customer would be charged for a period that is not closed, by its newest run.

    Prices alone, before tax, for the customer's own eyes; a fee of the month counts whole.
    `version` is the run's, the highest counts.
    """

    customer: str
    period: str
    version: int
    currency: str
    total: Decimal
    lines: list[EstimatedLine]
    attributed_at: datetime


@dataclass(frozen=True)
class RevenueRecorded:
    """One entry of what a tenant earned: entries add up, and each comes exactly once.

    `amount` is signed: a draft's entry is taken back by its negative when the invoice is issued.
    """

    entry_id: str
    tenant: str
    period: str
    currency: str
    amount: Decimal
    basis: str
    invoice_id: str
    recorded_at: datetime


_MOMENT = datetime(2026, 11, 3, 7, 0, tzinfo=UTC)

_INVOICE_EXAMPLE = InvoiceFact(
    invoice_id="inv_0192f0c4",
    customer="acme",
    customer_name="Acme Corp",
    period="2026-10",
    version=4,
    state="issued",
    currency="USD",
    total=Decimal("1939.60"),
    lines=[
        InvoiceLineFact(
            position=1,
            description="Cloud usage, Compute",
            kind="cost_plus",
            quantity=None,
            unit_amount=None,
            amount=Decimal("1440.60"),
            service_start=date(2026, 10, 1),
            service_end=date(2026, 11, 1),
            tenant="acme",
            basis="cost of 1200.50 plus 20 %",
            cost=Decimal("1200.50"),
        )
    ],
    plan="standard",
    disclosure="closed",
    seller={"name": "Northbeam Analytics"},
    buyer={"name": "Acme Corp", "email": "ap@acme.example"},
    run_id="run_0192f0c3",
    drafted_at=_MOMENT,
    number="ACME-0001",
    issued_at=_MOMENT,
)


def _invoice_contract(fact: str) -> Contract[InvoiceFact]:
    return Contract(
        name=f"invoicing.invoice_{fact}.v1",
        payload=InvoiceFact,
        producer="invoicing",
        consumers=("portal",),
        example=_INVOICE_EXAMPLE,
    )


INVOICE_DRAFTED: Final = _invoice_contract("drafted")
INVOICE_PARKED: Final = _invoice_contract("parked")
INVOICE_REVIEWED: Final = _invoice_contract("reviewed")
INVOICE_APPROVED: Final = _invoice_contract("approved")
INVOICE_ISSUING_STARTED: Final = _invoice_contract("issuing_started")
INVOICE_ISSUED: Final = _invoice_contract("issued")
INVOICE_PAID: Final = _invoice_contract("paid")
INVOICE_OVERDUE: Final = _invoice_contract("overdue")
INVOICE_VOIDED: Final = _invoice_contract("voided")
INVOICE_WRITTEN_OFF: Final = _invoice_contract("written_off")
INVOICE_RESTATED: Final = _invoice_contract("restated")

INVOICE_FACTS: Final = (
    INVOICE_DRAFTED,
    INVOICE_PARKED,
    INVOICE_REVIEWED,
    INVOICE_APPROVED,
    INVOICE_ISSUING_STARTED,
    INVOICE_ISSUED,
    INVOICE_PAID,
    INVOICE_OVERDUE,
    INVOICE_VOIDED,
    INVOICE_WRITTEN_OFF,
    INVOICE_RESTATED,
)

CUSTOMER_CONTRACTED: Final = Contract(
    name="invoicing.customer_contracted.v1",
    payload=CustomerContracted,
    producer="invoicing",
    consumers=("portal",),
    example=CustomerContracted(
        customer="acme",
        name="Acme Corp",
        email="ap@acme.example",
        tenants=["acme"],
        plan="standard",
        disclosure="closed",
        version=1,
    ),
)

CHARGES_ESTIMATED: Final = Contract(
    name="invoicing.charges_estimated.v1",
    payload=ChargesEstimated,
    producer="invoicing",
    consumers=("portal",),
    example=ChargesEstimated(
        customer="acme",
        period="2026-11",
        version=7,
        currency="USD",
        total=Decimal("812.40"),
        lines=[EstimatedLine("Cloud usage: Compute", Decimal("812.40"))],
        attributed_at=_MOMENT,
    ),
)

REVENUE_RECORDED: Final = Contract(
    name="invoicing.revenue_recorded.v1",
    payload=RevenueRecorded,
    producer="invoicing",
    consumers=("attribution",),
    example=RevenueRecorded(
        entry_id="rev_0192f0c5",
        tenant="acme",
        period="2026-10",
        currency="USD",
        amount=Decimal("1939.60"),
        basis="issued",
        invoice_id="inv_0192f0c4",
        recorded_at=_MOMENT,
    ),
    subject="tenant",
)
