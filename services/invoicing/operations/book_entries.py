"""The ledger's entries, by event; docs/reference/true-up.md, "The ledger", has them as a table.

A document is called `<its id>:<event>`, and `:<account id>` where it is of one month of several:
so the balance of `true_up` can be told for each account.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.db.models import Q

from services.invoicing.domain.account_terms import is_cost_derived
from services.invoicing.domain.price_steps import in_steps
from services.invoicing.models import CreditNote, Invoice, LedgerEntry, TrueUpAccount
from shared.money import Money, currency_exponent, smallest_charge_step
from shared.vocabulary.corrections import GivenFor, NoteKind
from shared.vocabulary.ledger_steps import LedgerStep

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
    settled; so is all cost of an invoice that stands in for a voided one.
    """
    total = Money.from_minor(invoice.total_minor, invoice.currency).amount
    carried = TrueUpAccount.objects.filter(invoice=invoice) if invoice.reissues_id else None
    own_account = carried.get().account_id if carried is not None else ""
    debits: Counter[str] = Counter()
    taxes: Counter[str] = Counter()
    for line in invoice.lines.all():
        account_id = line.account_id or (own_account if is_cost_derived(line.kind) else "")
        taxes[account_id] += line.tax_minor or 0
        if account_id:
            debits[account_id] += line.amount_minor
    of_others = Money.from_minor(debits.total(), invoice.currency).amount
    own, exact = total - of_others, invoice.exact_total - of_others
    document = f"{invoice.invoice_id}:issued"
    tax = {name: Money.from_minor(minor, invoice.currency).amount for name, minor in taxes.items()}
    of_own = tax.pop("", Decimal(0))
    book_document(
        invoice,
        document,
        {
            "receivable": own + of_own,
            "revenue": -exact,
            "rounding": exact - own,
            "tax": -of_own,
        },
    )
    for account_id, minor in debits.items():
        debit = Money.from_minor(minor, invoice.currency).amount
        book_document(
            invoice,
            f"{document}:{account_id}",
            {
                "receivable": debit + tax[account_id],
                "true_up": -debit,
                "tax": -tax[account_id],
            },
        )


def book_settled(account: TrueUpAccount, agreed_minor: int, agreed_exact: Decimal) -> None:
    """What the month is to be billed by its newest close, against what it was before."""
    moved = Money.from_minor(agreed_minor - account.agreed_minor, account.currency).amount
    exact = agreed_exact - account.agreed_exact
    book_document(
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
    book_document(
        note,
        f"{note.note_id}:issued",
        {
            _given_by(note): Money.from_minor(note.net_minor, note.currency).amount,
            "tax": Money.from_minor(note.tax_minor, note.currency).amount,
            **where,
        },
    )


def _given_by(note: CreditNote) -> str:
    """What is written off was earned, and is never paid."""
    return "write_off" if note.given_for == GivenFor.WRITE_OFF else _GIVEN_BY[NoteKind(note.kind)]


def book_balance(invoice: Invoice, applied_minor: int) -> None:
    """What Stripe took off the invoice from the customer's balance, when it was finalised.

    Below 0 it was added: the customer owed it there.
    """
    applied = Money.from_minor(applied_minor, invoice.currency).amount
    book_document(
        invoice,
        f"{invoice.invoice_id}:balance",
        {"customer_credit": applied, "receivable": -applied},
    )


def book_written_off(invoice: Invoice, *, remaining_minor: int) -> None:
    """What nobody pays any more, and the tax in it, which nobody owes then."""
    rest = Money.from_minor(remaining_minor, invoice.currency).amount
    gross = invoice.total_minor + (invoice.tax_minor or 0)
    share = Fraction(invoice.tax_minor or 0, gross) if gross else Fraction(0)
    units: int = 10 ** currency_exponent(invoice.currency)
    steps = in_steps(Fraction(remaining_minor, units) * share, invoice.currency)
    tax_minor = steps * smallest_charge_step(invoice.currency)
    tax = Money.from_minor(tax_minor, invoice.currency).amount
    book_document(
        invoice,
        f"{invoice.invoice_id}:written-off",
        {"write_off": rest - tax, "tax": tax, "receivable": -rest},
    )


def book_note_void(note: CreditNote) -> None:
    """A note that was voided by hand counts as never issued."""
    issued = LedgerEntry.objects.filter(document=f"{note.note_id}:issued")
    book_document(
        note,
        f"{note.note_id}:void",
        {entry.account: -entry.amount for entry in issued},
    )


def book_void(invoice: Invoice) -> None:
    """Takes back what the issue has booked, what came between, and the notes on it.

    What it charged of cost is not lost: the month's account carries it until a person decides. What
    was paid of it is still ours: it is owed to the customer until Stripe shows where it went.
    """
    notes = CreditNote.objects.filter(invoice=invoice).exclude(number="")
    account_of = {note.note_id: note.account_id or "" for note in notes}
    by_account: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in LedgerEntry.objects.filter(_what_a_void_takes_back(invoice, account_of)):
        document, _, event = entry.document.partition(":")
        step, _, of = event.partition(":")
        account_id = account_of.get(document, of if step == LedgerStep.ISSUED else "")
        where = "clearing" if entry.account == "cash" else entry.account
        by_account[account_id][where] -= entry.amount
    own = TrueUpAccount.objects.filter(invoice=invoice).first()
    # Of what stands in for a voided one the entries of its issue have carried it.
    if own is not None and not invoice.reissues_id:
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
        book_document(invoice, f"{invoice.invoice_id}:void{of}", amounts)


def _what_a_void_takes_back(invoice: Invoice, notes: Iterable[str]) -> Q:
    """Not what moved between the bank and us since: refunds and disputes stand as they are."""
    taken = Q()
    for step in LedgerStep:
        taken |= Q(document__startswith=f"{invoice.invoice_id}:{step}")
    for note_id in notes:
        taken |= Q(document__in=[f"{note_id}:issued", f"{note_id}:void"])
    return taken


def book_document(
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
