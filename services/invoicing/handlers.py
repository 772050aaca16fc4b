"""What arrives from queues and clocks; each line is one call of an operation."""

from collections.abc import Callable, Mapping
from typing import Any

from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.estimate_charges import estimate_charges, record_attribution
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.meet_deadlines import meet_deadlines
from services.invoicing.operations.open_account import open_missing_accounts
from services.invoicing.operations.process_stripe_events import (
    process_stripe_events,
    sweep_stripe_events,
)
from services.invoicing.operations.record_close import record_close
from services.invoicing.operations.record_revision import record_revision
from services.invoicing.operations.remind_invoicing import remind_invoicing
from services.invoicing.operations.seal_documents import anchor_documents, begin_chain
from services.invoicing.operations.settle_accounts import settle_accounts
from services.invoicing.operations.void_invoice import void_invoice
from shared.contracts.attribution import PERIOD_ATTRIBUTED, PERIOD_CLOSED, STATEMENT_REVISED
from shared.jobs.work import JobHandler

HANDLERS: Mapping[str, Callable[[Any], None]] = {
    PERIOD_ATTRIBUTED.name: record_attribution,
    PERIOD_CLOSED.name: record_close,
    STATEMENT_REVISED.name: record_revision,
}

SCHEDULE: Mapping[str, Callable[[], None]] = {"what is due": remind_invoicing}

JOBS: Mapping[str, JobHandler] = {
    "anchor_documents": lambda payload: anchor_documents(**payload),
    "begin_document_chain": lambda _payload: begin_chain(),
    "draft_invoices": lambda payload: draft_invoices(**payload),
    "estimate_charges": lambda payload: estimate_charges(**payload),
    "issue_credit_notes": lambda _payload: issue_notes(),
    "issue_invoices": lambda _payload: issue_invoices(),
    "meet_deadlines": lambda _payload: meet_deadlines(),
    "open_accounts": lambda _payload: open_missing_accounts(),
    "process_stripe_events": lambda _payload: process_stripe_events(),
    "settle_accounts": lambda payload: settle_accounts(**payload),
    "sweep_stripe_events": lambda _payload: sweep_stripe_events(),
    "void_invoice": lambda payload: void_invoice(**payload),
}
