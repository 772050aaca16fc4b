"""The ledger's entries, by event; docs/reference/true-up.md, "The ledger", has them as a table.

A document is called `<its id>:<event>`, and `:<account id>` where it is of one month of several:
so the balance of `true_up` can be told for each account.
"""

from collections import Counter, defaultdict
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
    debits: Counter[str] = Counter()
    for line in invoice.lines.exclude(account=None):
        debits[line.account_id or ""] += line.amount_minor
    of_others = Money.from_minor(debits.total(), invoice.currency).amount
    own, exact = total - of_others, invoice.exact_total - of_others
    document = f"{invoice.invoice_id}:issued"
    _book(invoice, document, {"receivable": own, "revenue": -exact, "rounding": exact - own})
    for account_id, minor in debits.items():
        debit = Money.from_minor(minor, invoice.currency).amount
        _book(invoice, f"{document}:{account_id}", {"receivable": debit, "true_up": -debit})


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
    account_of = {f"{note.note_id}:issued": note.account_id or "" for note in notes}
    before = LedgerEntry.objects.filter(
        Q(document__startswith=f"{invoice.invoice_id}:") | Q(document__in=account_of)
    )
    by_account: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in before:
        of_document = entry.document.partition(":")[2].partition(":")[2]
        account_id = account_of.get(entry.document, of_document)
        by_account[account_id][entry.account] -= entry.amount
    own = TrueUpAccount.objects.filter(invoice=invoice).first()
    if own is not None:
        charged = sum(
            line.amount_minor
            for line in invoice.lines.filter(account=None)
            if is_cost_derived(line.kind)
        )
        carried = Money.from_minor(charged, invoice.currency).amount
        by_account[own.account_id]["true_up"] += carried
        by_account[own.account_id]["revenue"] -= carried
    for account_id, amounts in by_account.items():
        of = f":{account_id}" if account_id else ""
        _book(invoice, f"{invoice.invoice_id}:void{of}", amounts)


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
