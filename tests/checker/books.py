"""What a close has left behind, read once from everywhere: plain values, judged elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tests.checker.prices import Contract


@dataclass(frozen=True)
class Delivery:
    """A bill: its total from its own files, and what the generator meant for whom.

    `cells` are the shares that a recipient has; each may be a quantum (10^-10) off.
    """

    total: Decimal
    truth: Mapping[str, Decimal]
    cells: Mapping[str, int]


@dataclass(frozen=True)
class Run:
    """`published` is recipient -> charge group -> amount in the lake, `kept` the same of tenants in
    the database; `totals` are those of the run's own proof."""

    published: Mapping[str, Mapping[str, Decimal]]
    kept: Mapping[str, Mapping[str, Decimal]]
    totals: Mapping[str, Decimal]


@dataclass(frozen=True)
class Line:
    tenant: str
    charge_group: str
    amount: Decimal
    is_of_cost: bool


@dataclass(frozen=True)
class Invoice:
    invoice_id: str
    customer: str
    period: str
    is_issued: bool
    is_paid: bool
    total: Decimal
    restated_by: Decimal
    lines: Mapping[str, Line]


@dataclass(frozen=True)
class AtStripe:
    """`lines` by the position that we gave them."""

    stripe_id: str
    invoice_id: str
    status: str
    total: Decimal
    lines: Mapping[str, Decimal]


@dataclass(frozen=True)
class Month:
    """`delivered` is what the closed run is of, `newest_delivered` the newest run.

    An open month has no closed run; what it has earned is an estimate, which nobody judges.
    """

    period: str
    delivered: Delivery
    closed: Run | None
    newest_delivered: Delivery
    newest: Run
    shown_costs: Mapping[str, Decimal]
    shown_revenue: Mapping[str, Decimal]
    recorded_revenue: Mapping[str, Decimal]


@dataclass(frozen=True)
class Books:
    """`invoices` are those that are not void; `ledger` is invoice -> account -> balance."""

    months: Sequence[Month]
    contracts: Sequence[Contract]
    invoices: Sequence[Invoice]
    at_stripe: Sequence[AtStripe]
    ledger: Mapping[str, Mapping[str, Decimal]]
