from collections import defaultdict
from datetime import datetime

from services.invoicing.models import Invoice
from shared.contracts.invoicing import REVENUE_RECORDED, RevenueRecorded
from shared.messaging.emit import emit
from shared.money import Money


def record_revenue(invoice: Invoice, *, basis: str, sign: int, now: datetime) -> None:
    """One signed entry per tenant of an invoice: +1 when it starts to count, -1 when it stops."""
    by_tenant: dict[str, int] = defaultdict(int)
    for line in invoice.lines.all():
        by_tenant[line.tenant] += line.amount_minor
    for tenant, minor in sorted(by_tenant.items()):
        emit(
            REVENUE_RECORDED,
            RevenueRecorded(
                entry_id=f"{invoice.invoice_id}:{basis}:{sign:+d}:{tenant}",
                tenant=tenant,
                period=invoice.period,
                currency=invoice.currency,
                amount=Money.from_minor(sign * minor, invoice.currency).amount,
                basis=basis,
                invoice_id=invoice.invoice_id,
                recorded_at=now,
            ),
        )
