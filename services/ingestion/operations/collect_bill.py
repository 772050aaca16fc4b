"""A delivery becomes an immutable snapshot, or is quarantined as a whole with the reason."""

import json
from dataclasses import asdict
from pathlib import Path

from django.conf import settings

from services.ingestion.domain.losses import loss_in_words, losses
from services.ingestion.engine import Snapshot as Normalised
from services.ingestion.engine import find_delivery, normalise
from services.ingestion.engine.contents import charges_sampled, contents_of, resources_kept
from services.ingestion.gateways.sources import source_storage
from services.ingestion.models import Delivery, Snapshot
from services.ingestion.operations.bill_files import stage_bill
from services.ingestion.operations.publish_set import by_hand, earlier_contents, publish_set
from services.ingestion.operations.quarantine_delivery import STAGED, quarantined_on_bad_input
from services.ingestion.operations.stage_upload import stage_upload
from shared.columnar import open_session
from shared.contracts.ingestion import SNAPSHOT_PUBLISHED, Loss, SnapshotPublished
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake
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
        root = _stage(delivery, scratch / STAGED)
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
    """Copies of the files, wherever they come from, as `find_delivery` takes them."""
    if delivery.upload_uri:
        return stage_upload(delivery, root)
    source = delivery.source
    storage = source_storage(source.key, source.uri)
    return stage_bill(delivery, list(storage.list(source.uri)), storage, root)


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
        place = delivery.manifest_uri or delivery.file_name or delivery.source.uri
        contents = contents_of(session, normalised.parts, file=place)
        with as_ops():
            seen = earlier_contents(Snapshot, delivery).resources
        charges = charges_sampled(session, normalised.parts, normalised.row_count)
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
            charges=charges,
            findings=[
                *by_hand(delivery),
                *(finding.message for finding in normalised.findings),
                *(f"Since an earlier delivery {loss_in_words(loss)}." for loss in lost),
            ],
        )
        if snapshot is not None and snapshot.is_current:
            emit(SNAPSHOT_PUBLISHED, _fact(snapshot, normalised))


def _fact(snapshot: Snapshot, normalised: Normalised) -> SnapshotPublished:
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
        unreadable=list(normalised.unreadable),
        corrected=normalised.corrected,
        charges=snapshot.charges,
        earlier_months=list(normalised.earlier_months),
    )
