from services.ingestion.models.bus import Audit, Heartbeat, Inbox, InboxFailures, Job, Outbox
from services.ingestion.models.deliveries import (
    BillingPeriodReport,
    Delivery,
    Signals,
    Snapshot,
    Source,
    Upload,
    Workloads,
)

__all__ = [
    "Audit",
    "BillingPeriodReport",
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
