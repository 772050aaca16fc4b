from services.attribution.models.bus import (
    Audit,
    Heartbeat,
    Inbox,
    InboxFailures,
    Job,
    Outbox,
    Proposal,
)
from services.attribution.models.inputs import (
    InputSet,
    ProviderPeriod,
    QuarantinedDelivery,
    Ruleset,
    RulesetApplication,
    WithdrawnSet,
)
from services.attribution.models.periods import Period, PeriodClose, Run
from services.attribution.models.statements import (
    RevenueEntry,
    Statement,
    StatementLine,
    StatementQuantity,
    Tenant,
)

__all__ = [
    "Audit",
    "Heartbeat",
    "Inbox",
    "InboxFailures",
    "InputSet",
    "Job",
    "Outbox",
    "Period",
    "PeriodClose",
    "Proposal",
    "ProviderPeriod",
    "QuarantinedDelivery",
    "RevenueEntry",
    "Ruleset",
    "RulesetApplication",
    "Run",
    "Statement",
    "StatementLine",
    "StatementQuantity",
    "Tenant",
    "WithdrawnSet",
]
