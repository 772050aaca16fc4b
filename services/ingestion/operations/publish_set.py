from typing import Any, TypeVar

from services.ingestion.domain.losses import Contents
from services.ingestion.models import Delivery, Signals, Snapshot, Source, Workloads

SetModel = TypeVar("SetModel", Snapshot, Signals, Workloads)


def earlier_contents(model: type[SetModel], delivery: Delivery) -> Contents:
    """Of the set that is current, which stays so until the caller's transaction ends."""
    Source.objects.select_for_update().get(pk=delivery.source_id)
    current = model.objects.filter(
        source=delivery.source, period=delivery.period, is_current=True
    ).first()
    return Contents() if current is None else Contents.from_json(current.contents)


def publish_set(model: type[SetModel], delivery: Delivery, **fields: Any) -> SetModel | None:
    """Record a set of files and make it the current one, in the caller's transaction.

    None where the content is what is current already (a delivery repeated). A delivery older than
    the current one is kept but does not become current: the newest manifest wins, not the last one
    processed.
    """
    locked = Delivery.objects.select_for_update().get(pk=delivery.pk)
    if locked.state != Delivery.State.FOUND:
        return None
    earlier = model.objects.select_for_update().filter(
        source=delivery.source, period=delivery.period
    )
    current = earlier.filter(is_current=True).first()
    if current is not None and current.content_hash == fields["content_hash"]:
        current.delivered_at = max(current.delivered_at, delivery.delivered_at)
        current.save(update_fields=["delivered_at"])
        _settle(locked, Delivery.State.UNCHANGED)
        return None
    is_newest = current is None or delivery.delivered_at >= current.delivered_at
    if current is not None and is_newest:
        current.is_current = False
        current.save(update_fields=["is_current"])
    latest = earlier.order_by("-version").first()
    published = model.objects.create(
        source=delivery.source,
        delivery=locked,
        period=delivery.period,
        version=latest.version + 1 if latest else 1,
        delivered_at=delivery.delivered_at,
        is_current=is_newest,
        **fields,
    )
    _settle(locked, Delivery.State.COLLECTED)
    return published


def _settle(delivery: Delivery, state: Delivery.State) -> None:
    delivery.state = state
    delivery.save(update_fields=["state"])
