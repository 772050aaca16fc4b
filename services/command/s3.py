"""A delivery from `s3://`: only the newest manifest of the period and its files are fetched."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from services.ingestion.domain.delivery_layout import safe_relative_path
from services.ingestion.engine.delivery import newest_manifest, places_by_name, resolve_key
from services.ingestion.engine.manifest import (
    Manifest,
    check_manifest_size,
    is_manifest,
    read_manifest,
)
from shared.faults import BadInput
from shared.input_limits import DELIVERY_BYTES_MAX, beyond
from shared.periods import Month

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef


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
    objects = {item["Key"]: item for page in pages for item in page.get("Contents", [])}
    if prefix in objects:
        return _fetch(client, bucket, prefix, into)
    manifests = [
        _manifest(client, bucket, item, into) for key, item in objects.items() if is_manifest(key)
    ]
    uri = f"s3://{bucket}/{prefix}"
    manifest = newest_manifest(manifests, period=period, root=Path(f"s3:/{bucket}/{prefix}"))
    if manifest is None:
        raise BadInput(
            "no manifest is under this prefix.",
            file=uri,
            remedy="Give the prefix of the export, above its `data` and `metadata`.",
        )
    for other in manifests:
        if other is not manifest:
            other.path.unlink()
    places = places_by_name(objects)
    keys = [resolve_key(key, places, manifest) for key in manifest.keys]
    if sum(objects[key]["Size"] for key in keys) > DELIVERY_BYTES_MAX:
        raise beyond("the delivery has more than {} bytes", DELIVERY_BYTES_MAX, file=uri)
    for key in keys:
        _fetch(client, bucket, key, into)
    return into


def _manifest(client: "S3Client", bucket: str, item: "ObjectTypeDef", into: Path) -> Manifest:
    key = item["Key"]
    check_manifest_size(item["Size"], file=f"s3://{bucket}/{key}")
    path = _fetch(client, bucket, key, into)
    return read_manifest(path, place=key, modified_at=item["LastModified"].timestamp())


def _fetch(client: "S3Client", bucket: str, key: str, into: Path) -> Path:
    path = into / safe_relative_path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        client.download_file(bucket, key, str(path))
    except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
        raise BadInput(
            "a file and a folder here have the same name.",
            file=f"s3://{bucket}/{key}",
            remedy="Rename one of them.",
        ) from error
    return path
