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
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, Protocol

from shared.faults import BadInput, Fault
from shared.input_limits import DELIVERY_BYTES_MAX, FILES_MAX, beyond
from shared.periods import Month

_PERIOD: Final = re.compile(r"/(?:billing_)?period=([0-9]{4}-[0-9]{2})/", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"-Manifest\.json$", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(r"-(?:Redshift|QuickSight)Manifest\.json$", re.IGNORECASE)
_RANGE: Final = re.compile(r"/([0-9]{4})([0-9]{2})[0-9]{2}-[0-9]{8}/[^/]+$")
# Of a file's name on Linux (NAME_MAX); S3 has only a limit for the whole key.
_NAME_BYTES_MAX: Final = 255


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
                fingerprint=_digest([_version(item)]),
                manifest_uri=item.uri,
                delivered_at=item.modified_at,
            )


def _period_of_manifest(uri: str) -> str:
    """The month of a manifest of ours, '' for any other object."""
    if not _MANIFEST.search(uri) or _OF_OTHERS.search(uri):
        return ""
    partition, span = _PERIOD.search(uri), _RANGE.search(uri)
    if partition:
        return _month_or_none(partition[1])
    return _month_or_none(f"{span[1]}-{span[2]}") if span else ""


def _month_or_none(text: str) -> str:
    """'' for what looks like a month and is none, such as 2026-13."""
    try:
        return str(Month.parse(text))
    except Fault:
        return ""


def plain_deliveries(objects: Iterable[Stored]) -> Iterator[FoundDelivery]:
    """Of signals or workloads; one per period: the set of its files as they are now.

    The time of each counts too: what was there once may be put there again, and is the newest then.
    """
    by_period: dict[str, list[Stored]] = defaultdict(list)
    for item in objects:
        period = _period_of(item.uri)
        if period and item.size_bytes:
            by_period[period].append(item)
    for period_key, items in sorted(by_period.items()):
        yield FoundDelivery(
            period=period_key,
            fingerprint=_digest(map(_version, items)),
            manifest_uri="",
            delivered_at=max(item.modified_at for item in items),
        )


def is_of_period(uri: str, period: str) -> bool:
    return _period_of(uri) == period


def _period_of(uri: str) -> str:
    match = _PERIOD.search(uri)
    return _month_or_none(match[1]) if match else ""


def check_delivery_size(items: Collection[Stored], *, file: str) -> None:
    """Raises BadInput for what is too much to be copied to the local disk."""
    if len(items) > FILES_MAX:
        raise beyond("the delivery has more than {} files", FILES_MAX, file=file)
    if sum(item.size_bytes for item in items) > DELIVERY_BYTES_MAX:
        raise beyond("the delivery has more than {} bytes", DELIVERY_BYTES_MAX, file=file)


def safe_relative_path(key: str) -> PurePosixPath:
    """A key as a path below a folder of ours; raises BadInput for one that would leave it."""
    path = PurePosixPath(key.lstrip("/"))
    if not path.parts or ".." in path.parts or "\0" in key:
        raise BadInput("a key with `..` is not fetched.", file=key, remedy="Rename the object.")
    if any(len(part.encode()) > _NAME_BYTES_MAX for part in path.parts):
        raise BadInput(
            f"a name in the key is longer than {_NAME_BYTES_MAX} bytes.",
            file=key,
            remedy="Rename the object.",
        )
    return path


def _version(item: Stored) -> str:
    return f"{item.uri} {item.etag} {item.modified_at.isoformat()}"


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
