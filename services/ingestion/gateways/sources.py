"""What a source is read by, of whatever kind its address is. Jobs and scheduled calls use it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from django.conf import settings

from services.ingestion.domain.addresses import FOLDER, parse_address
from services.ingestion.gateways.readable import folder_storage, readable
from shared.lake.lake import storage
from shared.lake.storage import StoredObject


class SourceStorage(Protocol):
    def list(self, uri: str) -> Iterator[StoredObject]: ...

    def fetch(self, uri: str, to: Path, *, etag: str | None = None) -> Path: ...


def source_storage(key: str, uri: str) -> SourceStorage:
    """Raises BadAddress for what the settings don't let sources read, or not any more."""
    parse_address(uri, key=key, readable=readable())
    if uri.startswith(FOLDER):
        return folder_storage()
    return storage(settings.ENVIRONMENT)
