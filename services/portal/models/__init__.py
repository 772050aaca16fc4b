from services.portal.models.bus import Inbox, InboxFailures, Job, Outbox
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
    "BillState",
    "CustomerAccount",
    "CustomerEstimate",
    "CustomerInvoice",
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
