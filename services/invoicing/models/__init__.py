from services.invoicing.models.accounts import TrueUpAccount, TrueUpTenant
from services.invoicing.models.bus import (
    Audit,
    Heartbeat,
    Inbox,
    InboxFailures,
    Job,
    Outbox,
    Proposal,
)
from services.invoicing.models.corrections import CreditNote, CreditNoteLine, Debit
from services.invoicing.models.customers import Contract, Customer, Plan, PlansApplication
from services.invoicing.models.grants import Grant, GrantDraw
from services.invoicing.models.invoices import Invoice, InvoiceLine, LedgerEntry, Transition
from services.invoicing.models.periods import AttributedPeriod, ClosedPeriod, StatementRevision
from services.invoicing.models.seals import DocumentChain, DocumentSeal
from services.invoicing.models.stripe_records import Dispute, StripeEvent, StripeOperation

__all__ = [
    "AttributedPeriod",
    "Audit",
    "ClosedPeriod",
    "Contract",
    "CreditNote",
    "CreditNoteLine",
    "Customer",
    "Debit",
    "Dispute",
    "DocumentChain",
    "DocumentSeal",
    "Grant",
    "GrantDraw",
    "Heartbeat",
    "Inbox",
    "InboxFailures",
    "Invoice",
    "InvoiceLine",
    "Job",
    "LedgerEntry",
    "Outbox",
    "Plan",
    "PlansApplication",
    "Proposal",
    "StatementRevision",
    "StripeEvent",
    "StripeOperation",
    "Transition",
    "TrueUpAccount",
    "TrueUpTenant",
]
