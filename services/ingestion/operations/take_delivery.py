"""A delivery that waits, was refused or withdrawn, is read by a job as a whole."""

from typing import Any, Final

from services.ingestion.models import Delivery
from shared.isolation.scope import as_ops
from shared.jobs.work import request_job

_TAKEN_FROM: Final = (
    Delivery.State.WAITING,
    Delivery.State.QUARANTINED,
    Delivery.State.WITHDRAWN,
)


def take(delivery: Delivery) -> bool:
    """Ask for its job, in the caller's transaction if there is one; False where it has one."""
    with as_ops():
        is_taken = Delivery.objects.filter(pk=delivery.pk, state__in=_TAKEN_FROM).update(
            state=Delivery.State.FOUND, error="", fault_code=""
        )
        if is_taken:
            request_job(**job_of(delivery))
        return bool(is_taken)


def job_of(delivery: Delivery) -> dict[str, Any]:
    return {
        "kind": f"collect_{delivery.source.kind}",
        "key": delivery.delivery_id,
        "payload": {"delivery_id": delivery.delivery_id},
    }
