"""What a person may do with a delivery that waits or does not count: retry it, or accept it."""

from services.ingestion.domain.refusals import UnableToDo
from services.ingestion.models import Delivery
from services.ingestion.operations.take_delivery import take
from shared.vocabulary.sources import ACCEPTABLE

_UNDECIDED = (Delivery.State.QUARANTINED, Delivery.State.WAITING)


def retry_delivery(*, delivery_id: str) -> Delivery:
    """Read what lies there once more, as a whole; what is current stays so until it is done."""
    delivery = _locked(delivery_id)
    if delivery.state not in (Delivery.State.QUARANTINED, Delivery.State.WITHDRAWN):
        raise _not_open(delivery)
    take(delivery)
    delivery.refresh_from_db()
    return delivery


def accept_delivery(*, delivery_id: str, reason: str, by: str) -> Delivery:
    """Of its fault alone: what the files hold is checked as always.

    Raises UnableToDo for a fault that no person can judge.
    """
    delivery = _locked(delivery_id)
    if delivery.state not in _UNDECIDED:
        raise _not_open(delivery)
    if delivery.fault_code not in ACCEPTABLE:
        raise UnableToDo(
            "This can't be accepted: nobody knows what the files would have said. Mend it at its"
            " origin and retry, or give a file in its place.",
            code="not_acceptable",
            fault=delivery.fault_code,
        )
    delivery.accepted = [
        *delivery.accepted,
        {"code": delivery.fault_code, "by": by, "reason": reason},
    ]
    delivery.save(update_fields=["accepted"])
    take(delivery)
    delivery.refresh_from_db()
    return delivery


def _locked(delivery_id: str) -> Delivery:
    return (
        Delivery.objects.select_for_update(of=["self"]).select_related("source").get(pk=delivery_id)
    )


def _not_open(delivery: Delivery) -> UnableToDo:
    return UnableToDo(
        f"The delivery is {delivery.state}; there is nothing to decide.",
        code="not_open",
        state=delivery.state,
    )
