"""A person takes back what was read: it counts for its month no more, and nothing is deleted."""

from datetime import UTC, datetime

from services.ingestion.domain.refusals import UnableToDo
from services.ingestion.models import Delivery, Snapshot, Source
from services.ingestion.operations.publish_set import SET_MODELS, latest_version
from shared.contracts.ingestion import SET_WITHDRAWN, SetWithdrawn
from shared.messaging.producer.emit import emit


def withdraw_delivery(*, delivery_id: str) -> Delivery:
    """In the caller's transaction, with the fact of it.

    Raises UnableToDo for what does not count, and for the only bill of its month: without one there
    is nothing to attribute, and what was attributed would stand for a bill that is gone.
    """
    known = Delivery.objects.select_related("source").get(pk=delivery_id)
    Source.objects.select_for_update().get(pk=known.source_id)
    delivery = Delivery.objects.select_for_update(of=["self"]).get(pk=delivery_id)
    model = SET_MODELS[known.source.kind]
    published = model.objects.select_for_update().filter(delivery=delivery, is_current=True).first()
    if published is None:
        raise UnableToDo(
            "Nothing of it counts, so there is nothing to withdraw.",
            code="not_current",
            state=delivery.state,
        )
    others = Snapshot.objects.filter(period=delivery.period, is_current=True)
    if model is Snapshot and not others.exclude(pk=published.pk).exists():
        raise UnableToDo(
            f"It is the only bill of {delivery.period}. Give the right one, which takes its place.",
            code="only_bill",
        )
    published.is_current = False
    published.withdrawn_version = latest_version(model, delivery) + 1
    published.save(update_fields=["is_current", "withdrawn_version"])
    delivery.state = Delivery.State.WITHDRAWN
    delivery.save(update_fields=["state"])
    emit(
        SET_WITHDRAWN,
        SetWithdrawn(
            kind=known.source.kind,
            source=known.source_id,
            period=delivery.period,
            version=published.withdrawn_version,
            withdrawn_at=datetime.now(UTC),
        ),
    )
    return delivery
