"""The files of a bill's delivery at its source: which they are, and whether they may be taken."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from django.conf import settings

from services.ingestion.domain.delivery_layout import (
    bill_deliveries,
    bills_without_manifest,
    check_delivery_size,
    fingerprint_of,
    key_of,
    loose_files,
    safe_relative_path,
)
from services.ingestion.domain.readiness import Overtaken, Watch, check_listed, check_loose
from services.ingestion.engine.delivery import places_by_name, resolve_key
from services.ingestion.engine.manifest import Manifest, check_manifest_size, read_manifest
from services.ingestion.gateways.sources import SourceStorage
from services.ingestion.models import Delivery, Snapshot
from shared.faults import BadInput, Fault
from shared.isolation.scope import as_ops
from shared.lake.storage import StoredObject
from shared.periods import Month

# What `resolve_key` says of a file that may still come.
_ABSENT: Final = "is not there"
_ACCEPTED_MANIFEST: Final = "accepted-Manifest.json"


@dataclass(frozen=True)
class ListedFiles:
    """`absent`: why each file of the manifest was not found."""

    manifest: StoredObject
    path: Path
    items: Sequence[StoredObject]
    absent: Sequence[Fault]


def check_ready(
    delivery: Delivery, objects: Sequence[StoredObject], storage: SourceStorage
) -> None:
    """Raises NotYetWhole or RefusedDelivery; returns for what a job can take, or refuse itself."""
    if not delivery.manifest_uri:
        _check_loose(delivery, objects)
        return
    with TemporaryDirectory() as folder:
        try:
            listed = _listed_files(delivery, objects, storage, Path(folder))
        except (BadInput, Overtaken):
            return
        _check_listed(delivery, listed)


def stage_bill(
    delivery: Delivery, objects: Sequence[StoredObject], storage: SourceStorage, root: Path
) -> Path:
    """What `find_delivery` takes: copies, below `root`, of the files that may be taken.

    AWS overwrites objects one by one while the old manifest still stands: every object is fetched
    by its ETag, and the manifest must be the same afterwards. Raises Overtaken, too.
    """
    if not delivery.manifest_uri:
        return _stage_loose(delivery, objects, storage, root)
    listed = _listed_files(delivery, objects, storage, root)
    _check_listed(delivery, listed)
    check_delivery_size(listed.items, file=listed.manifest.uri)
    for item in listed.items:
        _fetch(storage, item, root)
    again = root.parent / f"{root.name}-manifest-again"
    storage.fetch(listed.manifest.uri, again)
    if again.read_bytes() != listed.path.read_bytes():
        raise BadInput(
            "the manifest was replaced while its files were read.", file=listed.manifest.uri
        )
    return root


def _listed_files(
    delivery: Delivery, objects: Sequence[StoredObject], storage: SourceStorage, into: Path
) -> ListedFiles:
    by_key = {key_of(item.uri): item for item in objects}
    place = key_of(delivery.manifest_uri)
    stored = by_key.get(place)
    if stored is None:
        raise BadInput("the manifest is gone.", file=delivery.manifest_uri)
    if fingerprint_of([stored]) != delivery.fingerprint:
        raise Overtaken("a newer manifest lies in its place.")
    check_manifest_size(stored.size_bytes, file=stored.uri)
    path = _fetch(storage, stored, into)
    manifest = read_manifest(path, place=place, modified_at=stored.modified_at.timestamp())
    places = places_by_name(by_key)
    items, absent = [], []
    for key in manifest.keys:
        resolved = _resolved(key, places, manifest)
        if isinstance(resolved, Fault):
            absent.append(resolved)
        else:
            items.append(by_key[resolved])
    return ListedFiles(stored, path, items, absent)


def _resolved(key: str, places: Mapping[str, Sequence[str]], manifest: Manifest) -> str | BadInput:
    try:
        return resolve_key(key, places, manifest)
    except BadInput as fault:
        if _ABSENT not in fault.message:
            raise  # nothing that is copied later would mend it
        return fault


def _check_listed(delivery: Delivery, listed: ListedFiles) -> None:
    with as_ops():
        is_restated = Snapshot.objects.filter(
            source=delivery.source_id, period=delivery.period
        ).exists()
    check_listed(
        listed.manifest,
        listed.items,
        listed.absent,
        watch=_watch(),
        is_restated=is_restated,
        accepted=delivery.accepted_codes,
    )


def _check_loose(delivery: Delivery, objects: Sequence[StoredObject]) -> Sequence[StoredObject]:
    named = {item.uri for item in loose_files(objects, delivery.period)}
    files = [item for item in objects if item.uri in named]
    listed = {one.period: one for one in bills_without_manifest(objects)}.get(delivery.period)
    if listed is None or listed.fingerprint != delivery.fingerprint:
        raise Overtaken("other files of the month lie in its place.")
    check_loose(
        files,
        place=delivery.source.uri,
        watch=_watch(),
        is_as_aws_writes=listed.is_as_aws_writes,
        has_manifests=any(True for _ in bill_deliveries(objects)),
        month_is_over=_watch().now >= Month.parse(delivery.period).end,
        accepted=delivery.accepted_codes,
    )
    return files


def _stage_loose(
    delivery: Delivery, objects: Sequence[StoredObject], storage: SourceStorage, root: Path
) -> Path:
    files = _check_loose(delivery, objects)
    check_delivery_size(files, file=delivery.source.uri)
    paths = [_fetch(storage, item, root) for item in files]
    if len(paths) == 1:
        return paths[0]
    # A person has said that they belong together, as a manifest would.
    content = {
        "dataFiles": [path.relative_to(root).as_posix() for path in paths],
        "billingPeriod": delivery.period,
    }
    (root / _ACCEPTED_MANIFEST).write_text(json.dumps(content))
    return root


def _fetch(storage: SourceStorage, item: StoredObject, root: Path) -> Path:
    """By its ETag, so that what is fetched is what was listed."""
    path = root / safe_relative_path(key_of(item.uri))
    try:
        return storage.fetch(item.uri, path, etag=item.etag)
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise BadInput(
            "a file and a folder of the delivery have the same name.",
            file=item.uri,
            remedy="Rename one of them.",
        ) from error


def _watch() -> Watch:
    return Watch(datetime.now(UTC), timedelta(seconds=settings.ENVIRONMENT.settle_seconds))
