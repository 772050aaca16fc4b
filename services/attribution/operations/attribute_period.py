"""A job: the period's newest inputs become a run; a proven one becomes current."""

import logging
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max

from services.attribution.domain.days import amounts_by_day, as_texts
from services.attribution.domain.proof import plain
from services.attribution.engine import Run as Attributed
from services.attribution.engine import statement_days
from services.attribution.engine.pools.pool_split import driver_label
from services.attribution.engine.result import Coverage
from services.attribution.models import (
    RevenueEntry,
    Run,
    Statement,
    StatementLine,
    StatementQuantity,
    Tenant,
)
from services.attribution.operations.compute_run import compute_run
from services.attribution.operations.measure_margin import measure_margin
from services.attribution.operations.revise_statements import revise_statements
from services.attribution.queries.run_inputs import RunInputs, inputs_of_period
from shared.configuration import parse_configuration
from shared.contracts.attribution import (
    PERIOD_ATTRIBUTED,
    PeriodAttributed,
    PoolMeasured,
    Totals,
)
from shared.digests import sha256_of
from shared.faults import ProofFailed
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.messaging.producer.emit import emit
from shared.periods import Month
from shared.vocabulary.methods import Method

logger = logging.getLogger(__name__)

DIRECT_METHODS = frozenset({Method.RULE, Method.LABEL, Method.POD, Method.TASK, Method.DEFAULT})


def attribute_period(*, period: str) -> None:
    """Same inputs, same run: done before, it is only made current again."""
    with as_ops():
        inputs = inputs_of_period(period)
        if inputs is None:
            return
        known = Run.objects.filter(
            period=period, input_digest=inputs.digest, state=Run.State.PROVEN
        ).first()
        if known is not None:
            if not known.is_current:
                _activate(known)
            return
    run_id, lake = new_id("run"), Lake(settings.ENVIRONMENT)
    prepared_dir = settings.ENVIRONMENT.scratch_dir / "prepared"
    _fetch_prepared(lake, period, prepared_dir)
    try:
        attributed, out_dir = compute_run(
            inputs, Month.parse(period), run_id, prepared_dir=prepared_dir
        )
    except ProofFailed as fault:
        with as_ops():
            _record(inputs, period, run_id, state=Run.State.FAILED, error=str(fault))
        raise
    folder = lake.run_folder(period=period, run_id=run_id)
    files = sorted(out_dir.iterdir())
    lake.publish(files, folder)
    lake.publish_tree(prepared_dir, _prepared(folder))
    content_hash = sha256_of(next(path for path in files if path.name == "allocations.parquet"))
    _publish(inputs, run_id, attributed, folder, content_hash)


def _fetch_prepared(lake: Lake, period: str, to: Path) -> None:
    """What the current run left, so that inputs and days that are as they were cost nothing.

    Nothing, after a run whose proof failed: so the next one computes all.
    """
    shutil.rmtree(to, ignore_errors=True)
    with as_ops():
        latest = Run.objects.filter(period=period).order_by("version").last()
        current = Run.objects.filter(period=period, is_current=True).first()
    if current is not None and latest is not None and latest.state == Run.State.PROVEN:
        lake.fetch_tree(_prepared(current.folder_uri), to)


def _prepared(folder: str) -> str:
    return f"{folder}/prepared"


def _publish(
    inputs: RunInputs, run_id: str, attributed: Attributed, folder: str, content_hash: str
) -> None:
    """The run, its statements and its facts in one transaction; newer inputs have their own job."""
    proof, coverage, period = attributed.proof, attributed.coverage, attributed.period
    with as_ops():
        run = _record(
            inputs,
            period,
            run_id,
            state=Run.State.PROVEN,
            currency=proof.currency,
            proof=proof.to_json(),
            unallocated_share=_share(proof.unallocated_total, proof.bill_total),
            fallback_share=_share(coverage.by_fallback, proof.bill_total),
            folder_uri=folder,
            content_hash=content_hash,
            pools=list(_pools(inputs, coverage)),
        )
        _write_statements(run, attributed)
        newest = inputs_of_period(period)
        if newest is not None and newest.digest == inputs.digest:
            _activate(run)
        else:
            logger.warning("run %s of %s is overtaken by newer inputs", run_id, period)


