from services.ingestion.models.bus import Audit, Heartbeat, Inbox, InboxFailures, Job, Outbox
from services.ingestion.models.deliveries import (
    Delivery,
    Signals,
    Snapshot,
    Source,
    Upload,
    Workloads,
)

__all__ = [
    "Audit",
    "Delivery",
    "Heartbeat",
    "Inbox",
    "InboxFailures",
    "Job",
    "Outbox",
    "Signals",
    "Snapshot",
    "Source",
    "Upload",
    "Workloads",
]
