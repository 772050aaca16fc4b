from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from django.db.models import QuerySet
from django.db.models.functions import Now

from services.attribution.models import Period, Run, Statement
from services.attribution.queries.changed_tenants import changed_tenants
from services.attribution.queries.statement_lines import statement_lines, with_lines
from shared.batches import batched
from shared.contracts.attribution import STATEMENT_REVISED, StatementRevised
from shared.messaging.producer.emit import emit_all
from shared.vocabulary.period_states import PeriodState

_NOTHING: Final = Decimal(0)
# Statements that are held at once, each with its lines: some 10 kB.
_BATCH: Final = 500


def revise_statements(run: Run, *, before: Run | None) -> None:
    """After the close: tell each tenant's difference between the closed run and this one.

    `before` was current until now: where nobody's charges differ from it, the month stays quiet.

    Nothing closed is edited. A tenant is compared by what it can be charged for, each charge
    group's cost and each metered quantity: where one falls by what another rises, its total is the
    same and its price may not be. Who was told of a difference is told when it is gone again.
    """
    period = Period.objects.select_for_update().filter(period=run.period).first()
    if period is None or period.closed_run is None:
        return
    changed = changed_tenants(period.closed_run, run)
    if before is None or changed_tenants(before, run):
        period.content_since = Now()
    concerned = sorted(changed | set(period.revised_tenants))
    emit_all(STATEMENT_REVISED, _facts(period, run, concerned, changed))
    period.revised_tenants = sorted(changed)
    state = PeriodState.REOPENED if changed else PeriodState.CLOSED
    if period.state != state:
        period.state = state
        period.version += 1
    period.save()


def _facts(
    period: Period, run: Run, tenants: Sequence[str], changed: set[str]
) -> Iterator[StatementRevised]:
    for batch in batched(tenants, _BATCH):
        of_tenants = Statement.objects.filter(tenant_id__in=batch)
        before = dict(
            of_tenants.filter(run_id=period.closed_run_id).values_list("tenant_id", "cost")
        )
        after = _by_tenant(of_tenants.filter(run_id=run.run_id))
        for tenant in batch:
            statement = after.get(tenant)
            yield StatementRevised(
                tenant=tenant,
                period=period.period,
                version=run.activation,
                closed_run_id=period.closed_run_id or "",
                run_id=run.run_id,
                currency=run.currency,
                cost_before=before.get(tenant, _NOTHING),
                cost_after=statement.cost if statement else _NOTHING,
                lines=statement_lines(statement) if statement else [],
                revised_at=run.created_at,
                is_changed=tenant in changed,
            )


def _by_tenant(statements: QuerySet[Statement]) -> Mapping[str, Statement]:
    return {statement.tenant_id: statement for statement in with_lines(statements)}
