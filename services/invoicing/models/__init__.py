from services.invoicing.models.bus import Inbox, InboxFailures, Job, Outbox
from services.invoicing.models.customers import Contract, Customer, Plan
from services.invoicing.models.invoices import Invoice, InvoiceLine, LedgerEntry, Transition
from services.invoicing.models.periods import AttributedPeriod, ClosedPeriod, StatementRevision
from services.invoicing.models.stripe_records import StripeEvent, StripeOperation

__all__ = [
    "AttributedPeriod",
    "ClosedPeriod",
    "Contract",
    "Customer",
    "Inbox",
    "InboxFailures",
    "Invoice",
    "InvoiceLine",
    "Job",
    "LedgerEntry",
    "Outbox",
    "Plan",
    "StatementRevision",
    "StripeEvent",
    "StripeOperation",
    "Transition",
]
