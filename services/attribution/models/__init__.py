from services.attribution.models.bus import Inbox, InboxFailures, Job, Outbox
from services.attribution.models.inputs import InputSet, QuarantinedDelivery, Ruleset
from services.attribution.models.periods import Period, Run
from services.attribution.models.statements import (
    RevenueEntry,
    Statement,
    StatementLine,
    StatementQuantity,
    Tenant,
)

__all__ = [
    "Inbox",
    "InboxFailures",
    "InputSet",
    "Job",
    "Outbox",
    "Period",
    "QuarantinedDelivery",
    "RevenueEntry",
    "Ruleset",
    "Run",
    "Statement",
    "StatementLine",
    "StatementQuantity",
    "Tenant",
]
