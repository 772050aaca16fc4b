"""What this service's sources may be read from, by its settings."""

from pathlib import PurePosixPath

from django.conf import settings

from services.ingestion.domain.addresses import Readable
from services.ingestion.gateways.folder import FolderStorage
from shared.faults import BadConfiguration


def readable() -> Readable:
    environment = settings.ENVIRONMENT
    root = environment.source_root
    return Readable(
        lake_uri=environment.lake_uri,
        buckets=environment.allowed_buckets(),
        root=PurePosixPath(root) if root else None,
    )


def folder_storage() -> FolderStorage:
    root = settings.ENVIRONMENT.source_root
    if root is None:
        raise BadConfiguration("no folder may be read here.", field="TRUEBACK_SOURCE_ROOT")
    return FolderStorage(root)
