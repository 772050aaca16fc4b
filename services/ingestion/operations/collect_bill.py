"""A delivery becomes an immutable snapshot, or is quarantined as a whole with the reason."""

import json
from pathlib import Path

from django.conf import settings

from services.ingestion.domain.delivery_layout import safe_relative_path
from services.ingestion.engine import Snapshot as Normalised
from services.ingestion.engine import find_delivery, normalise
from services.ingestion.engine.delivery import resolve_key
from services.ingestion.engine.manifest import read_manifest
from services.ingestion.models import Delivery, Snapshot
from services.ingestion.operations.publish_set import publish_set
from services.ingestion.operations.quarantine_delivery import quarantined_on_bad_input
from shared.contracts.ingestion import SNAPSHOT_PUBLISHED, SnapshotPublished
from shared.faults import BadInput
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.lake.storage import Location
from shared.messaging.producer.emit import emit
from shared.periods import Month

SCHEMA_VERSION = 1


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
    path = storage.fetch(listed.uri, _local(root, place))
    manifest = read_manifest(path, place=place, modified_at=listed.modified_at.timestamp())
    for key in manifest.keys:
        item = objects[resolve_key(key, sorted(objects), manifest)]
        if item.modified_at > listed.modified_at:
            raise BadInput(
                "it is newer than its manifest, so a new delivery is under way.",
                file=item.uri,
                remedy="Nothing is to be done: the next manifest brings it.",
            )
        storage.fetch(item.uri, _local(root, Location.parse(item.uri).key), etag=item.etag)
    if storage.read(listed.uri) != path.read_bytes():
        raise BadInput("the manifest was replaced while its files were read.", file=listed.uri)
    return root


def _local(root: Path, key: str) -> Path:
    return root / safe_relative_path(key)


def _publish(delivery: Delivery, normalised: Normalised, scratch: Path) -> None:
    lake = Lake(settings.ENVIRONMENT)
    snapshot_id = new_id("snap")
    folder = lake.snapshot_folder(
        source=delivery.source_id, period=delivery.period, snapshot_id=snapshot_id
    )
    raw_totals = scratch / "raw-totals.json"
    raw_totals.write_text(json.dumps([total.to_json() for total in normalised.raw_totals]))
    part_uris = lake.publish(list(normalised.parts), folder)
    raw_totals_uri = lake.storage.put(raw_totals, f"{folder}/raw-totals.json")
    with as_ops():
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
            findings=[finding.message for finding in normalised.findings],
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
        schema_version=SCHEMA_VERSION,
        published_at=snapshot.delivered_at,
    )
