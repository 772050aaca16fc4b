from services.ingestion.models.bus import Inbox, InboxFailures, Job, Outbox
from services.ingestion.models.deliveries import (
    Delivery,
    Signals,
    Snapshot,
    Source,
    Workloads,
)

__all__ = [
    "Delivery",
    "Inbox",
    "InboxFailures",
    "Job",
    "Outbox",
    "Signals",
    "Snapshot",
    "Source",
    "Workloads",
]
