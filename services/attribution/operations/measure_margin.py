from decimal import Decimal

from django.db import connection

from services.attribution.domain.days import as_amounts
from services.attribution.models import RevenueEntry, Run, Statement, Tenant
from services.attribution.queries.statement_lines import statement_lines
from shared.contracts.attribution import MARGIN_MEASURED, MARGIN_VERSION_UNIT, MarginMeasured
from shared.isolation.scope import as_ops
from shared.messaging.producer.emit import emit
from shared.vocabulary.invoice_states import State


def measure_margin(*, period: str, tenant: str) -> None:
    """Tell the portal what a tenant cost and earned by the current run; nothing without a run."""
    with as_ops():
        _one_at_a_time(period, tenant)
        run = Run.objects.filter(period=period, is_current=True).first()
        if run is None:
            return
        statement = Statement.objects.filter(tenant_id=tenant, run_id=run.run_id).first()
        entries = list(RevenueEntry.objects.filter(tenant_id=tenant, period=period))
        if statement is None and not entries:
            return
        revenue, basis = _revenue(entries)
        known = Tenant.objects.filter(tenant_id=tenant).first()
        emit(
            MARGIN_MEASURED,
            MarginMeasured(
                tenant=tenant,
                tenant_name=known.name if known else tenant,
                period=period,
                version=run.activation * MARGIN_VERSION_UNIT + len(entries),
                run_id=run.run_id,
                currency=run.currency,
                cost=statement.cost if statement else Decimal(0),
                direct_cost=statement.direct_cost if statement else Decimal(0),
                shared_cost=statement.shared_cost if statement else Decimal(0),
                revenue=revenue,
                revenue_basis=basis,
                lines=statement_lines(statement) if statement else [],
                daily=as_amounts(statement.daily) if statement else {},
            ),
        )


def _one_at_a_time(period: str, tenant: str) -> None:
    """Until the transaction ends: of two entries at once the second must see the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"margin {period} {tenant}"]
        )


def _revenue(entries: list[RevenueEntry]) -> tuple[Decimal | None, str]:
    """Unknown is None, never zero; issued invoices count before drafts."""
    if not entries:
        return None, "unknown"
    total = sum((entry.amount for entry in entries), Decimal(0))
    by_basis = {entry.basis for entry in entries}
    return total, State.ISSUED if State.ISSUED in by_basis else State.DRAFT