def _activate(run: Run) -> None:
    """Make a proven run the current one and tell everything that follows from it."""
    runs = Run.objects.select_for_update().filter(period=run.period)
    latest = max((known.activation for known in runs), default=0)
    runs.filter(is_current=True).update(is_current=False)
    run.is_current, run.activation = True, latest + 1
    run.save(update_fields=["is_current", "activation"])
    _tell(run)
    billed = Statement.objects.filter(run_id=run.run_id).values_list("tenant_id", flat=True)
    earned = RevenueEntry.objects.filter(period=run.period).values_list("tenant_id", flat=True)
    for tenant in sorted({*billed, *earned}):
        measure_margin(period=run.period, tenant=tenant)
    revise_statements(run)


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
        **fields,
    )


def _write_statements(run: Run, attributed: Attributed) -> None:
    known = set(Tenant.objects.values_list("tenant_id", flat=True))
    days = _days(attributed)
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


def _days(attributed: Attributed) -> dict[str, dict[str, list[str]]]:
    """Tenant to charge group to an amount a day."""
    month = Month.parse(attributed.period)
    found: defaultdict[str, list[tuple[str, date, Decimal]]] = defaultdict(list)
    scratch = settings.ENVIRONMENT.scratch_dir
    for row in statement_days(scratch / "out", scratch_dir=scratch / "spill"):
        found[row.tenant].append((row.charge_group, row.day, row.amount))
    return {tenant: as_texts(amounts_by_day(month, rows)) for tenant, rows in found.items()}


def _pools(inputs: RunInputs, coverage: Coverage) -> Iterator[dict[str, Any]]:
    """As the fact of the period tells them: those that had any cost."""
    pools = {pool.name: pool for pool in parse_configuration(inputs.ruleset.content).pools}
    for found in coverage.pools:
        drivers = pools[found.pool].drivers
        first = drivers[0]
        yield {
            "name": found.pool,
            "cost": plain(found.amount),
            "drivers": [driver_label(driver, level) for level, driver in enumerate(drivers)],
            "spans": [driver.grain(pools[found.pool].per) for driver in drivers],
            "meter": first.meters[0] if first.meters else "",
            "hours": found.hours,
            "hours_with_signal": found.hours_covered,
            "fallback_cost": plain(found.by_fallback),
            "unmetered": plain(found.unmetered),
            "unallocated": plain(found.unallocated),
        }


def _share(part: Decimal, whole: Decimal) -> Decimal:
    """A fraction to 8 decimals, rounded half-up; 0 of a bill that is 0."""
    if whole == 0:
        return Decimal(0)
    return (part / whole).quantize(Decimal("1e-8"), rounding=ROUND_HALF_UP)


def _tell(run: Run) -> None:
    proof = run.proof
    emit(
        PERIOD_ATTRIBUTED,
        PeriodAttributed(
            period=run.period,
            version=run.activation,
            run_id=run.run_id,
            snapshot_ids=run.snapshot_ids,
            ruleset_digest=run.ruleset_digest,
            currency=run.currency,
            cost_measure=run.cost_measure,
            totals=Totals(
                bill=Decimal(proof["bill_total"]),
                attributed=Decimal(proof["attributed_total"]),
                overhead=Decimal(proof["overhead_total"]),
                unallocated=Decimal(proof["unallocated_total"]),
                excluded=Decimal(proof["excluded_total"]),
                difference=Decimal(proof["difference"]),
            ),
            allocations_uri=f"{run.folder_uri}/allocations.parquet",
            statements_uri=f"{run.folder_uri}/statements.csv",
            usage_uri=f"{run.folder_uri}/usage.csv",
            tenant_count=Statement.objects.filter(run_id=run.run_id).count(),
            content_hash=run.content_hash,
            attributed_at=run.created_at,
            fallback_share=run.fallback_share,
            pools=[_pool_fact(pool) for pool in run.pools],
        ),
    )


def _pool_fact(kept: dict[str, Any]) -> PoolMeasured:
    amounts = ("cost", "fallback_cost", "unmetered", "unallocated")
    return PoolMeasured(**{**kept, **{name: Decimal(kept[name]) for name in amounts}})
