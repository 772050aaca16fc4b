"""Does every month that was invoiced come to what its newest close costs? In US dollars."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tests.checker.books import Books, Invoice
from tests.checker.findings import QUANTUM, Finding, differences, sums_of
from tests.checker.prices import Price, prices

# What differs by less waits: no contract of the sample company says otherwise.
_THRESHOLD: Final = Decimal("1.00")
# Each settlement books what rounding it took, to ten decimal places.
_SETTLEMENTS: Final = 20


@dataclass(frozen=True)
class _Standing:
    """A month of a customer: `carried` is what its documents at Stripe don't say yet."""

    name: str
    customer: str
    carried: Decimal
    waits: Decimal
    revenue: Decimal
    restated_by: Decimal


def judge_accounts(books: Books) -> Iterator[Finding]:
    standings = list(_standings(books))
    yield from differences(
        "restated by",
        {each.name: each.carried for each in standings},
        {each.name: each.restated_by for each in standings},
    )
    # A correction that waits is the whole difference; without one it is below the threshold.
    yield from differences(
        "corrections that wait",
        {each.name: each.carried for each in standings},
        {each.name: each.waits for each in standings},
        within={each.name: Decimal(0) if each.waits else _THRESHOLD for each in standings},
    )
    yield from _notes(books)
    yield from _ledger(books, standings)


def _standings(books: Books) -> Iterator[_Standing]:
    billed = _billed_at_stripe(books)
    for invoice in books.invoices:
        if not (invoice.is_standard and invoice.is_issued):
            continue
        account = books.accounts[invoice.account]
        owed = _owed(books, invoice)
        target = sum((price.amount for price in owed if price.charge_group), Decimal(0))
        yield _Standing(
            name=f"{invoice.period}, {invoice.customer}",
            customer=invoice.customer,
            carried=target - billed.get(invoice.account, Decimal(0)) - account.waived,
            waits=account.waits,
            revenue=sum((price.exact for price in owed), Decimal(0)),
            restated_by=invoice.restated_by,
        )


def _owed(books: Books, invoice: Invoice) -> list[Price]:
    """By the newest close."""
    newest = next(month.newest for month in books.months if month.period == invoice.period)
    return [
        price
        for contract in books.contracts
        if contract.customer == invoice.customer
        for price in prices(contract, invoice.period, newest.kept)
    ]


def _billed_at_stripe(books: Books) -> dict[str, Decimal]:
    """By account: the lines at Stripe that go by cost, less the notes on them."""
    account_of = _accounts_of_lines(books)
    billed = [
        (account_of[at.invoice_id, position], amount)
        for at in books.at_stripe
        for position, amount in at.lines.items()
        if (at.invoice_id, position) in account_of
    ]
    billed += [
        (account_of[at.invoice_id, position], -amount)
        for at in books.notes_at_stripe
        for position, amount in at.lines.items()
        if (at.invoice_id, position) in account_of
    ]
    return sums_of(billed)


def _accounts_of_lines(books: Books) -> Mapping[tuple[str, str], str]:
    return {
        (invoice.invoice_id, position): line.corrects or invoice.account
        for invoice in books.invoices
        for position, line in invoice.lines.items()
        if line.corrects or line.is_of_cost
    }


def _notes(books: Books) -> Iterator[Finding]:
    """What we have issued is there, once, line by line; nothing else is."""
    yield from differences(
        "credited at Stripe",
        sums_of(
            (f"{note.note_id} on {note.invoice_id}, {position}", amount)
            for note in books.notes
            if note.is_issued
            for position, amount in note.lines.items()
        ),
        sums_of(
            (f"{at.note_id} on {at.invoice_id}, {position}", amount)
            for at in books.notes_at_stripe
            for position, amount in at.lines.items()
        ),
    )
    yield from differences(
        "settled at Stripe",
        {at.note_id: sum(at.lines.values(), Decimal(0)) for at in books.notes_at_stripe},
        {at.note_id: at.remaining + at.balance for at in books.notes_at_stripe},
    )


def _ledger(books: Books, standings: list[_Standing]) -> Iterator[Finding]:
    """Revenue is what the newest close costs, exactly; rounding has its own account."""
    customer_of = {invoice.invoice_id: invoice.customer for invoice in books.invoices}
    parts = [(f"{each.customer}, revenue", -each.revenue) for each in standings]
    parts += [(f"{each.customer}, true_up", each.carried) for each in standings]
    for invoice in books.invoices:
        if invoice.is_issued:
            side = "cash" if invoice.is_paid else "receivable"
            parts.append((f"{invoice.customer}, {side}", invoice.total))
    for note in books.notes_at_stripe:
        customer = customer_of.get(note.invoice_id, note.invoice_id)
        parts.append((f"{customer}, receivable", -note.remaining))
        parts.append((f"{customer}, customer_credit", -note.balance))
    expected = sums_of(parts)
    by_customer = sums_of((name.partition(",")[0], amount) for name, amount in expected.items())
    # What is left for the sum to be 0.
    expected |= {f"{customer}, rounding": -amount for customer, amount in by_customer.items()}
    booked = {
        f"{customer}, {account}": amount
        for customer, accounts in books.ledger.items()
        for account, amount in accounts.items()
    }
    allowed = dict.fromkeys(expected.keys() | booked.keys(), QUANTUM * _SETTLEMENTS)
    yield from differences("ledger", expected, booked, within=allowed)
