"""The signal or workload files of a period, checked and published as a set replacing the last."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from services.ingestion.domain.delivery_layout import check_delivery_size, is_of_period
from services.ingestion.domain.losses import Contents, losses
from services.ingestion.engine.plain_files import (
    SIGNALS,
    WORKLOADS,
    PlainFiles,
    PlainFormat,
    check_files,
)
from services.ingestion.gateways.sources import source_storage
from services.ingestion.models import Delivery, Signals, Source, Workloads
from services.ingestion.operations.publish_set import earlier_contents, publish_set
from services.ingestion.operations.quarantine_delivery import STAGED, quarantined_on_bad_input
from services.ingestion.operations.stage_upload import stage_upload
from shared.contracts.contract import Contract
from shared.contracts.ingestion import SIGNALS_PUBLISHED, WORKLOADS_PUBLISHED
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake
from shared.messaging.producer.emit import emit


@dataclass(frozen=True)
class _Kind:
    form: PlainFormat
    model: type[Any]
    contract: Contract[Any]
    id_field: str
    id_prefix: str
    names_field: str
    named: str
    """What one of the names is, among what a later set may lack."""


_KINDS: Final[Mapping[str, _Kind]] = {
    Source.Kind.SIGNALS: _Kind(
        SIGNALS, Signals, SIGNALS_PUBLISHED, "signal_set_id", "sig", "meters", "meter"
    ),
    Source.Kind.WORKLOADS: _Kind(
        WORKLOADS, Workloads, WORKLOADS_PUBLISHED, "workload_set_id", "wkl", "clusters", "cluster"
    ),
}


def collect_files(*, delivery_id: str) -> None:
    with as_ops():
        delivery = Delivery.objects.select_related("source").get(delivery_id=delivery_id)
        if delivery.state != Delivery.State.FOUND:
            return
    kind = _KINDS[delivery.source.kind]
    scratch = settings.ENVIRONMENT.scratch_dir
    with quarantined_on_bad_input(delivery):
        checked = check_files(
            _stage(delivery, scratch / STAGED),
            kind.form,
            scratch_dir=scratch / "spill",
            memory_limit_mb=settings.ENVIRONMENT.memory_limit_mb,
        )
        _publish(delivery, kind, checked)


def _stage(delivery: Delivery, root: Path) -> list[Path]:
    if delivery.upload_uri:
        return [stage_upload(delivery, root)]
    source = delivery.source
    storage = source_storage(source.key, source.uri)
    wanted = [
        item
        for item in storage.list(source.uri)
        if is_of_period(item.uri, delivery.period) and item.size_bytes
    ]
    check_delivery_size(wanted, file=source.uri)
    return [
        storage.fetch(item.uri, root / f"{index:05d}-{item.uri.rpartition('/')[2]}", etag=item.etag)
        for index, item in enumerate(wanted)
    ]


def _publish(delivery: Delivery, kind: _Kind, checked: PlainFiles) -> None:
    lake = Lake(settings.ENVIRONMENT)
    source, period, set_id = delivery.source_id, delivery.period, new_id(kind.id_prefix)
    folder = lake.input_folder(delivery.source.kind, source=source, period=period, set_id=set_id)
    require_lease()
    content = {
        kind.id_field: set_id,
        kind.names_field: list(checked.names),
        "part_uris": lake.publish(list(checked.parts), folder),
        "row_count": checked.row_count,
        "content_hash": checked.content_hash,
    }
    with as_ops():
        contents = Contents({kind.named: frozenset(checked.names)})
        earlier = earlier_contents(kind.model, delivery)
        lost = list(losses(earlier, contents))
        published = publish_set(
            kind.model,
            delivery,
            **content,
            contents=contents.with_earlier(earlier).to_json(),
            losses=[asdict(loss) for loss in lost],
        )
        if published is not None and published.is_current:
            fact = kind.contract.payload(
                **content,
                source=source,
                period=period,
                version=published.version,
                published_at=published.delivered_at,
                losses=lost,
            )
            emit(kind.contract, fact)
