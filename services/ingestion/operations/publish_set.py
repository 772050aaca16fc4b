from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from django.db.models import Max

from services.ingestion.domain.losses import Contents
from services.ingestion.models import Delivery, Signals, Snapshot, Source, Workloads
from shared.vocabulary.sources import DeliveryFault

SET_MODELS: Final[Mapping[str, type[Snapshot] | type[Signals] | type[Workloads]]] = {
    Source.Kind.BILL: Snapshot,
    Source.Kind.SIGNALS: Signals,
    Source.Kind.WORKLOADS: Workloads,
}
SetModel = TypeVar("SetModel", Snapshot, Signals, Workloads)
_ACCEPTED: Final[Mapping[str, str]] = {
    DeliveryFault.NEWER_THAN_MANIFEST: "files newer than their manifest",
    DeliveryFault.NO_MANIFEST: "files without manifest, as the whole month",
}


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
    is_same = current is not None and current.content_hash == fields["content_hash"]
    if current is not None and is_same and not _makes_good(delivery, current):
        current.delivered_at = max(current.delivered_at, delivery.delivered_at)
        current.save(update_fields=["delivered_at"])
        _settle(locked, Delivery.State.UNCHANGED)
        return None
    is_newest = current is None or delivery.delivered_at >= current.delivered_at
    if current is not None and is_newest:
        current.is_current = False
        current.save(update_fields=["is_current"])
    published = model.objects.create(
        source=delivery.source,
        delivery=locked,
        period=delivery.period,
        version=latest_version(model, delivery) + 1,
        delivered_at=delivery.delivered_at,
        is_current=is_newest,
        **fields,
    )
    _settle(locked, Delivery.State.COLLECTED)
    return published


def latest_version(
    model: type[Snapshot] | type[Signals] | type[Workloads], delivery: Delivery
) -> int:
    """The highest that a fact about the source's month has had, a withdrawal's among them."""
    sets = model.objects.filter(source=delivery.source_id, period=delivery.period)
    highest = sets.aggregate(Max("version"), Max("withdrawn_version"))
    return max(version or 0 for version in highest.values())


def _makes_good(delivery: Delivery, current: SetModel) -> bool:
    """Whether a delivery since the current one was refused: then the same is said once more.

    Who has been told of the refusal would wait for a newer good one for ever.
    """
    return Delivery.objects.filter(
        source=delivery.source,
        period=delivery.period,
        delivered_at__gt=current.delivered_at,
        delivered_at__lte=delivery.delivered_at,
        refused_at__isnull=False,
    ).exists()


def by_hand(delivery: Delivery) -> Iterator[str]:
    """What a person has had a part in, for whoever reads the snapshot's findings."""
    if delivery.given_by:
        yield f"{delivery.file_name} was given by hand by {delivery.given_by}: {delivery.reason}"
    for one in delivery.accepted:
        yield f"{one['by']} has accepted it ({_ACCEPTED[one['code']]}): {one['reason']}"


def _settle(delivery: Delivery, state: Delivery.State) -> None:
    delivery.state = state
    delivery.save(update_fields=["state"])
