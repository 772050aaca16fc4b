from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.attribution.models import InputSet, Run, Statement
from services.attribution.operations.measure_margin import measure_margins
from services.attribution.operations.revise_statements import revise_statements
from shared.contracts.attribution import (
    PERIOD_ATTRIBUTED,
    PeriodAttributed,
    PoolMeasured,
    Totals,
)
from shared.exact import exact_sum
from shared.jobs.work import request_job
from shared.messaging.producer.emit import emit


def activate_run(run: Run) -> None:
    """Make a proven run the current one and emit and update everything that follows from it."""
    runs = Run.objects.select_for_update().filter(period=run.period)
    latest = max((known.activation for known in runs), default=0)
    before = runs.filter(is_current=True).first()
    runs.filter(is_current=True).update(is_current=False)
    run.is_current, run.activation = True, latest + 1
    run.save(update_fields=["is_current", "activation"])
    _emit(run)
    measure_margins(run)
    revise_statements(run, before=before)
    if before is None:
        _take_from_later_bills(run.period)


def request_attribution(period: str) -> None:
    request_job(kind="attribute_period", key=period, payload={"period": period})


def _take_from_later_bills(period: str) -> None:
    """Their lines of this month stayed with them, since it had no run that could take them."""
    later = InputSet.objects.filter(
        kind=InputSet.Kind.SNAPSHOT, period__gt=period, earlier_months__contains=[period]
    )
    for month in sorted(set(later.values_list("period", flat=True))):
        request_attribution(month)


def _emit(run: Run) -> None:
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
                moved_in=_exchanged(proof, "moved_in"),
                moved_out=_exchanged(proof, "moved_out"),
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


def _exchanged(proof: Mapping[str, Any], name: str) -> Decimal:
    """With all other months; nothing in proofs of before there was such a thing."""
    return exact_sum(map(Decimal, proof.get(name, {}).values()))


def _pool_fact(kept: dict[str, Any]) -> PoolMeasured:
    amounts = ("cost", "fallback_cost", "unmetered", "unallocated")
    return PoolMeasured(**{**kept, **{name: Decimal(kept[name]) for name in amounts}})
