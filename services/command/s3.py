"""A delivery from `s3://`: only the newest manifest of the period and its files are fetched."""

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from services.ingestion.engine.delivery import newest_manifest, resolve_key
from services.ingestion.engine.manifest import is_manifest, read_manifest
from shared.faults import BadInput
from shared.periods import Month

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def download_delivery(uri: str, *, period: Month, into: Path) -> Path:
    """A folder that `find_delivery` takes: the manifest of the period and what it lists."""
    parsed = urlparse(uri)
    try:
        return _download(boto3.client("s3"), parsed.netloc, parsed.path.strip("/"), period, into)
    except (BotoCoreError, ClientError) as error:
        raise BadInput(
            f"can't be read: {error}.",
            file=uri,
            remedy="Check the bucket, the region and the rights (s3:ListBucket, s3:GetObject).",
        ) from error


def _download(client: "S3Client", bucket: str, prefix: str, period: Month, into: Path) -> Path:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    times = {
        item["Key"]: item["LastModified"].timestamp()
        for page in pages
        for item in page.get("Contents", [])
    }
    if prefix in times:
        return _fetch(client, bucket, prefix, into)
    manifests = [
        read_manifest(_fetch(client, bucket, key, into), place=key, modified_at=modified_at)
        for key, modified_at in times.items()
        if is_manifest(key)
    ]
    manifest = newest_manifest(manifests, period=period, root=Path(f"s3:/{bucket}/{prefix}"))
    if manifest is None:
        raise BadInput(
            "no manifest is under this prefix.",
            file=f"s3://{bucket}/{prefix}",
            remedy="Give the prefix of the export, above its `data` and `metadata`.",
        )
    for other in manifests:
        if other is not manifest:
            other.path.unlink()
    places = sorted(times)
    for key in manifest.keys:
        _fetch(client, bucket, resolve_key(key, places, manifest), into)
    return into


def _fetch(client: "S3Client", bucket: str, key: str, into: Path) -> Path:
    if ".." in PurePosixPath(key).parts:
        raise BadInput("a key with `..` is not fetched.", file=key, remedy="Rename the object.")
    path = into / key.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    client.download_file(bucket, key, str(path))
    return path
