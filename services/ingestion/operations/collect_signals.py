"""The signal files of a period, checked and published as one set that replaces the last."""

from pathlib import Path

from django.conf import settings

from services.ingestion.domain.delivery_layout import is_of_period
from services.ingestion.engine.signal_files import SignalFiles, check_signals
from services.ingestion.models import Delivery, Signals
from services.ingestion.operations.publish_set import publish_set
from services.ingestion.operations.quarantine_delivery import quarantined_on_bad_input
from shared.contracts.ingestion import SIGNALS_PUBLISHED, SignalsPublished
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.messaging.emit import emit


def collect_signals(*, delivery_id: str) -> None:
    with as_ops():
        delivery = Delivery.objects.select_related("source").get(delivery_id=delivery_id)
        if delivery.state != Delivery.State.FOUND:
            return
    scratch = settings.ENVIRONMENT.scratch_dir
    with quarantined_on_bad_input(delivery):
        files = _stage(delivery, scratch / "staged")
        checked = check_signals(
            files,
            scratch_dir=scratch / "spill",
            memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
        )
        _publish(delivery, checked)


def _stage(delivery: Delivery, root: Path) -> list[Path]:
    storage = Lake(settings.ENVIRONMENT).storage
    wanted = [
        item
        for item in storage.list(delivery.source.uri)
        if is_of_period(item.uri, delivery.period) and item.size_bytes
    ]
    return [
        storage.fetch(item.uri, root / f"{index:05d}-{item.uri.rpartition('/')[2]}", etag=item.etag)
        for index, item in enumerate(wanted)
    ]


def _publish(delivery: Delivery, checked: SignalFiles) -> None:
    lake = Lake(settings.ENVIRONMENT)
    signal_set_id = new_id("sig")
    folder = lake.signal_folder(
        source=delivery.source_id, period=delivery.period, signal_set_id=signal_set_id
    )
    part_uris = lake.publish(list(checked.parts), folder)
    with as_ops():
        published = publish_set(
            Signals,
            delivery,
            signal_set_id=signal_set_id,
            part_uris=part_uris,
            row_count=checked.row_count,
            content_hash=checked.content_hash,
            meters=list(checked.meters),
        )
        if published is not None and published.is_current:
            emit(
                SIGNALS_PUBLISHED,
                SignalsPublished(
                    signal_set_id=published.signal_set_id,
                    source=published.source_id,
                    period=published.period,
                    version=published.version,
                    part_uris=published.part_uris,
                    meters=published.meters,
                    row_count=published.row_count,
                    content_hash=published.content_hash,
                    published_at=published.delivered_at,
                ),
            )
