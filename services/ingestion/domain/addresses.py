"""Addresses of sources: which are taken, and what somebody who mistyped one may have meant.

`s3://bucket/prefix`, `file:///folder/below/the/root`, or `upload:` for files given by hand. Whether
there is anything is asked elsewhere (`queries/address_trial.py`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

from shared.faults import BadInput
from shared.lake.location import Location
from shared.vocabulary.sources import AddressFault

S3: Final = "s3://"
FOLDER: Final = "file://"
UPLOAD: Final = "upload:"
Scheme = Literal["s3://", "file://", "upload:"]
# What a bucket may be called (Amazon S3 User Guide, "General purpose bucket naming rules").
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:s3:::(?P<path>.+)", re.IGNORECASE)
_NEARLY_S3: Final = re.compile(r"s3[an]?[:/]+(?P<path>[^/].*)", re.IGNORECASE)
_HOST: Final = re.compile(r"(?P<bucket>[a-z0-9.-]+)[.]s3[.a-z0-9-]*[.]amazonaws[.]com[a-z.]*")
_CONSOLE: Final = re.compile(r"/s3/buckets/(?P<bucket>[^/]+)")
# Below that a name that is like another is another.
_LIKENESS_MIN: Final = 0.6


class BadAddress(BadInput):
    """`code` says why as data; `nearest` is an address that may have been meant, or empty."""

    def __init__(
        self, code: AddressFault, message: str, *, remedy: str, nearest: str = "", file: str = ""
    ) -> None:
        meant = f"Did you mean {nearest}? " if nearest else ""
        super().__init__(message, file=file, remedy=f"{meant}{remedy}")
        self.code = code
        self.nearest = nearest

    @property
    def reason(self) -> Mapping[str, Any]:
        return {"code": self.code, "nearest": self.nearest}


@dataclass(frozen=True)
class Address:
    """`uri` as it is kept; of a folder with a slash at its end."""

    scheme: Scheme
    uri: str

    @property
    def bucket(self) -> str:
        return Location.parse(self.uri).bucket

    @property
    def folder(self) -> PurePosixPath:
        return PurePosixPath(self.uri.removeprefix(FOLDER))


@dataclass(frozen=True)
class Readable:
    """What sources may be read from. `root` is None where no folder may be."""

    lake_uri: str
    buckets: Sequence[str] = ("*",)
    root: PurePosixPath | None = None


def parse_address(text: str, *, key: str, readable: Readable) -> Address:
    """Raises BadAddress. `key` is the source's: each that is only uploaded to has its own."""
    text = text.strip()
    if text in {UPLOAD, f"{UPLOAD}{key}"}:
        return Address(UPLOAD, f"{UPLOAD}{key}")
    if text.startswith(S3):
        return _in_s3(text, readable)
    if text.startswith((FOLDER, "/")):
        return _in_folder(text, readable.root)
    raise BadAddress(
        AddressFault.NOT_AN_ADDRESS,
        f"{text!r} is not an s3:// address.",
        nearest=s3_address_meant(text),
        remedy="Write s3://bucket/prefix, file:///folder, or upload: for files given by hand.",
    )


def _in_s3(text: str, readable: Readable) -> Address:
    place = Location.parse(text)
    if not _BUCKET.fullmatch(place.bucket):
        raise BadAddress(
            AddressFault.BAD_BUCKET_NAME,
            f"{place.bucket!r} is not the name of a bucket.",
            remedy="Write s3://bucket/prefix.",
        )
    if place.overlaps(Location.parse(readable.lake_uri)):
        raise BadAddress(
            AddressFault.IN_THE_LAKE,
            f"{text} is in the lake, where trueback keeps its own data.",
            remedy="Name the bucket or prefix that AWS or your recorder writes to.",
        )
    if not any(fnmatchcase(place.bucket, pattern) for pattern in readable.buckets):
        plain = [pattern for pattern in readable.buckets if "*" not in pattern]
        raise BadAddress(
            AddressFault.BUCKET_NOT_ALLOWED,
            f"bucket {place.bucket} is not among those that may be read"
            f" ({', '.join(readable.buckets) or 'none'}).",
            nearest=other_bucket(text, plain),
            remedy="Whoever runs ingestion names it in TRUEBACK_SOURCE_BUCKETS.",
        )
    return Address(S3, text)


def _in_folder(text: str, root: PurePosixPath | None) -> Address:
    path = PurePosixPath("/" + text.removeprefix(FOLDER).lstrip("/"))
    if root is None:
        raise BadAddress(
            AddressFault.OUTSIDE_THE_ROOT,
            f"{text!r} is not an s3:// address, and no folder may be read here.",
            remedy="Whoever runs ingestion names the folder that may be in TRUEBACK_SOURCE_ROOT;"
            " or give the file by hand.",
        )
    if ".." in path.parts or "\0" in text or not path.is_relative_to(root) or path == root:
        raise BadAddress(
            AddressFault.OUTSIDE_THE_ROOT,
            f"{text!r} is no folder below {root}, the one that may be read.",
            remedy=f"Put the files into a folder of their own there, such as {root}/aws.",
        )
    return Address(FOLDER, f"{FOLDER}{path}/")


def s3_address_meant(text: str) -> str:
    """The s3:// address of an ARN, of a link to S3 or its console, of one slash too few; or ''."""
    if named := _ARN.fullmatch(text) or _NEARLY_S3.fullmatch(text):
        return f"{S3}{named['path']}"
    try:
        parts = urlsplit(text)
        host = _HOST.fullmatch(parts.hostname or "")
    except ValueError:
        return ""
    if host:
        return f"{S3}{host['bucket']}/{unquote(parts.path).lstrip('/')}"
    console = _CONSOLE.match(parts.path)
    if console and (parts.hostname or "").endswith("console.aws.amazon.com"):
        prefix = re.search(r"(?:^|&)prefix=([^&]*)", parts.query)
        return f"{S3}{console['bucket']}/{unquote(prefix[1]) if prefix else ''}"
    return ""


def other_bucket(uri: str, buckets: Iterable[str]) -> str:
    """The address with the bucket that its own is most like, or ''."""
    place = Location.parse(uri)
    nearest = nearest_name(place.bucket, buckets)
    return f"{S3}{nearest}/{place.key}" if nearest else ""


def nearest_name(name: str, names: Iterable[str]) -> str:
    """Of the others the one that is most like it, in any case of letters, or ''."""
    by_folded = {other.casefold(): other for other in sorted(names) if other != name}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=_LIKENESS_MIN)
    return by_folded[close[0]] if close else ""
