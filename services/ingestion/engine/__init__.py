"""From the files of a delivery to a normalised snapshot: DuckDB over local files, no server."""

from services.ingestion.engine.delivery import Delivery, find_delivery
from services.ingestion.engine.normalise import normalise
from services.ingestion.engine.snapshot import Snapshot

__all__ = ["Delivery", "Snapshot", "find_delivery", "normalise"]
