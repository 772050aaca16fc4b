from collections import Counter
from datetime import datetime

from services.invoicing.domain.revenue import by_month
from services.invoicing.models import Invoice
from shared.contracts.invoicing import REVENUE_RECORDED, RevenueRecorded
from shared.messaging.producer.emit import emit
from shared.money import Money


def record_revenue(invoice: Invoice, *, basis: str, sign: int, now: datetime) -> None:
    """Signed entries of an invoice: +1 when it starts to count, -1 when it stops.

    One per tenant and month of service: what is charged for a year is not one month's revenue.
    """
    earned: Counter[tuple[str, str]] = Counter()
    for line in invoice.lines.all():
        months = by_month(line.amount_minor, line.service_start, line.service_end)
        for period, minor in months.items():
            earned[line.tenant, period] += minor
    for (tenant, period), minor in sorted(earned.items()):
        emit(
            REVENUE_RECORDED,
            RevenueRecorded(
                entry_id=f"{invoice.invoice_id}:{basis}:{sign:+d}:{tenant}:{period}",
                tenant=tenant,
                period=period,
                currency=invoice.currency,
                amount=Money.from_minor(sign * minor, invoice.currency).amount,
                basis=basis,
                invoice_id=invoice.invoice_id,
                recorded_at=now,
            ),
        )
