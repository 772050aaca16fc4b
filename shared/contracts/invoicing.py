"""Facts that the invoicing service publishes."""

from dataclasses import field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from shared.contracts.bases import Basis, Markup
from shared.contracts.contract import Contract
from shared.contracts.fields import (
    Amount,
    Code,
    Count,
    Currency,
    Day,
    Email,
    EntryId,
    Id,
    Instant,
    Key,
    Level,
    Line,
    Name,
    Number,
    Period,
    Words,
)
from shared.contracts.invoice_corrections import Charge, Credit, TaxGroup


@dataclass(frozen=True)
class InvoiceLineFact:
    """`amount` is in the invoice's currency, with its minor units; `cost` is for staff only.

    `description` is part of the document: the same words at Stripe, on the PDF and on pages. Of
    which `component` of the plan the line is, and of which charge group, is not read from it.
    """

    position: Count
    description: Line
    kind: Code
    quantity: Number | None
    unit_amount: Number | None
    amount: Amount
    service_start: Day
    service_end: Day
    tenant: Name = ""
    basis: Basis | None = None
    cost: Amount | None = None
    charge_group: Name = ""
    component: Name = ""


@dataclass(frozen=True)
class Difference:
    """What Stripe's draft has otherwise: `of` a line, the currency or the total; None is none."""

    of: Line
    here: Words | None
    there: Words | None


@dataclass(frozen=True)
class Cause:
    """Why an invoice was moved, or is held: `code` says what, `figures` what belongs to it.

    `text` are words of a person (whose code is `person`) or of Stripe, to be quoted as they are.
    """

    code: Name
    figures: dict[Name, Words] = field(default_factory=dict)
    text: Words = ""
    differences: list[Difference] = field(default_factory=list)


# As rows hold them.
CAUSE: Final[TypeAdapter[Cause]] = TypeAdapter(Cause)
CAUSES: Final[TypeAdapter[list[Cause]]] = TypeAdapter(list[Cause])


@dataclass(frozen=True)
class TransitionFact:
    from_state: Code
    to_state: Code
    actor: Key
    cause: Cause
    at: Instant


@dataclass(frozen=True)
class Refusal:
    """Why an action may not be taken in `state`: `code`, and what is `needed`.

    Of code `state` the states are needed, of `role` the roles; others are `second_person`,
    `reason`, `no_stripe_key` and `unknown_action`. In a fact it is of the state alone.
    """

    code: Name
    state: Code
    needed: list[Name] = field(default_factory=list)


@dataclass(frozen=True)
class ActionFact:
    """What may be done now and by which roles; `refused` says why not, None if it may.

    `not_by` are the people who did the step before and may not do this one.
    """

    name: Name
    roles: list[Name]
    refused: Refusal | None = None
    not_by: list[Key] = field(default_factory=list)
    needs_reason: bool = False


@dataclass(frozen=True)
class InvoiceFact:
    """An invoice as it stands, whole; the consumer keeps the highest `version`.

    `total` is before `tax`, which is None where none is ours, and of `taxes` by rate.
    `restated_by` is what the newest cost of a bill restated since would add to the total and its
    corrections, None if it was not. `kind` is standard, or supplementary of what charges more of a
    month. `costs` are by charge group, in the invoice's currency, all that it is priced on: also of
    credits that other lines are lower by. None where no line is derived from cost, and of an
    earlier release. They, `restated_by`, `lines[].cost`, `parked_reasons`, `history` and `actions`
    are for staff; a customer may see the rest, and only once the state is issued or later.
    """

    invoice_id: Id
    customer: Key
    customer_name: Name
    period: Period
    version: Count
    state: Code
    currency: Currency
    total: Amount
    lines: list[InvoiceLineFact]
    plan: Name
    disclosure: Level
    seller: dict[Name, Words]
    buyer: dict[Name, Words]
    run_id: Id
    drafted_at: Instant
    tax: Amount | None = None
    number: Name = ""
    issued_at: Instant | None = None
    due_at: Instant | None = None
    paid_at: Instant | None = None
    stripe_invoice_id: Name = ""
    stripe_status: Code = ""
    hosted_invoice_url: Line = ""
    previous_total: Amount | None = None
    restated_by: Amount | None = None
    parked_reasons: list[Cause] = field(default_factory=list)
    history: list[TransitionFact] = field(default_factory=list)
    actions: list[ActionFact] = field(default_factory=list)
    days_until_due: Count | None = None
    kind: Code = "standard"
    credits: list[Credit] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    costs: dict[Name, Amount] | None = None
    taxes: list[TaxGroup] = field(default_factory=list)


@dataclass(frozen=True)
class CustomerContracted:
    """A customer, its contact and the tenants it pays for; `version` rises with each change."""

    customer: Key
    name: Name
    email: Email
    tenants: list[Key]
    plan: Name
    disclosure: Level
    version: Count


@dataclass(frozen=True)
class EstimatedLine:
    description: Line
    amount: Amount


@dataclass(frozen=True)
class ChargesEstimated:
    """What a customer would be charged for a period that is not closed, by its newest run.

    Prices alone, before tax, for the customer's own eyes; a fee of the month counts whole.
    `version` is the run's, the highest counts.
    """

    customer: Key
    period: Period
    version: Count
    currency: Currency
    total: Amount
    lines: list[EstimatedLine]
    attributed_at: Instant


@dataclass(frozen=True)
class RevenueRecorded:
    """One entry of what a tenant earned: entries add up, and each comes exactly once.

    `amount` is signed: a draft's entry is taken back by its negative when the invoice is issued.
    """

    entry_id: EntryId
    tenant: Key
    period: Period
    currency: Currency
    amount: Amount
    basis: Code
    invoice_id: Id
    recorded_at: Instant


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
            description="Cloud usage: Compute",
            kind="cost_plus",
            quantity=None,
            unit_amount=None,
            amount=Decimal("1440.60"),
            service_start=date(2026, 10, 1),
            service_end=date(2026, 11, 1),
            tenant="acme",
            basis=Markup(Decimal(20)),
            cost=Decimal("1200.50"),
            charge_group="Compute",
            component="Cloud usage",
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
    history=[
        TransitionFact(
            "", "draft", "trueback", Cause("period_closed", {"period": "2026-10"}), _MOMENT
        ),
        TransitionFact("draft", "in_review", "clara", Cause("person"), _MOMENT),
    ],
    actions=[
        ActionFact("approve", ["billing_approver"], Refusal("state", "issued", ["in_review"]))
    ],
)


def _invoice_contract(fact: str) -> Contract[InvoiceFact]:
    return Contract(
        name=f"invoicing.invoice_{fact}.v2",
        payload=InvoiceFact,
        producer="invoicing",
        consumers=("portal",),
        versions=("version",),
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
INVOICE_CREDITED: Final = _invoice_contract("credited")

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
    INVOICE_CREDITED,
)

CUSTOMER_CONTRACTED: Final = Contract(
    name="invoicing.customer_contracted.v1",
    payload=CustomerContracted,
    producer="invoicing",
    consumers=("portal",),
    versions=("version",),
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
    versions=("version",),
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
