"""Which objects of a source belong to which period's delivery, by the layouts AWS writes.

Data Exports: `<prefix>/<name>/metadata/BILLING_PERIOD=2026-10/<name>-Manifest.json` (the partition
key in either case). Legacy CUR: `<prefix>/<name>/20261001-20261101/<name>-Manifest.json`; with
CREATE_NEW_REPORT a copy of it also lies in the assembly's own folder, which is not a delivery more.
AWS writes the manifest last: it is the commit marker, and nothing outside it is read. Signals and
workloads: any file below `period=2026-10/`.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, Protocol

from shared.faults import BadInput

_PERIOD: Final = re.compile(r"/(?:billing_)?period=(\d{4}-(?:0[1-9]|1[0-2]))/", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"-Manifest\.json$", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(r"-(?:Redshift|QuickSight)Manifest\.json$", re.IGNORECASE)
_RANGE: Final = re.compile(r"/(\d{4})(0[1-9]|1[0-2])\d{2}-\d{8}/[^/]+$")


class Stored(Protocol):
    @property
    def uri(self) -> str: ...
    @property
    def etag(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def modified_at(self) -> datetime: ...


@dataclass(frozen=True)
class FoundDelivery:
    period: str
    fingerprint: str
    manifest_uri: str
    delivered_at: datetime


def bill_deliveries(objects: Iterable[Stored]) -> Iterator[FoundDelivery]:
    """One per manifest as it is now.

    Its time counts too: what it lists may be restated under the same names and so the same text.
    """
    for item in objects:
        period = _period_of_manifest(item.uri)
        if period:
            yield FoundDelivery(
                period=period,
                fingerprint=_digest([f"{item.uri} {item.etag} {item.modified_at.isoformat()}"]),
                manifest_uri=item.uri,
                delivered_at=item.modified_at,
            )


def _period_of_manifest(uri: str) -> str:
    """The month of a manifest of ours, '' for any other object."""
    if not _MANIFEST.search(uri) or _OF_OTHERS.search(uri):
        return ""
    partition, span = _PERIOD.search(uri), _RANGE.search(uri)
    if partition:
        return partition[1]
    return f"{span[1]}-{span[2]}" if span else ""


def plain_deliveries(objects: Iterable[Stored]) -> Iterator[FoundDelivery]:
    """Of signals or workloads; one per period: the set of its files as they are now."""
    by_period: dict[str, list[Stored]] = defaultdict(list)
    for item in objects:
        period = _PERIOD.search(item.uri)
        if period and item.size_bytes:
            by_period[period[1]].append(item)
    for period_key, items in sorted(by_period.items()):
        yield FoundDelivery(
            period=period_key,
            fingerprint=_digest(f"{item.uri} {item.etag}" for item in items),
            manifest_uri="",
            delivered_at=max(item.modified_at for item in items),
        )


def is_of_period(uri: str, period: str) -> bool:
    match = _PERIOD.search(uri)
    return match is not None and match[1] == period


def safe_relative_path(key: str) -> PurePosixPath:
    """A key as a path below a folder of ours; raises BadInput for one that would leave it."""
    path = PurePosixPath(key.lstrip("/"))
    if not path.parts or ".." in path.parts:
        raise BadInput("a key with `..` is not fetched.", file=key, remedy="Rename the object.")
    return path


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
