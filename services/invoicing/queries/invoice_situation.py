"""An invoice as it stands: what was paid, what is left, and what its lines can be credited yet."""

from decimal import Decimal

from django.db.models import Q, Sum

from services.invoicing.domain.fixes import Situation
from services.invoicing.models import (
    CreditNote,
    CreditNoteLine,
    Invoice,
    LedgerEntry,
    TrueUpAccount,
)
from services.invoicing.queries.account_terms import read_terms
from services.invoicing.queries.reissues import account_choices
from shared.money import Money
from shared.vocabulary.corrections import NOTE_COUNTS
from shared.vocabulary.invoice_states import State
from shared.vocabulary.true_up import DownPaid


def read_situation(invoice: Invoice) -> Situation:
    """By the books, which follow Stripe; of notes those that are issued or being issued count."""
    notes = CreditNote.objects.filter(invoice=invoice, state__in=NOTE_COUNTS)
    given = dict(
        CreditNoteLine.objects.filter(note__in=notes)
        .values_list("invoice_line__position")
        .annotate(sum=Sum("amount_minor"))
    )
    amounts = invoice.lines.values_list("position", "amount_minor")
    account = account_of(invoice)
    sums = notes.aggregate(net=Sum("net_minor"), tax=Sum("tax_minor"))
    return Situation(
        state=State(invoice.state),
        remaining_minor=_booked(invoice, "receivable"),
        paid_minor=_booked(invoice, "cash"),
        room={position: amount - given.get(position, 0) for position, amount in amounts},
        rest_minor=invoice.total_minor - (sums["net"] or 0),
        down_paid=_down_paid(account),
        has_notes=notes.exists(),
        tax_minor=(invoice.tax_minor or 0) - (sums["tax"] or 0),
        choices=account_choices(account) if account is not None else frozenset(),
    )


def approvers_of(invoice: Invoice) -> list[str]:
    """Who has approved it last: what one person approved, another one voids."""
    steps = invoice.transitions.filter(to_state=State.APPROVED).order_by("sequence")
    return list(steps.values_list("actor", flat=True))[-1:]


def account_of(invoice: Invoice) -> TrueUpAccount | None:
    """Of its own month; a supplementary invoice is of the month that it corrects."""
    month = {"contract": invoice.contract_id, "period": invoice.period}
    return TrueUpAccount.objects.select_related("invoice").filter(**month).first()


def down_paid_of(note: CreditNote) -> DownPaid:
    """By the terms of its account; what a person gives, by those of the invoice's month."""
    return _down_paid(note.account or account_of(note.invoice))


def _down_paid(account: TrueUpAccount | None) -> DownPaid:
    terms = read_terms(account.terms).true_up if account is not None else None
    return terms.down_paid if terms is not None else DownPaid.BALANCE


def unassigned_note(invoice: Invoice) -> str:
    """The number of a credit note of somebody else's that names no lines; empty without one."""
    foreign = CreditNote.objects.filter(
        invoice=invoice, is_foreign=True, state=State.ISSUED, lines=None
    )
    return foreign.order_by("note_id").values_list("number", flat=True).first() or ""


def _booked(invoice: Invoice, account: str) -> int:
    """Its own entries and those of its credit notes."""
    of = Q(document__startswith=f"{invoice.invoice_id}:")
    for note_id in invoice.credit_notes.values_list("note_id", flat=True):
        of |= Q(document__startswith=f"{note_id}:")
    booked = LedgerEntry.objects.filter(of, account=account)
    amount: Decimal = booked.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    return Money(amount, invoice.currency).to_minor()
