from services.attribution.models import RevenueEntry
from services.attribution.operations.measure_margin import measure_margin
from shared.contracts.invoicing import RevenueRecorded


def record_revenue(fact: RevenueRecorded) -> None:
    """Entries add up, so this must run exactly once per fact: the inbox sees to it."""
    RevenueEntry.objects.create(
        entry_id=fact.entry_id,
        tenant_id=fact.tenant,
        period=fact.period,
        currency=fact.currency,
        amount=fact.amount,
        basis=fact.basis,
        invoice_id=fact.invoice_id,
        recorded_at=fact.recorded_at,
    )
    measure_margin(period=fact.period, tenant=fact.tenant)
