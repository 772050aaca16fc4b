from collections.abc import Sequence
from datetime import UTC, datetime

from services.invoicing.domain.states import state_after_stripe
from services.invoicing.gateways.stripe import StripeGateway, StripeInvoice, StripePayment
from services.invoicing.models import Invoice
from services.invoicing.operations.book_entries import book_void, book_written_off
from services.invoicing.operations.book_money import book_payments, is_paid_in_the_books
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.open_account import stop_accounts
from services.invoicing.operations.record_revenue import record_revenue
from shared.contracts.invoicing import Cause
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State


def payments_of(
    invoice: Invoice, there: StripeInvoice, gateway: StripeGateway
) -> Sequence[StripePayment]:
    """What was paid of it, asked for only where the books don't have it all."""
    if is_paid_in_the_books(invoice, there):
        return []
    return gateway.invoice_payments(there.stripe_id)


def follow_stripe(
    invoice: Invoice,
    there: StripeInvoice,
    payments: Sequence[StripePayment],
    *,
    now: datetime,
    actor: str = "stripe",
    cause: Cause | None = None,
) -> State | None:
    """Move an issued invoice to what Stripe says it is, with its bookings; None if it is that.

    `actor` and `cause` are of a person who had it done there.

    In the caller's transaction, on an invoice it has locked. States only ever go forward; what was
    paid is booked in any, also a part.
    """
    book_payments(invoice, there, payments)
    target = state_after_stripe(State(invoice.state), there.status)
    if target is None:
        return None
    moved = move_invoice(
        invoice,
        target,
        actor=actor,
        cause=cause or Cause(CauseCode.STRIPE_STATUS, {"status": there.status}),
        now=now,
        stripe_status=there.status,
        paid_at=_paid_at(there, now) if target == State.PAID else None,
    )
    if target == State.UNCOLLECTIBLE:
        book_written_off(moved, remaining_minor=there.remaining_minor)
    elif target == State.VOID:
        book_void(moved)
        stop_accounts(moved, now)
        record_revenue(moved, basis=State.ISSUED, sign=-1, now=now)
    return target


def _paid_at(there: StripeInvoice, now: datetime) -> datetime:
    return datetime.fromtimestamp(there.paid_at, tz=UTC) if there.paid_at else now
