"""What is approved of corrections goes to Stripe without another click."""

from datetime import datetime

from services.invoicing.models import CreditNote, Invoice
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.move_note import move_note
from services.invoicing.queries.issue_refusal import issue_refusal
from shared.contracts.invoicing import Cause
from shared.jobs.work import request_job
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State


def issue_by_itself(document: CreditNote | Invoice, now: datetime) -> None:
    """An approved correction; it waits approved where nothing can be issued."""
    if issue_refusal() is not None:
        return
    cause = Cause(CauseCode.CORRECTION_APPROVED)
    if isinstance(document, CreditNote):
        move_note(document, State.ISSUING, actor=ACTOR, cause=cause, now=now)
        request_job(kind="issue_credit_notes", key="all", payload={})
    else:
        move_invoice(document, State.ISSUING, actor=ACTOR, cause=cause, now=now)
        request_job(kind="issue_invoices", key="all", payload={})


def issue_approved(now: datetime) -> None:
    """What was approved while nothing could be issued."""
    for note in CreditNote.objects.select_for_update().filter(state=State.APPROVED):
        issue_by_itself(note, now)
    supplementary = Invoice.objects.filter(kind=InvoiceKind.SUPPLEMENTARY, state=State.APPROVED)
    for invoice in supplementary.select_for_update():
        issue_by_itself(invoice, now)


def waits_for_issue() -> bool:
    """Whether a correction is approved or being issued."""
    states = {State.APPROVED, State.ISSUING}
    if CreditNote.objects.filter(state__in=states).exists():
        return True
    extra = Invoice.objects.filter(kind=InvoiceKind.SUPPLEMENTARY, state=State.APPROVED)
    return extra.exists()
