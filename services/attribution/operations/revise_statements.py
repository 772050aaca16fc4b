from decimal import Decimal

from services.attribution.models import Period, Run, Statement
from services.attribution.queries.statement_lines import statement_lines
from shared.contracts.attribution import STATEMENT_REVISED, StatementRevised
from shared.messaging.producer.emit import emit
from shared.vocabulary.period_states import PeriodState


def revise_statements(run: Run) -> None:
    """After the close: tell each tenant's difference between the closed run and this one.

    Nothing closed is edited. A tenant that was told of a difference is told when it is gone again.
    """
    period = Period.objects.select_for_update().filter(period=run.period).first()
    if period is None or period.closed_run is None:
        return
    before, after = _statements(period.closed_run), _statements(run)
    changed = {
        tenant
        for tenant in before.keys() | after.keys()
        if _cost(before.get(tenant)) != _cost(after.get(tenant))
    }
    for tenant in sorted(changed | set(period.revised_tenants)):
        emit(STATEMENT_REVISED, _fact(period, run, tenant, before.get(tenant), after.get(tenant)))
    period.revised_tenants = sorted(changed)
    state = PeriodState.REOPENED if changed else PeriodState.CLOSED
    if period.state != state:
        period.state = state
        period.version += 1
    period.save()


def _fact(
    period: Period, run: Run, tenant: str, before: Statement | None, after: Statement | None
) -> StatementRevised:
    return StatementRevised(
        tenant=tenant,
        period=period.period,
        version=run.activation,
        closed_run_id=period.closed_run_id or "",
        run_id=run.run_id,
        currency=run.currency,
        cost_before=_cost(before),
        cost_after=_cost(after),
        lines=statement_lines(after) if after else [],
        revised_at=run.created_at,
    )


def _statements(run: Run) -> dict[str, Statement]:
    return {row.tenant_id: row for row in Statement.objects.filter(run_id=run.run_id)}


def _cost(statement: Statement | None) -> Decimal:
    return statement.cost if statement else Decimal(0)
