from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from services.invoicing.domain.revenue import by_month
from services.invoicing.models import CreditNote, Invoice, InvoiceLine
from shared.contracts.invoicing import REVENUE_RECORDED, RevenueRecorded
from shared.messaging.producer.emit import emit
from shared.money import Money
from shared.vocabulary.corrections import GivenFor
from shared.vocabulary.invoice_states import State


def record_revenue(invoice: Invoice, *, basis: str, sign: int, now: datetime) -> None:
    """Signed entries of an invoice: +1 when it starts to count, -1 when it stops.

    One per tenant and month of service: what is charged for a year is not one month's revenue.
    """
    lines = [(line, line.amount_minor) for line in invoice.lines.all()]
    _emit(f"{invoice.invoice_id}:{basis}:{sign:+d}", invoice, lines, basis, sign, now)


def record_credited(note: CreditNote, *, sign: int, now: datetime) -> None:
    """-1 when the note is issued, +1 where it was voided: it lowers what its lines have earned."""
    if note.given_for == GivenFor.WRITE_OFF:
        return  # it was earned, and nobody pays it
    given = note.lines.select_related("invoice_line")
    lines = [(line.invoice_line, line.amount_minor) for line in given]
    _emit(f"{note.note_id}:{sign:+d}", note.invoice, lines, State.ISSUED, sign, now)


def _emit(
    entry: str,
    invoice: Invoice,
    lines: Sequence[tuple[InvoiceLine, int]],
    basis: str,
    sign: int,
    now: datetime,
) -> None:
    earned: Counter[tuple[str, str]] = Counter()
    for line, amount in lines:
        months = by_month(amount, line.service_start, line.service_end)
        for period, minor in months.items():
            earned[line.tenant, period] += minor
    for (tenant, period), minor in sorted(earned.items()):
        emit(
            REVENUE_RECORDED,
            RevenueRecorded(
                entry_id=f"{entry}:{tenant}:{period}",
                tenant=tenant,
                period=period,
                currency=invoice.currency,
                amount=Money.from_minor(sign * minor, invoice.currency).amount,
                basis=basis,
                invoice_id=invoice.invoice_id,
                recorded_at=now,
            ),
        )
