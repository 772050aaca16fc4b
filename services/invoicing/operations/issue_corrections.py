"""What is approved of corrections goes to Stripe without another click."""

from datetime import datetime

from services.invoicing.domain.fixes import fits
from services.invoicing.models import CreditNote, Invoice
from services.invoicing.operations.give_way import ACTOR
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.move_note import move_note, park_note
from services.invoicing.operations.settle_again import settle_month
from services.invoicing.queries.invoice_situation import read_situation
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
        if not has_room(document):
            _hold(document, now)
            return
        move_note(document, State.ISSUING, actor=ACTOR, cause=cause, now=now)
        request_job(kind="issue_credit_notes", key="all", payload={})
    else:
        move_invoice(document, State.ISSUING, actor=ACTOR, cause=cause, now=now)
        request_job(kind="issue_invoices", key="all", payload={})


def has_room(note: CreditNote) -> bool:
    """Whether its lines still have what it gives back, with the invoice locked until it is asked.

    What is being issued counts: of two notes on the same lines the second waits for a person.
    """
    invoice = Invoice.objects.select_for_update().get(pk=note.invoice_id)
    lines = note.lines.values_list("invoice_line__position", "amount_minor")
    return fits(dict(lines), read_situation(invoice))


def _hold(note: CreditNote, now: datetime) -> None:
    """Of true-up a settlement makes another; what a person gives, a person looks at again."""
    park_note(note, [Cause(CauseCode.NO_ROOM)], actor=ACTOR, now=now)
    if note.account_id is not None:
        settle_month(note.period)


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
