from services.portal.models.bus import Audit, Heartbeat, Inbox, InboxFailures, Job, Outbox
from services.portal.models.customers import CustomerAccount, CustomerEstimate, CustomerInvoice
from services.portal.models.people import OneTimeLink, User
from services.portal.models.staff import (
    BillState,
    PeriodSummary,
    StaffInvoice,
    TenantContract,
    TenantMargin,
    TenantRevision,
)

__all__ = [
    "Audit",
    "BillState",
    "CustomerAccount",
    "CustomerEstimate",
    "CustomerInvoice",
    "Heartbeat",
    "Inbox",
    "InboxFailures",
    "Job",
    "OneTimeLink",
    "Outbox",
    "PeriodSummary",
    "StaffInvoice",
    "TenantContract",
    "TenantMargin",
    "TenantRevision",
    "User",
]
