"""The ledger's entries, by event; docs/reference/true-up.md, "The ledger", has them as a table."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from django.db.models import Q

from services.invoicing.domain.account_terms import is_cost_derived
from services.invoicing.models import CreditNote, Invoice, LedgerEntry, TrueUpAccount
from shared.money import Money
from shared.vocabulary.corrections import NoteKind

# Where a credit note's total went, by what Stripe says of it.
_SETTLED_IN: Final = {
    "remaining": "receivable",
    "balance": "customer_credit",
    "refund": "cash",
    "out_of_band": "clearing",
}
_GIVEN_BY: Final = {NoteKind.TRUE_UP: "true_up", NoteKind.COMMERCIAL: "credits"}


def book_issued(invoice: Invoice) -> None:
    """Receivable against revenue; what rounding the lines took or gave has its own account.

    What a line charges for an earlier month is revenue of that month already, since its account was
    settled.
    """
    total = Money.from_minor(invoice.total_minor, invoice.currency).amount
    debits = sum(line.amount_minor for line in invoice.lines.exclude(account=None))
    of_others = Money.from_minor(debits, invoice.currency).amount
    exact = invoice.exact_total - of_others
    _book(
        invoice,
        f"{invoice.invoice_id}:issued",
        {
            "receivable": total,
            "revenue": -exact,
            "rounding": exact - (total - of_others),
            "true_up": -of_others,
        },
    )


def book_settled(account: TrueUpAccount, agreed_minor: int, agreed_exact: Decimal) -> None:
    """What the month is to be billed by its newest close, against what it was before."""
    moved = Money.from_minor(agreed_minor - account.agreed_minor, account.currency).amount
    exact = agreed_exact - account.agreed_exact
    _book(
        account,
        f"{account.account_id}:{account.version}",
        {"true_up": moved, "revenue": -exact, "rounding": exact - moved},
    )


def book_credited(note: CreditNote, settlement: Mapping[str, int]) -> None:
    """`settlement` says where the note's total went, in minor units."""
    where = {
        account: -Money.from_minor(settlement.get(part, 0), note.currency).amount
        for part, account in _SETTLED_IN.items()
    }
    _book(
        note,
        f"{note.note_id}:issued",
        {
            _GIVEN_BY[NoteKind(note.kind)]: Money.from_minor(note.net_minor, note.currency).amount,
            "tax": Money.from_minor(note.tax_minor, note.currency).amount,
            **where,
        },
    )


def book_balance(invoice: Invoice, applied_minor: int) -> None:
    """What Stripe took off the invoice from the customer's balance, when it was finalised.

    Below 0 it was added: the customer owed it there.
    """
    applied = Money.from_minor(applied_minor, invoice.currency).amount
    _book(
        invoice,
        f"{invoice.invoice_id}:balance",
        {"customer_credit": applied, "receivable": -applied},
    )


def book_paid(invoice: Invoice, *, paid_minor: int, overpaid_minor: int) -> None:
    """By what was paid; what came above what was due is the customer's."""
    paid = Money.from_minor(paid_minor, invoice.currency).amount
    over = Money.from_minor(overpaid_minor, invoice.currency).amount
    _book(
        invoice,
        f"{invoice.invoice_id}:paid",
        {"cash": paid + over, "receivable": -paid, "customer_credit": -over},
    )


def book_written_off(invoice: Invoice, *, remaining_minor: int) -> None:
    """What nobody pays any more."""
    rest = Money.from_minor(remaining_minor, invoice.currency).amount
    _book(invoice, f"{invoice.invoice_id}:written-off", {"write_off": rest, "receivable": -rest})


def book_void(invoice: Invoice) -> None:
    """Takes back what the issue has booked, what came between, and the notes on it.

    What it charged of cost is not lost: the month's account carries it until a person decides.
    """
    notes = CreditNote.objects.filter(invoice=invoice).exclude(number="")
    of_notes = [f"{note.note_id}:issued" for note in notes]
    before = LedgerEntry.objects.filter(
        Q(document__startswith=f"{invoice.invoice_id}:") | Q(document__in=of_notes)
    )
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for entry in before:
        amounts[entry.account] -= entry.amount
    if TrueUpAccount.objects.filter(invoice=invoice).exists():
        charged = sum(
            line.amount_minor
            for line in invoice.lines.filter(account=None)
            if is_cost_derived(line.kind)
        )
        carried = Money.from_minor(charged, invoice.currency).amount
        amounts["true_up"] += carried
        amounts["revenue"] -= carried
    _book(invoice, f"{invoice.invoice_id}:void", amounts)


def _book(
    of: Invoice | CreditNote | TrueUpAccount, document: str, amounts: Mapping[str, Decimal]
) -> None:
    """A document is booked once: its unique key refuses a second time."""
    if sum(amounts.values()) != 0:
        raise ValueError(f"the entries of {document} do not sum to zero")
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            customer_id=of.customer_id,
            document=document,
            account=account,
            currency=of.currency,
            amount=amount,
        )
        for account, amount in amounts.items()
        if amount
    )
