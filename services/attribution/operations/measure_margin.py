"""What a tenant cost and earned, for the portal: for all tenants of a run, or for one again.

Work for all is done in batches, with locks and statements whose number does not grow with them.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from services.attribution.domain.days import as_amounts
from services.attribution.models import RevenueEntry, Run, Statement, Tenant
from services.attribution.queries.statement_lines import statement_lines, with_lines
from shared.batches import batched
from shared.contracts.attribution import MARGIN_MEASURED, MARGIN_VERSION_UNIT, MarginMeasured
from shared.isolation.locks import lock_until_commit
from shared.isolation.scope import as_ops
from shared.messaging.producer.emit import emit_all
from shared.vocabulary.invoice_states import State

# Statements that are held at once, each with its days and lines: some 20 kB.
_BATCH: Final = 500


def measure_margins(run: Run) -> None:
    """Of every tenant that the run, which is current now, or any revenue of its period names."""
    _lock_period(run.period)
    billed = Statement.objects.filter(run_id=run.run_id).values_list("tenant_id", flat=True)
    earned = RevenueEntry.objects.filter(period=run.period).values_list("tenant_id", flat=True)
    emit_all(MARGIN_MEASURED, _margins(run, sorted({*billed, *earned})))


def measure_margin(*, period: str, tenant: str) -> None:
    """Of one tenant by the current run; nothing without a run."""
    with as_ops():
        _lock_tenant(period, tenant)
        run = Run.objects.filter(period=period, is_current=True).first()
        if run is not None:
            emit_all(MARGIN_MEASURED, _margins(run, [tenant]))


def _lock_period(period: str) -> None:
    """Until the transaction ends: one lock, since the server has some thousands for all sessions.

    A tenant's revenue waits meanwhile, so that neither misses what the other has written.
    """
    lock_until_commit(f"margins {period}")


def _lock_tenant(period: str, tenant: str) -> None:
    """Until the transaction ends: of two entries at once the second must see the first."""
    lock_until_commit(f"margins {period}", is_shared=True)
    lock_until_commit(f"margin {period} {tenant}")


def _margins(run: Run, tenants: Sequence[str]) -> Iterator[MarginMeasured]:
    for batch in batched(tenants, _BATCH):
        yield from _margins_of(run, batch)


def _margins_of(run: Run, tenants: Sequence[str]) -> Iterator[MarginMeasured]:
    """None of a tenant that neither cost nor earned."""
    of_run = Statement.objects.filter(run_id=run.run_id, tenant_id__in=tenants)
    statements = {statement.tenant_id: statement for statement in with_lines(of_run)}
    names = dict(Tenant.objects.filter(tenant_id__in=tenants).values_list("tenant_id", "name"))
    entries: defaultdict[str, list[RevenueEntry]] = defaultdict(list)
    for entry in RevenueEntry.objects.filter(period=run.period, tenant_id__in=tenants):
        entries[entry.tenant_id].append(entry)
    for tenant in tenants:
        if tenant in statements or tenant in entries:
            name = names.get(tenant, tenant)
            yield _margin(run, tenant, name, statements.get(tenant), entries[tenant])


def _margin(
    run: Run, tenant: str, name: str, statement: Statement | None, entries: Sequence[RevenueEntry]
) -> MarginMeasured:
    revenue, basis = _revenue(entries, run.currency)
    return MarginMeasured(
        tenant=tenant,
        tenant_name=name,
        period=run.period,
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
    )


def _revenue(entries: Sequence[RevenueEntry], currency: str) -> tuple[Decimal | None, str]:
    """Unknown is None, never zero; issued invoices count before drafts.

    What was earned in another currency than the bill's is not added to it, and so unknown here.
    """
    if not entries or any(entry.currency != currency for entry in entries):
        return None, "unknown"
    total = sum((entry.amount for entry in entries), Decimal(0))
    by_basis = {entry.basis for entry in entries}
    return total, State.ISSUED if State.ISSUED in by_basis else State.DRAFT
