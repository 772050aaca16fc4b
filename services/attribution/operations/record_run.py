"""A run and its statements, as rows; what they mean for others follows when it becomes current."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Max

from services.attribution.domain.bill_shares import share_of_bill
from services.attribution.domain.days import amounts_by_day, as_texts
from services.attribution.domain.driver_levels import levels_of
from services.attribution.domain.earlier_months import MovedOut
from services.attribution.domain.proof import plain
from services.attribution.domain.run_folders import RunFolders
from services.attribution.engine import Coverage, engine_digest, statement_days
from services.attribution.engine import Run as Attributed
from services.attribution.engine.output.outputs import allocations_file
from services.attribution.models import (
    Run,
    Statement,
    StatementLine,
    StatementQuantity,
    Tenant,
)
from services.attribution.queries.run_inputs import RunInputs
from shared.configuration import parse_configuration
from shared.digests import sha256_of
from shared.identifiers import new_id
from shared.periods import Month
from shared.vocabulary.methods import Method

DIRECT_METHODS: Final = frozenset(
    {
        *(Method.RULE, Method.LABEL, Method.POD, Method.TASK, Method.DEFAULT),
        Method.LATE_CORRECTION,
    }
)


def record_run(
    inputs: RunInputs,
    attributed: Attributed,
    folders: RunFolders,
    folder_uri: str,
    moved_out: Sequence[MovedOut] = (),
) -> Run:
    """A proven run, whose files lie in `folder_uri`."""
    proof, coverage = attributed.proof, attributed.coverage
    run = _record(
        inputs,
        attributed.period,
        attributed.run_id,
        state=Run.State.PROVEN,
        currency=proof.currency,
        proof=proof.to_json(),
        unallocated_share=share_of_bill(proof.unallocated_total, proof.bill_total),
        fallback_share=share_of_bill(coverage.by_fallback, proof.bill_total),
        moved_out=[each.to_json() for each in moved_out],
        folder_uri=folder_uri,
        content_hash=sha256_of(allocations_file(folders.out)),
        pools=list(_pools(inputs, coverage)),
        findings=[finding.message for finding in attributed.findings],
    )
    _write_statements(run, attributed, folders)
    return run


def record_failed_run(inputs: RunInputs, period: str, run_id: str, *, error: str) -> None:
    """A run whose proof failed; it never becomes current."""
    _record(inputs, period, run_id, state=Run.State.FAILED, error=error)


def _record(
    inputs: RunInputs, period: str, run_id: str, *, state: Run.State, **fields: object
) -> Run:
    latest: int | None = Run.objects.filter(period=period).aggregate(Max("version"))["version__max"]
    configuration = parse_configuration(inputs.ruleset.content)
    return Run.objects.create(
        run_id=run_id,
        period=period,
        version=(latest or 0) + 1,
        state=state,
        input_digest=inputs.digest,
        ruleset_digest=inputs.ruleset.digest,
        snapshot_ids=[item.set_id for item in inputs.snapshots],
        signal_set_ids=[item.set_id for item in inputs.signals],
        workload_set_ids=[item.set_id for item in inputs.workloads],
        inputs=inputs.to_json(),
        cost_measure=configuration.cost,
        engine_digest=engine_digest(),
        **fields,
    )


def _write_statements(run: Run, attributed: Attributed, folders: RunFolders) -> None:
    known = set(Tenant.objects.values_list("tenant_id", flat=True))
    days = _days(attributed, folders)
    statements: dict[str, Statement] = {}
    lines: list[StatementLine] = []
    for row in attributed.statements:
        if row.tenant not in known:
            continue
        statement = statements.setdefault(
            row.tenant,
            Statement(
                statement_id=new_id("stm"),
                tenant_id=row.tenant,
                period=run.period,
                run_id=run.run_id,
                currency=run.currency,
                cost=Decimal(0),
                direct_cost=Decimal(0),
                shared_cost=Decimal(0),
                daily=days[row.tenant],
            ),
        )
        statement.cost += row.amount
        if row.method in DIRECT_METHODS:
            statement.direct_cost += row.amount
        else:
            statement.shared_cost += row.amount
        lines.append(
            StatementLine(
                tenant_id=row.tenant,
                statement=statement,
                charge_group=row.charge_group,
                method=row.method,
                amount=row.amount,
            )
        )
    Statement.objects.bulk_create(statements.values())
    StatementLine.objects.bulk_create(lines)
    StatementQuantity.objects.bulk_create(
        StatementQuantity(
            tenant_id=row.tenant,
            statement=statements[row.tenant],
            meter=row.meter,
            quantity=row.quantity,
            unit=row.unit,
        )
        for row in attributed.usage
        if row.tenant in statements
    )


def _days(attributed: Attributed, folders: RunFolders) -> dict[str, dict[str, list[str]]]:
    """Tenant to charge group to an amount a day."""
    month = Month.parse(attributed.period)
    amounts: defaultdict[str, list[tuple[str, date, Decimal]]] = defaultdict(list)
    for row in statement_days(folders.out, scratch_dir=folders.spill):
        amounts[row.tenant].append((row.charge_group, row.day, row.amount))
    return {tenant: as_texts(amounts_by_day(month, rows)) for tenant, rows in amounts.items()}


def _pools(inputs: RunInputs, coverage: Coverage) -> Iterator[dict[str, Any]]:
    """As the fact of the period has them: those that had any cost."""
    pools = {pool.name: pool for pool in parse_configuration(inputs.ruleset.content).pools}
    for measured in coverage.pools:
        drivers = list(levels_of(pools[measured.pool]))
        first = drivers[0].driver
        yield {
            "name": measured.pool,
            "cost": plain(measured.amount),
            "drivers": [level.label for level in drivers],
            "spans": [level.grain for level in drivers],
            "meter": first.meters[0] if first.meters else "",
            "hours": measured.hours,
            "hours_with_signal": measured.hours_covered,
            "fallback_cost": plain(measured.by_fallback),
            "unmetered": plain(measured.unmetered),
            "unallocated": plain(measured.unallocated),
        }
