"""An address of a source, tried before it is taken: what is there, and what may have been meant."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, NoReturn, Protocol
from urllib.parse import urlsplit

from django.conf import settings

from services.ingestion.domain.addresses import (
    FOLDER,
    S3,
    UPLOAD,
    Address,
    BadAddress,
    nearest_name,
    other_bucket,
    parse_address,
)
from services.ingestion.domain.delivery_layout import (
    bill_deliveries,
    bills_without_manifest,
    plain_deliveries,
)
from services.ingestion.gateways.folder import FolderStorage
from services.ingestion.gateways.readable import folder_storage, readable
from services.ingestion.gateways.storage_faults import STORAGE_ERRORS, storage_code
from services.ingestion.models import Source
from shared.faults import Fault
from shared.lake.location import Location
from shared.lake.storage import Storage, StoredObject
from shared.outside.lake import ask_source, connect_source
from shared.outside.target import Unanswered
from shared.vocabulary.sources import AddressFault
from shared.vocabulary.troubles import TroubleCode

# One answer of S3; of what lies behind it nothing is said.
OBJECTS_MAX: Final = 1000
TRIAL_SECONDS: Final = 6
_NAMES_SHOWN_MAX: Final = 5
_FAULTS: Final = {
    TroubleCode.ACCESS_DENIED: AddressFault.ACCESS_DENIED,
    TroubleCode.BAD_CREDENTIALS: AddressFault.BAD_CREDENTIALS,
    TroubleCode.OTHER_REGION: AddressFault.OTHER_REGION,
    TroubleCode.NO_SUCH_BUCKET: AddressFault.NO_SUCH_BUCKET,
    TroubleCode.NO_SUCH_FOLDER: AddressFault.NO_SUCH_FOLDER,
    TroubleCode.NO_STORAGE: AddressFault.NO_STORAGE,
}
_REMEDIES: Final = {
    AddressFault.ACCESS_DENIED: "Look at the spelling, and give ingestion the rights s3:ListBucket"
    " and s3:GetObject in the bucket's policy; a bucket that is not there may be answered so, too.",
    AddressFault.BAD_CREDENTIALS: "Whoever runs ingestion looks at TRUEBACK_S3_ACCESS_KEY and"
    " TRUEBACK_S3_SECRET_KEY, or at the role of its machine.",
    AddressFault.OTHER_REGION: "Whoever runs ingestion sets AWS_REGION to the bucket's region.",
    AddressFault.NO_SUCH_BUCKET: "Look at the name in the S3 console.",
    AddressFault.NO_SUCH_FOLDER: "Make the folder, or look at the name.",
    AddressFault.NO_STORAGE: "Look whether S3 can be reached from ingestion"
    " (TRUEBACK_S3_ENDPOINT_URL), and try again.",
}
_MESSAGES: Final = {
    AddressFault.ACCESS_DENIED: "it may not be listed: access denied.",
    AddressFault.BAD_CREDENTIALS: "the storage refuses the credentials of this service.",
    AddressFault.OTHER_REGION: "the bucket lies in another region than this service asks.",
    AddressFault.NO_SUCH_BUCKET: "there is no such bucket.",
    AddressFault.NO_SUCH_FOLDER: "there is no such folder.",
    AddressFault.NO_STORAGE: "the storage does not answer.",
}


# Where `TRUEBACK_S3_ENDPOINT_URL` names another S3 than AWS's, such as that of `trueback up`.
_HOSTS_OF_AWS: Final = (".amazonaws.com", ".amazonaws.com.cn")
_NOT_AWS: Final = (
    " A bucket of AWS is not read from there: the section on sources of docs/running.md says how."
)
_OF_OWN_ENDPOINTS: Final = {
    AddressFault.ACCESS_DENIED: "Look at the spelling, and let the keys of ingestion list and read"
    f" the bucket there.{_NOT_AWS}",
    AddressFault.NO_SUCH_BUCKET: f"Look at the name there.{_NOT_AWS}",
}
_OF_FOLDERS: Final = {
    AddressFault.ACCESS_DENIED: "Let the user that ingestion runs as read the folder.",
}
# Of these the storage's own words say no more.
_CLEAR: Final = frozenset(
    {AddressFault.ACCESS_DENIED, AddressFault.NO_SUCH_BUCKET, AddressFault.NO_SUCH_FOLDER}
)


class _Listed(Protocol):
    def first_of(self, uri: str, count: int) -> Sequence[StoredObject]: ...

    def folders(self, uri: str) -> Sequence[str]: ...


@dataclass(frozen=True)
class Trial:
    """`months` are those of the first `OBJECTS_MAX` objects, of which there may be more."""

    address: Address
    object_count: int
    months: Sequence[str]
    has_more: bool


def try_address(*, key: str, kind: str, uri: str, awaits_first_delivery: bool = False) -> Trial:
    """Raises BadAddress that says what is wrong, and which address may have been meant.

    `awaits_first_delivery`: the place may be empty. No database is asked within.
    """
    address = parse_address(uri, key=key, readable=readable())
    if address.scheme == UPLOAD:
        return Trial(address, 0, (), has_more=False)
    known = [S3 + Location.parse(uri).bucket for uri in _known_uris() if uri.startswith(S3)]
    try:
        outcome = ask_source(
            _settled(lambda: _look(address, kind, awaits_first_delivery)), seconds=TRIAL_SECONDS
        )
    except Unanswered as error:
        _refuse(AddressFault.NO_STORAGE, address, text=str(error))
    if isinstance(outcome, Exception):
        _refuse_unreadable(address, outcome, known)
    return outcome


def _known_uris() -> list[str]:
    return list(Source.objects.values_list("uri", flat=True))


def _settled(look: Callable[[], Trial]) -> Callable[[], Trial | Exception]:
    """What the storage refuses is an answer of it, so that it is asked by the next one, too."""

    def ask() -> Trial | Exception:
        try:
            return look()
        except STORAGE_ERRORS as error:
            return error

    return ask


def _look(address: Address, kind: str, awaits_first_delivery: bool) -> Trial:  # noqa: FBT001
    storage = _storage(address)
    objects = list(storage.first_of(address.uri, OBJECTS_MAX))
    months = _months(kind, objects)
    has_more = len(objects) >= OBJECTS_MAX
    is_bill = kind == Source.Kind.BILL
    if is_bill and objects and not has_more and not any(True for _ in bill_deliveries(objects)):
        _refuse_part_of_export(address, storage)
    if not months and not has_more and not awaits_first_delivery:
        if objects:
            _refuse_without_delivery(address, kind, objects)
        _refuse_empty(address, storage)
    return Trial(address, len(objects), months, has_more)


def _storage(address: Address) -> Storage | FolderStorage:
    if address.scheme == FOLDER:
        return folder_storage()
    return connect_source(settings.ENVIRONMENT, seconds=TRIAL_SECONDS)


def _months(kind: str, objects: Iterable[StoredObject]) -> list[str]:
    objects = list(objects)
    if kind != Source.Kind.BILL:
        return sorted({one.period for one in plain_deliveries(objects)})
    bills = [*bill_deliveries(objects), *bills_without_manifest(objects)]
    return sorted({one.period for one in bills})


def _refuse_empty(address: Address, storage: _Listed) -> NoReturn:
    nearest, names = _nearest_folder(address, storage)
    here = f" Beside it are {', '.join(names[:_NAMES_SHOWN_MAX])}." if names else ""
    raise BadAddress(
        AddressFault.EMPTY,
        f"nothing lies there.{here}",
        file=address.uri,
        nearest=nearest,
        remedy="If the first delivery is still to come, say so: by the box below the address, or"
        " --awaits-first-delivery.",
    )


def _nearest_folder(address: Address, storage: _Listed) -> tuple[str, Sequence[str]]:
    """An address with its first wrong part spelled as one that is there; and what is there."""
    head, parts = _head(address), _parts(address)
    for depth in range(len(parts)):
        above = head + "".join(f"{part}/" for part in parts[:depth])
        names = list(storage.folders(above))
        if parts[depth] in names:
            continue
        nearest = nearest_name(parts[depth], names)
        rest = "".join(f"{part}/" for part in parts[depth + 1 :])
        return (f"{above}{nearest}/{rest}" if nearest else ""), names
    return "", ()


def _refuse_part_of_export(address: Address, storage: _Listed) -> None:
    """Somebody gave the folder of the data alone, whose manifests lie beside it."""
    parts = _parts(address)
    above = _head(address) + "".join(f"{part}/" for part in parts[:-1])
    if len(parts) > 1 and any(True for _ in bill_deliveries(storage.first_of(above, OBJECTS_MAX))):
        raise BadAddress(
            AddressFault.NO_DELIVERY,
            "no manifest lies there, but beside it.",
            file=address.uri,
            nearest=above,
            remedy=_WHAT_IS_WANTED[Source.Kind.BILL],
        )


def _refuse_without_delivery(
    address: Address, kind: str, objects: Sequence[StoredObject]
) -> NoReturn:
    example = objects[0].uri.rpartition("/")[2]
    raise BadAddress(
        AddressFault.NO_DELIVERY,
        f"{len(objects)} objects lie there (such as {example}), and none is a delivery of {kind}.",
        file=address.uri,
        remedy=_WHAT_IS_WANTED[kind],
    )


_WHAT_IS_WANTED: Final[Mapping[str, str]] = {
    Source.Kind.BILL: "Give the folder of the export, above its data and metadata; a file"
    " without manifest needs its month in its name, such as 2026-10.csv.gz.",
    Source.Kind.SIGNALS: "Files of a month lie below period=2026-10/.",
    Source.Kind.WORKLOADS: "Files of a month lie below period=2026-10/.",
}


def _refuse_unreadable(address: Address, error: Exception, known: Sequence[str]) -> NoReturn:
    code = _FAULTS[storage_code(error)]
    nearest = ""
    if address.scheme == S3 and code in (AddressFault.NO_SUCH_BUCKET, AddressFault.ACCESS_DENIED):
        buckets = [*_buckets(), *(uri.removeprefix(S3) for uri in known)]
        if address.bucket not in buckets:
            nearest = other_bucket(address.uri, buckets)
    if code == AddressFault.NO_SUCH_FOLDER:
        nearest = _nearest_of_missing(address)
    _refuse(code, address, nearest=nearest, text=str(error))


def _refuse(code: AddressFault, address: Address, *, nearest: str = "", text: str) -> NoReturn:
    message = _MESSAGES[code] if code in _CLEAR else f"{_MESSAGES[code]} ({text})"
    remedy = _REMEDIES[code]
    if address.scheme == FOLDER:
        remedy = _OF_FOLDERS.get(code, remedy)
    elif endpoint := _own_endpoint():
        message = f"{message.removesuffix('.')}, says {endpoint}, which is asked in place of AWS."
        remedy = _OF_OWN_ENDPOINTS.get(code, remedy)
    raise BadAddress(code, message, file=address.uri, nearest=nearest, remedy=remedy)


def _own_endpoint() -> str:
    """Of an S3 that is not AWS's, without a user and password; empty where AWS is asked."""
    parts = urlsplit(settings.ENVIRONMENT.s3_endpoint_url or "")
    host = parts.hostname or ""
    if not host or host.endswith(_HOSTS_OF_AWS):
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _buckets() -> Sequence[str]:
    """Those that the service may list; none where it may not even ask."""
    storage = connect_source(settings.ENVIRONMENT, seconds=TRIAL_SECONDS)
    lake = Location.parse(settings.ENVIRONMENT.lake_uri).bucket
    try:
        named = ask_source(_settled_names(storage.buckets), seconds=TRIAL_SECONDS)
    except Unanswered:
        return ()
    plain = [name for name in settings.ENVIRONMENT.allowed_buckets() if "*" not in name]
    return [name for name in (*named, *plain) if name != lake]


def _settled_names(ask: Callable[[], Sequence[str]]) -> Callable[[], Sequence[str]]:
    def names() -> Sequence[str]:
        try:
            return ask()
        except STORAGE_ERRORS:
            return ()

    return names


def _nearest_of_missing(address: Address) -> str:
    storage = folder_storage()

    def look() -> Any:
        return _nearest_folder(address, storage)[0]

    try:
        return str(ask_source(look, seconds=TRIAL_SECONDS))
    except (Unanswered, Fault):
        return ""


def _head(address: Address) -> str:
    if address.scheme == FOLDER:
        return f"{FOLDER}{settings.ENVIRONMENT.source_root}/"
    return f"{S3}{address.bucket}/"


def _parts(address: Address) -> tuple[str, ...]:
    return PurePosixPath(address.uri.removeprefix(_head(address))).parts
