from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from services.attribution.models import (
    InputSet,
    Period,
    ProviderPeriod,
    QuarantinedDelivery,
    WithdrawnSet,
)
from services.attribution.queries.run_inputs import inputs_of_period
from shared.contracts.ingestion import (
    BillingPeriodReported,
    DeliveryQuarantined,
    SetWithdrawn,
    SignalsPublished,
    SnapshotPublished,
    WorkloadsPublished,
)
from shared.contracts.versions import is_newer
from shared.jobs.work import request_job

_KINDS: Final[Mapping[str, str]] = {
    "bill": InputSet.Kind.SNAPSHOT,
    "signals": InputSet.Kind.SIGNALS,
    "workloads": InputSet.Kind.WORKLOADS,
}


def record_snapshot(fact: SnapshotPublished) -> None:
    _record(
        InputSet.Kind.SNAPSHOT,
        fact,
        set_id=fact.snapshot_id,
        raw_totals_uri=fact.raw_totals_uri,
        unreadable=[asdict(each) for each in fact.unreadable],
        corrected=_corrected(fact),
        charges=fact.charges,
        earlier_months=fact.earlier_months,
    )


def _corrected(fact: SnapshotPublished) -> dict[str, Any]:
    """Amounts as texts."""
    if fact.corrected is None:
        return {}
    return {
        "line_count": fact.corrected.line_count,
        "billed": f"{fact.corrected.billed:f}",
        "effective": f"{fact.corrected.effective:f}",
    }


def record_billing_period(fact: BillingPeriodReported) -> None:
    known, is_new = ProviderPeriod.objects.select_for_update().get_or_create(
        source=fact.source,
        period=fact.period,
        defaults={
            "version": fact.version,
            "status": fact.status,
            "last_updated": fact.last_updated,
        },
    )
    if is_newer(fact.version, than=None if is_new else known.version) and not is_new:
        known.version, known.status = fact.version, fact.status
        known.last_updated = fact.last_updated
        known.save()


def record_signals(fact: SignalsPublished) -> None:
    _record(InputSet.Kind.SIGNALS, fact, set_id=fact.signal_set_id, meters=fact.meters)


def record_workloads(fact: WorkloadsPublished) -> None:
    _record(InputSet.Kind.WORKLOADS, fact, set_id=fact.workload_set_id)


def record_quarantine(fact: DeliveryQuarantined) -> None:
    QuarantinedDelivery.objects.get_or_create(
        delivery_id=fact.delivery_id,
        defaults={
            "source": fact.source,
            "period": fact.period,
            "delivered_at": fact.delivered_at,
            "error": fact.error,
        },
    )


def record_withdrawal(fact: SetWithdrawn) -> None:
    """Without it, as if it had never come; a fact of before the withdrawal is no news.

    Of a kind that this release doesn't know there is nothing here.
    """
    kind = _KINDS.get(fact.kind, fact.kind)
    if not _gives_way(kind, fact):
        return
    WithdrawnSet.objects.update_or_create(
        kind=kind,
        source=fact.source,
        period=fact.period,
        defaults={"version": fact.version, "withdrawn_at": fact.withdrawn_at},
    )
    _request(fact.period)


def _record(
    kind: InputSet.Kind,
    fact: SnapshotPublished | SignalsPublished | WorkloadsPublished,
    **fields: Any,
) -> None:
    """Keep the highest version of a source and period; order of arrival means nothing.

    What comes before the bill or the ruleset waits for them, without a job.
    """
    Period.objects.get_or_create(period=fact.period)
    if not _gives_way(kind, fact):
        return
    InputSet.objects.create(
        kind=kind,
        source=fact.source,
        period=fact.period,
        version=fact.version,
        content_hash=fact.content_hash,
        part_uris=fact.part_uris,
        published_at=fact.published_at,
        losses=[asdict(loss) for loss in fact.losses],
        **fields,
    )
    _request(fact.period)


def _gives_way(
    kind: str, fact: SnapshotPublished | SignalsPublished | WorkloadsPublished | SetWithdrawn
) -> bool:
    """Whether the fact is news of its source and period; the set that was there is gone then."""
    about = {"kind": kind, "source": fact.source, "period": fact.period}
    known = InputSet.objects.select_for_update().filter(**about)
    newest = known.first() or WithdrawnSet.objects.filter(**about).first()
    if not is_newer(fact.version, than=newest.version if newest else None):
        return False
    known.delete()
    return True


def _request(period: str) -> None:
    if inputs_of_period(period) is not None:
        request_job(kind="attribute_period", key=period, payload={"period": period})
