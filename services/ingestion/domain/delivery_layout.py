"""Which objects of a source belong to which period's delivery, by the layouts AWS writes.

Data Exports: `<prefix>/<name>/metadata/BILLING_PERIOD=2026-10/<name>-Manifest.json` (the partition
key in either case). Legacy CUR: `<prefix>/<name>/20261001-20261101/<name>-Manifest.json`; with
CREATE_NEW_REPORT a copy of it also lies in the assembly's own folder, which is not a delivery more.
AWS writes the manifest last: it is the commit marker, and nothing outside it is read. A month of
which there is no manifest at all was copied by hand: its data files, by the month in their names.
Signals and workloads: any file below `period=2026-10/`.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, Protocol, TypeVar

from shared.faults import BadInput, Fault
from shared.input_limits import DELIVERY_BYTES_MAX, FILES_MAX, beyond
from shared.periods import Month

_PERIOD: Final = re.compile(r"/(?:billing_)?period=([0-9]{4}-[0-9]{2})/", re.IGNORECASE)
_MANIFEST: Final = re.compile(r"-Manifest\.json$", re.IGNORECASE)
_OF_OTHERS: Final = re.compile(r"-(?:Redshift|QuickSight)Manifest\.json$", re.IGNORECASE)
_RANGE: Final = re.compile(r"/([0-9]{4})([0-9]{2})[0-9]{2}-[0-9]{8}/[^/]+$")
_RANGE_FOLDER: Final = re.compile(r"/([0-9]{4})([0-9]{2})[0-9]{2}-[0-9]{8}/")
_NAMED_MONTH: Final = re.compile(r"(?<![0-9])(20[0-9]{2}-(?:0[1-9]|1[0-2]))(?![0-9])")
_DATA: Final = re.compile(r"\.(?:csv|csv\.gz|csv\.zip|zip|parquet)$", re.IGNORECASE)
_NOT_OF_A_NAME: Final = re.compile(r"focus|dataset|[^a-z]")
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


_Item = TypeVar("_Item", bound=Stored)


@dataclass(frozen=True)
class FoundDelivery:
    period: str
    fingerprint: str
    manifest_uri: str
    delivered_at: datetime
    file_count: int = 1
    """Of what has no manifest."""
    is_as_aws_writes: bool = False
    """Where AWS would have put a manifest, too: it may only not be there yet."""


def bill_deliveries(objects: Iterable[Stored]) -> Iterator[FoundDelivery]:
    """One per manifest as it is now.

    Its time counts too: what it lists may be restated under the same names and so the same text.
    """
    for item in objects:
        period = _period_of_manifest(item.uri)
        if period:
            yield FoundDelivery(
                period=period,
                fingerprint=fingerprint_of([item]),
                manifest_uri=item.uri,
                delivered_at=item.modified_at,
            )


def bills_without_manifest(objects: Iterable[Stored]) -> Iterator[FoundDelivery]:
    """One per month that data files are there of and no manifest: the set of them as they are."""
    objects = list(objects)
    listed = {one.period for one in bill_deliveries(objects)}
    for month, items in sorted(_loose_by_month(objects).items()):
        if month and month not in listed:
            yield FoundDelivery(
                period=month,
                fingerprint=fingerprint_of(items),
                manifest_uri="",
                delivered_at=max(item.modified_at for item in items),
                file_count=len(items),
                is_as_aws_writes=any(_is_as_aws_writes(item.uri) for item in items),
            )


def loose_files(objects: Iterable[Stored], period: str) -> list[Stored]:
    """The files of such a month."""
    return _loose_by_month(objects).get(period, [])


def files_of_no_month(objects: Iterable[Stored]) -> list[Stored]:
    """Data files whose names say no month, or several: of no delivery."""
    return _loose_by_month(objects).get("", [])


def billing_period_files(objects: Iterable[_Item]) -> list[_Item]:
    """FOCUS's Billing Period dataset, by the names of its files: no delivery, of many months."""
    return [item for item in objects if item.size_bytes and is_named_billing_periods(item.uri)]


def is_named_billing_periods(uri: str) -> bool:
    """By the file's own name, such as `focus-billing-period-2026-10.csv.gz`.

    A folder `BILLING_PERIOD=2026-10` is AWS's, of a bill, and so may be `aws-billing-period.csv`.
    """
    name = uri.rpartition("/")[2].lower()
    ending = _DATA.search(name)
    if ending is None:
        return False
    return _NOT_OF_A_NAME.sub("", name[: ending.start()]) in ("billingperiod", "billingperiods")


def _loose_by_month(objects: Iterable[Stored]) -> dict[str, list[Stored]]:
    by_month: dict[str, list[Stored]] = defaultdict(list)
    for item in objects:
        is_data = item.size_bytes and _DATA.search(item.uri)
        if is_data and not is_named_billing_periods(item.uri):
            by_month[_month_in(item.uri)].append(item)
    return by_month


def _month_in(uri: str) -> str:
    """By AWS' folders, else by the one month in the file's name, else in its folders'."""
    partition, span = _PERIOD.search(uri), _RANGE_FOLDER.search(uri)
    if partition:
        return _month_or_none(partition[1])
    if span:
        return _month_or_none(f"{span[1]}-{span[2]}")
    folders, _, name = key_of(uri).rpartition("/")
    months = set(_NAMED_MONTH.findall(name)) or set(_NAMED_MONTH.findall(folders))
    return months.pop() if len(months) == 1 else ""


def _is_as_aws_writes(uri: str) -> bool:
    return "/billing_period=" in uri.lower() or bool(_RANGE_FOLDER.search(uri))


def key_of(uri: str) -> str:
    """What follows the bucket; of a file its whole path."""
    return uri.partition("://")[2].partition("/")[2]


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
            fingerprint=fingerprint_of(items),
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


def fingerprint_of(items: Iterable[Stored]) -> str:
    lines = [f"{item.uri} {item.etag} {item.modified_at.isoformat()}" for item in items]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
