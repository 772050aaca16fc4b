"""A delivery becomes an immutable snapshot, or is quarantined as a whole with the reason."""

import json
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from services.ingestion.domain.delivery_layout import check_delivery_size, safe_relative_path
from services.ingestion.domain.losses import loss_in_words, losses
from services.ingestion.engine import Snapshot as Normalised
from services.ingestion.engine import find_delivery, normalise
from services.ingestion.engine.contents import contents_of, resources_kept
from services.ingestion.engine.delivery import places_by_name, resolve_key
from services.ingestion.engine.manifest import check_manifest_size, read_manifest
from services.ingestion.models import Delivery, Snapshot
from services.ingestion.operations.publish_set import earlier_contents, publish_set
from services.ingestion.operations.quarantine_delivery import quarantined_on_bad_input
from shared.columnar import open_session
from shared.contracts.ingestion import SNAPSHOT_PUBLISHED, Loss, SnapshotPublished
from shared.faults import BadInput
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake
from shared.lake.storage import Location, Storage, StoredObject
from shared.messaging.producer.emit import emit
from shared.periods import Month

SCHEMA_VERSION = 1


class OvertakenDelivery(Exception):
    """What this one was compared with is not the newest any more: its job is tried again."""


def collect_bill(*, delivery_id: str) -> None:
    with as_ops():
        delivery = Delivery.objects.select_related("source").get(delivery_id=delivery_id)
        if delivery.state != Delivery.State.FOUND:
            return
    scratch = settings.ENVIRONMENT.scratch_dir
    with quarantined_on_bad_input(delivery):
        root = _stage(delivery, scratch / "staged")
        period = Month.parse(delivery.period)
        normalised = normalise(
            find_delivery(root, period=period),
            period=period,
            out_dir=scratch / "normalised",
            scratch_dir=scratch / "spill",
            memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
            source=delivery.source_id,
        )
        _publish(delivery, normalised, scratch)


def _stage(delivery: Delivery, root: Path) -> Path:
    """Copy what the manifest lists, and refuse a delivery that changed while it was copied.

    AWS overwrites objects one by one while the old manifest still stands: every object is fetched
    by its ETag, none may be newer than the manifest, and the manifest must be the same afterwards.
    """
    storage = Lake(settings.ENVIRONMENT).storage
    objects = {Location.parse(item.uri).key: item for item in storage.list(delivery.source.uri)}
    place = Location.parse(delivery.manifest_uri).key
    listed = objects.get(place)
    if listed is None:
        raise BadInput("the manifest is gone.", file=delivery.manifest_uri)
    check_manifest_size(listed.size_bytes, file=listed.uri)
    path = _fetch(storage, listed, root)
    manifest = read_manifest(path, place=place, modified_at=listed.modified_at.timestamp())
    places = places_by_name(objects)
    items = [objects[resolve_key(key, places, manifest)] for key in manifest.keys]
    check_delivery_size(items, file=listed.uri)
    for item in items:
        if item.modified_at > listed.modified_at:
            raise BadInput(
                "it is newer than its manifest, so a new delivery is under way.",
                file=item.uri,
                remedy="Nothing is to be done: the next manifest brings it.",
            )
        _fetch(storage, item, root)
    if storage.read(listed.uri) != path.read_bytes():
        raise BadInput("the manifest was replaced while its files were read.", file=listed.uri)
    return root


def _fetch(storage: Storage, item: StoredObject, root: Path) -> Path:
    """By its ETag, so that what is fetched is what was listed."""
    path = root / safe_relative_path(Location.parse(item.uri).key)
    try:
        return storage.fetch(item.uri, path, etag=item.etag)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise BadInput(
            "a file and a folder of the delivery have the same name.",
            file=item.uri,
            remedy="Rename one of them.",
        ) from error


def _publish(delivery: Delivery, normalised: Normalised, scratch: Path) -> None:
    lake = Lake(settings.ENVIRONMENT)
    snapshot_id = new_id("snap")
    folder = lake.snapshot_folder(
        source=delivery.source_id, period=delivery.period, snapshot_id=snapshot_id
    )
    raw_totals = scratch / "raw-totals.json"
    raw_totals.write_text(json.dumps([total.to_json() for total in normalised.raw_totals]))
    require_lease()
    part_uris = lake.publish(list(normalised.parts), folder)
    raw_totals_uri = lake.storage.put(raw_totals, f"{folder}/raw-totals.json")
    with open_session(
        scratch_dir=scratch / "spill", memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb
    ) as session:
        contents = contents_of(session, normalised.parts, file=delivery.manifest_uri)
        with as_ops():
            seen = earlier_contents(Snapshot, delivery).resources
        kept = resources_kept(session, normalised.parts, seen)  # in no transaction: it takes long
    with as_ops():
        earlier = earlier_contents(Snapshot, delivery)
        if earlier.resources != seen:
            raise OvertakenDelivery(
                f"another delivery of {delivery.period} was published meanwhile"
            )
        lost = list(losses(earlier, contents, resources_kept=kept))
        snapshot = publish_set(
            Snapshot,
            delivery,
            snapshot_id=snapshot_id,
            part_uris=part_uris,
            row_count=normalised.row_count,
            content_hash=normalised.content_hash,
            currency=normalised.currency,
            billed_total=normalised.billed_total,
            effective_total=normalised.effective_total,
            raw_totals_uri=raw_totals_uri,
            contents=contents.with_earlier(earlier).to_json(),
            losses=[asdict(loss) for loss in lost],
            findings=[
                *(finding.message for finding in normalised.findings),
                *(f"Since an earlier delivery {loss_in_words(loss)}." for loss in lost),
            ],
        )
        if snapshot is not None and snapshot.is_current:
            emit(SNAPSHOT_PUBLISHED, _fact(snapshot))


def _fact(snapshot: Snapshot) -> SnapshotPublished:
    return SnapshotPublished(
        snapshot_id=snapshot.snapshot_id,
        source=snapshot.source_id,
        period=snapshot.period,
        version=snapshot.version,
        part_uris=snapshot.part_uris,
        raw_totals_uri=snapshot.raw_totals_uri,
        row_count=snapshot.row_count,
        currency=snapshot.currency,
        billed_total=snapshot.billed_total,
        effective_total=snapshot.effective_total,
        content_hash=snapshot.content_hash,
        losses=[Loss(**loss) for loss in snapshot.losses],
        schema_version=SCHEMA_VERSION,
        published_at=snapshot.delivered_at,
    )
