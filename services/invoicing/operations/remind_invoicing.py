from datetime import UTC, datetime
from typing import Any

from services.invoicing.gateways.stripe.connection import is_stripe_set
from services.invoicing.models import (
    ClosedPeriod,
    DocumentSeal,
    Invoice,
    Job,
    StripeEvent,
    Transition,
)
from services.invoicing.operations.estimate_charges import is_after_close
from services.invoicing.operations.issue_corrections import waits_for_issue
from services.invoicing.operations.open_account import without_account
from services.invoicing.operations.process_stripe_events import SWEEP_EVERY
from shared.isolation.scope import as_ops
from shared.jobs.work import ensure_job
from shared.runtime.business_time import business_now
from shared.vocabulary.invoice_states import State


def remind_invoicing() -> None:
    """Called on schedule: whatever the state of things calls for and no job is at, has a job.

    What needs Stripe waits for its key.
    """
    with as_ops():
        undrafted = list(ClosedPeriod.objects.filter(is_drafted=False))
        is_issuing = Invoice.objects.filter(state=State.ISSUING).exists()
        has_events = StripeEvent.objects.filter(processed_at=None).exists()
        swept = Job.objects.filter(
            kind="sweep_stripe_events", created_at__gt=datetime.now(UTC) - SWEEP_EVERY
        ).exists()
        unestimated = _unestimated()
        is_begun = DocumentSeal.objects.exists()
        has_documents = is_begun or Transition.objects.exists()
        has_corrections = waits_for_issue()
        lacks_accounts = without_account().exists()
    for closed in undrafted:
        ensure_job(kind="draft_invoices", key=closed.period, payload={"period": closed.period})
    if is_issuing and is_stripe_set():
        ensure_job(kind="issue_invoices", key="all", payload={})
    if has_corrections and is_stripe_set():
        ensure_job(kind="issue_credit_notes", key="all", payload={})
    if has_events and is_stripe_set():
        ensure_job(kind="process_stripe_events", key="all", payload={})
    if not swept and is_stripe_set():
        ensure_job(kind="sweep_stripe_events", key="all", payload={})
    if has_documents and not is_begun:
        ensure_job(kind="begin_document_chain", key="all", payload={})
    if lacks_accounts:
        ensure_job(kind="open_accounts", key="all", payload={})
    if is_begun:
        today = str(datetime.now(UTC).date())
        _ensure_once_a_day("anchor_documents", today, {"day": today})
    _ensure_once_a_day("meet_deadlines", str(business_now().date()), {})
    for period, payload in unestimated.items():
        ensure_job(kind="estimate_charges", key=period, payload=payload)


def _ensure_once_a_day(kind: str, day: str, payload: dict[str, Any]) -> None:
    with as_ops():
        is_done = Job.objects.filter(kind=kind, key=day, state=Job.State.DONE).exists()
    if not is_done:
        ensure_job(kind=kind, key=day, payload=payload)


def _unestimated() -> dict[str, dict[str, Any]]:
    """What to ask for again, by period: its newest run has failed to be estimated."""
    newest = (
        Job.objects.filter(kind="estimate_charges")
        .order_by("key", "-created_at", "-job_id")
        .distinct("key")
    )
    return {
        job.key: job.payload
        for job in newest
        if job.state == Job.State.FAILED and not is_after_close(job.key, job.payload["version"])
    }
