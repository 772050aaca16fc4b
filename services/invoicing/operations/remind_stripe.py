from datetime import UTC, datetime

from services.invoicing.domain.states import State
from services.invoicing.models import Invoice, Job, StripeEvent
from services.invoicing.operations.process_stripe_events import SWEEP_EVERY
from shared.isolation.scope import as_ops
from shared.jobs.work import request_job


def remind_stripe() -> None:
    """Poked by the beat: issue what still waits, and sweep for missed events every hour."""
    with as_ops():
        if Invoice.objects.filter(state=State.ISSUING).exists():
            request_job(kind="issue_invoices", key="all", payload={})
        if StripeEvent.objects.filter(processed_at=None).exists():
            request_job(kind="process_stripe_events", key="all", payload={})
        last = Job.objects.filter(kind="sweep_stripe_events").order_by("-created_at").first()
        if last is None or datetime.now(UTC) - last.created_at > SWEEP_EVERY:
            request_job(kind="sweep_stripe_events", key="all", payload={})
