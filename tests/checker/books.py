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
    """`period` is the month of service, and `corrects` the account of which it charges more."""

    tenant: str
    charge_group: str
    amount: Decimal
    is_of_cost: bool
    period: str
    corrects: str = ""


@dataclass(frozen=True)
class Invoice:
    """`account` is the one that a standard invoice was the first of."""

    invoice_id: str
    customer: str
    period: str
    is_standard: bool
    is_issued: bool
    is_paid: bool
    account: str
    total: Decimal
    restated_by: Decimal
    lines: Mapping[str, Line]


@dataclass(frozen=True)
class Note:
    """A credit note of ours; `lines` by the position of the invoice's line that it is on."""

    note_id: str
    invoice_id: str
    account: str
    is_issued: bool
    lines: Mapping[str, Decimal]

    @property
    def net(self) -> Decimal:
        return sum(self.lines.values(), Decimal(0))


@dataclass(frozen=True)
class Account:
    """`waits` is what its corrections that nobody has issued yet come to, debits positive."""

    customer: str
    period: str
    waived: Decimal
    waits: Decimal


@dataclass(frozen=True)
class AtStripe:
    """`lines` by the position that we gave them."""

    stripe_id: str
    invoice_id: str
    status: str
    total: Decimal
    lines: Mapping[str, Decimal]


@dataclass(frozen=True)
class NoteAtStripe:
    """`remaining` lowers what is left to pay, `balance` is the customer's.

    `lines` are by the position of the invoice's line, as a `Note` has them.
    """

    note_id: str
    invoice_id: str
    remaining: Decimal
    balance: Decimal
    lines: Mapping[str, Decimal]


@dataclass(frozen=True)
class Month:
    """`delivered` is what the run of the first close is of, `newest_delivered` the newest run.

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
    """`invoices` and `notes` are those that are not void, `accounts` are by their id, and `ledger`
    is customer -> ledger account -> balance."""

    months: Sequence[Month]
    contracts: Sequence[Contract]
    invoices: Sequence[Invoice]
    notes: Sequence[Note]
    accounts: Mapping[str, Account]
    at_stripe: Sequence[AtStripe]
    notes_at_stripe: Sequence[NoteAtStripe]
    ledger: Mapping[str, Mapping[str, Decimal]]
