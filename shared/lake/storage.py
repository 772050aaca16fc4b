"""Bulk data in S3: written once under a key that is never reused, read back by its URI."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.faults import BadInput
from shared.lake.location import SCHEME, Location

if TYPE_CHECKING:
    from boto3.s3.transfer import TransferConfig
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

_EXISTS: Final = frozenset({"PreconditionFailed", "412"})


@cache
def _one_request() -> "TransferConfig":
    """Threads are for the parts of a large file; a small one would start and end a pool of them."""
    from boto3.s3.transfer import TransferConfig  # noqa: PLC0415 - slow, see `Storage.connect`

    return TransferConfig(use_threads=False)


@dataclass(frozen=True)
class StoredObject:
    uri: str
    size_bytes: int
    etag: str
    modified_at: datetime


@dataclass(frozen=True)
class Patience:
    """How often S3 is asked, and how long it may take to connect and between two bytes."""

    attempts: int
    connect_seconds: float
    read_seconds: float


# Who works for minutes waits for S3 to come back; a page does not (`shared.outside.lake`).
FOR_JOBS: Final = Patience(attempts=7, connect_seconds=5, read_seconds=60)


class Storage:
    """Errors of S3 itself go up as botocore's; an object that is not there is a BadInput."""

    def __init__(self, client: "S3Client") -> None:
        self._client = client

    @classmethod
    def connect(
        cls,
        *,
        endpoint_url: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        ca_file: Path | None = None,
        patience: Patience = FOR_JOBS,
    ) -> "Storage":
        """Without arguments: AWS itself, with the credentials that boto3 finds.

        `ca_file` is PEM of who signed the certificate of an https endpoint, where nobody knows him.
        """
        # Slow to import, and most processes of a service never ask S3 for anything.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        options: dict[str, Any] = {
            "config": Config(
                retries={"total_max_attempts": patience.attempts, "mode": "standard"},
                connect_timeout=patience.connect_seconds,
                read_timeout=patience.read_seconds,
                s3={"addressing_style": "path"} if endpoint_url else {},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
        }
        if endpoint_url:
            options["endpoint_url"] = endpoint_url
            options["region_name"] = "us-east-1"
        if ca_file:
            options["verify"] = str(ca_file)
        if access_key:
            options["aws_access_key_id"] = access_key
            options["aws_secret_access_key"] = secret_key
        return cls(boto3.client("s3", **options))

    def close(self) -> None:
        self._client.close()

    def list(self, uri: str) -> Iterator[StoredObject]:
        """All objects whose key starts with the prefix, in key order."""
        place = Location.parse(uri)
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=place.bucket, Prefix=place.key):
            for item in page.get("Contents", ()):
                yield _stored(place.bucket, item)

    def first_of(self, uri: str, count: int) -> Sequence[StoredObject]:
        """At most `count` of `list`, and a thousand, by one request."""
        place = Location.parse(uri)
        page = self._client.list_objects_v2(
            Bucket=place.bucket, Prefix=place.key, MaxKeys=min(count, 1000)
        )
        return [_stored(place.bucket, item) for item in page.get("Contents", ())]

    def folders(self, uri: str) -> Sequence[str]:
        """Names of what lies directly below the prefix and has something below itself."""
        place = Location.parse(uri)
        page = self._client.list_objects_v2(Bucket=place.bucket, Prefix=place.key, Delimiter="/")
        prefixes = [item.get("Prefix", "") for item in page.get("CommonPrefixes", ())]
        return [prefix.removeprefix(place.key).strip("/") for prefix in prefixes]

    def buckets(self) -> Sequence[str]:
        return [item.get("Name", "") for item in self._client.list_buckets().get("Buckets", ())]

    def list_one(self, uri: str) -> None:
        """Whether the prefix can be listed, and nothing of what is there."""
        place = Location.parse(uri)
        self._client.list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1)

    def read(self, uri: str) -> bytes:
        place = Location.parse(uri)
        try:
            return self._client.get_object(Bucket=place.bucket, Key=place.key)["Body"].read()
        except ClientError as error:
            raise self._missing(uri, error) from error

    def fetch(self, uri: str, to: Path, *, etag: str | None = None) -> Path:
        """Download to a file; with `etag` only if the object is still that one."""
        place = Location.parse(uri)
        to.parent.mkdir(parents=True, exist_ok=True)
        condition: dict[str, Any] = {"IfMatch": f'"{etag}"'} if etag else {}
        try:
            answer = self._client.get_object(Bucket=place.bucket, Key=place.key, **condition)
            with to.open("wb") as file:
                for chunk in answer["Body"].iter_chunks(1 << 20):
                    file.write(chunk)
        except ClientError as error:
            raise self._missing(uri, error) from error
        return to

    def put(self, file: Path, uri: str) -> str:
        place = Location.parse(uri)
        one_request = _one_request()
        is_small = file.stat().st_size < one_request.multipart_threshold
        config = one_request if is_small else None
        self._client.upload_file(str(file), place.bucket, place.key, Config=config)
        return uri

    def write(self, content: bytes, uri: str) -> str:
        place = Location.parse(uri)
        self._client.put_object(Bucket=place.bucket, Key=place.key, Body=content)
        return uri

    def write_once(self, content: bytes, uri: str) -> bool:
        """Whether it was written: what is there already stays as it is."""
        place = Location.parse(uri)
        try:
            self._client.put_object(
                Bucket=place.bucket, Key=place.key, Body=content, IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in _EXISTS:
                return False
            raise
        return True

    @staticmethod
    def _missing(uri: str, error: ClientError) -> Exception:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"NoSuchKey", "404", "NoSuchBucket"}:
            return BadInput(
                "the object is not there.", file=uri, remedy="Deliver it again, manifest last."
            )
        if code in {"PreconditionFailed", "412"}:
            return BadInput(
                "the object was replaced while it was read.",
                file=uri,
                remedy="Nothing is to be done: what is there now is read as the next delivery.",
            )
        return error


def _stored(bucket: str, item: "ObjectTypeDef") -> StoredObject:
    return StoredObject(
        uri=f"{SCHEME}{bucket}/{item['Key']}",
        size_bytes=item["Size"],
        etag=item["ETag"].strip('"'),
        modified_at=item["LastModified"],
    )
