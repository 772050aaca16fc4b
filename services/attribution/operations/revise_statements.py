from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from services.attribution.models import Period, Run, Statement
from services.attribution.queries.statement_lines import statement_lines, with_lines
from shared.batches import batched
from shared.contracts.attribution import STATEMENT_REVISED, StatementRevised
from shared.messaging.producer.emit import emit_all
from shared.vocabulary.period_states import PeriodState

_NOTHING: Final = Decimal(0)
# Statements that are held at once, each with its lines: some 10 kB.
_BATCH: Final = 500


def revise_statements(run: Run) -> None:
    """After the close: tell each tenant's difference between the closed run and this one.

    Nothing closed is edited. A tenant that was told of a difference is told when it is gone again.
    """
    period = Period.objects.select_for_update().filter(period=run.period).first()
    if period is None or period.closed_run is None:
        return
    before, after = _costs(period.closed_run), _costs(run)
    changed = {
        tenant
        for tenant in before.keys() | after.keys()
        if before.get(tenant, _NOTHING) != after.get(tenant, _NOTHING)
    }
    concerned = sorted(changed | set(period.revised_tenants))
    emit_all(STATEMENT_REVISED, _facts(period, run, concerned, before))
    period.revised_tenants = sorted(changed)
    state = PeriodState.REOPENED if changed else PeriodState.CLOSED
    if period.state != state:
        period.state = state
        period.version += 1
    period.save()


def _facts(
    period: Period, run: Run, tenants: Sequence[str], before: Mapping[str, Decimal]
) -> Iterator[StatementRevised]:
    for batch in batched(tenants, _BATCH):
        of_run = Statement.objects.filter(run_id=run.run_id, tenant_id__in=batch)
        after = {statement.tenant_id: statement for statement in with_lines(of_run)}
        for tenant in batch:
            cost = before.get(tenant, _NOTHING)
            yield _fact(period, run, tenant, cost, after.get(tenant))


def _fact(
    period: Period, run: Run, tenant: str, before: Decimal, after: Statement | None
) -> StatementRevised:
    return StatementRevised(
        tenant=tenant,
        period=period.period,
        version=run.activation,
        closed_run_id=period.closed_run_id or "",
        run_id=run.run_id,
        currency=run.currency,
        cost_before=before,
        cost_after=after.cost if after else _NOTHING,
        lines=statement_lines(after) if after else [],
        revised_at=run.created_at,
    )


def _costs(run: Run) -> dict[str, Decimal]:
    """By tenant; of what has tens of thousands of rows no more than is compared."""
    statements = Statement.objects.filter(run_id=run.run_id)
    return dict(statements.values_list("tenant_id", "cost"))
