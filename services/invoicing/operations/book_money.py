"""Money that has moved, by the event that Stripe has of it: payments, refunds, disputes.

docs/reference/true-up.md, "The ledger". Each event is booked once, whenever it is looked at.
"""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from services.invoicing.domain.price_steps import in_steps
from services.invoicing.gateways.stripe import (
    StripeDispute,
    StripeInvoice,
    StripePayment,
    StripeRefund,
)
from services.invoicing.models import CreditNote, Invoice, LedgerEntry
from services.invoicing.operations.book_entries import book_document
from shared.money import Money, smallest_charge_step
from shared.vocabulary.invoice_states import State
from shared.vocabulary.ledger_steps import LedgerStep
from shared.vocabulary.stripe_records import PaymentStatus


def is_paid_in_the_books(invoice: Invoice, there: StripeInvoice) -> bool:
    """Whether nothing was paid that isn't booked; what is over counts."""
    documents = LedgerEntry.objects.filter(
        document__startswith=f"{invoice.invoice_id}:", account="cash"
    )
    booked = sum(
        entry.amount
        for entry in documents
        if entry.document.split(":")[1] in {LedgerStep.PAID, LedgerStep.OVERPAID}
    )
    paid = there.paid_minor + there.overpaid_minor
    return booked == Money.from_minor(paid, invoice.currency).amount


def book_payments(invoice: Invoice, there: StripeInvoice, payments: Iterable[StripePayment]) -> int:
    """By what was paid of it, each payment once; how many are new.

    What came above what was due is the customer's. An earlier release booked the whole at once.
    """
    whole = f"{invoice.invoice_id}:paid"
    count = 0
    if not _is_booked(whole):
        owed = _owed(invoice)
        for payment in payments:
            document = f"{whole}:{payment.stripe_id}"
            is_paid = payment.status == PaymentStatus.PAID and payment.paid_minor
            if is_paid and not _is_booked(document):
                amount = Money.from_minor(payment.paid_minor, invoice.currency).amount
                book_document(
                    invoice, document, {"cash": amount, **_taken_off(invoice, owed, amount)}
                )
                count += 1
    return count + _book_overpaid(invoice, there.overpaid_minor)


def _owed(invoice: Invoice) -> str:
    """What was written off or voided, and is paid after all, is no more to receive."""
    if invoice.state == State.VOID:
        return "clearing"
    is_lost = _is_booked(f"{invoice.invoice_id}:written-off")
    return "write_off" if is_lost else "receivable"


def _taken_off(invoice: Invoice, owed: str, amount: Decimal) -> dict[str, Decimal]:
    """Of what was written off its tax is owed again with it."""
    entries = LedgerEntry.objects.filter(document=f"{invoice.invoice_id}:written-off")
    lost = dict(entries.values_list("account", "amount")) if owed == "write_off" else {}
    if not lost.get("tax"):
        return {owed: -amount}
    share = Fraction(lost["tax"]) / Fraction(-lost["receivable"])
    steps = in_steps(Fraction(amount) * share, invoice.currency)
    minor = steps * smallest_charge_step(invoice.currency)
    tax = Money.from_minor(minor, invoice.currency).amount
    return {owed: tax - amount, "tax": -tax}


def _book_overpaid(invoice: Invoice, overpaid_minor: int) -> int:
    """The whole of it is known, and not by payment: what is booked of it is taken off."""
    known = LedgerEntry.objects.filter(
        document__startswith=f"{invoice.invoice_id}:overpaid", account="cash"
    )
    # An earlier release booked it with the payment.
    with_it = LedgerEntry.objects.filter(
        document=f"{invoice.invoice_id}:paid", account="customer_credit"
    )
    over = Money.from_minor(overpaid_minor, invoice.currency).amount
    over -= sum(entry.amount for entry in known) - sum(entry.amount for entry in with_it)
    if over <= 0:
        return 0
    document = f"{invoice.invoice_id}:overpaid:{overpaid_minor}"
    book_document(invoice, document, {"cash": over, "customer_credit": -over})
    return 1


def book_refund(invoice: Invoice, refund: StripeRefund) -> bool:
    """One that no credit note says: what it is for is not cleared. Whether it is new."""
    document = f"{invoice.invoice_id}:refund:{refund.stripe_id}"
    if _is_booked(document):
        return False
    amount = Money.from_minor(refund.amount_minor, invoice.currency).amount
    book_document(invoice, document, {"cash": -amount, "clearing": amount})
    return True


def book_refunds_named(note: CreditNote, refund_ids: Iterable[str]) -> None:
    """Refunds that were booked without a note, and that this one says: they are cleared."""
    documents = [f"{note.invoice_id}:refund:{refund_id}" for refund_id in refund_ids]
    booked = LedgerEntry.objects.filter(document__in=documents, account="clearing")
    cleared = sum((entry.amount for entry in booked), Decimal(0))
    if cleared:
        document = f"{note.note_id}:refunds-named"
        book_document(note, document, {"cash": cleared, "clearing": -cleared})


def book_refund_failed(of: Invoice | CreditNote, refund: StripeRefund) -> bool:
    """The money is ours again, and still owed. Whether it is new."""
    name = of.note_id if isinstance(of, CreditNote) else of.invoice_id
    document = f"{name}:refund-failed:{refund.stripe_id}"
    if isinstance(of, Invoice) and not _is_booked(f"{name}:refund:{refund.stripe_id}"):
        return False
    if _is_booked(document):
        return False
    amount = Money.from_minor(refund.amount_minor, of.currency).amount
    book_document(of, document, {"cash": amount, "clearing": -amount})
    return True


def book_disputed(invoice: Invoice, dispute: StripeDispute) -> bool:
    """The bank has taken the money for as long as it asks. Whether it is new."""
    return _book_dispute(invoice, dispute, "dispute", sign=1)


def book_dispute_won(invoice: Invoice, dispute: StripeDispute) -> bool:
    return _book_dispute(invoice, dispute, "dispute-won", sign=-1)


def _book_dispute(invoice: Invoice, dispute: StripeDispute, step: str, *, sign: int) -> bool:
    document = f"{invoice.invoice_id}:{step}:{dispute.stripe_id}"
    if _is_booked(document):
        return False
    amount = sign * Money.from_minor(dispute.amount_minor, invoice.currency).amount
    book_document(invoice, document, {"clearing": amount, "cash": -amount})
    return True


def _is_booked(document: str) -> bool:
    return LedgerEntry.objects.filter(document=document).exists()
