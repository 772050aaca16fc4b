from dataclasses import replace
from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from services.portal.domain.invoice_actions import IRREVERSIBLE, WORDINGS
from services.portal.gateways.corrections import Waiting, read_waiting
from services.portal.gateways.invoicing import (
    Issuing,
    UnableToAct,
    UnableToRead,
    act_on_invoice,
    read_issuing,
)
from services.portal.models import StaffInvoice
from services.portal.operations.record_facts import record_invoice
from services.portal.queries.inbox import inbox_rows, read_inbox
from services.portal.queries.staff_invoice import read_staff_invoice
from services.portal.queries.waiting_corrections import correction_months, waiting_credits
from services.portal.views.access import actor_of, for_roles
from services.portal.views.asked import asked_inbox, asked_page, came_from, whole_number
from services.portal.views.csv_file import csv_answer
from services.portal.views.invoice_file import staff_file
from services.portal.views.show import see_other, show
from shared.audit.declared import READ, Audited, NotAudited
from shared.audit.door import note
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import BILLING, STAFF

_OWNERS = NotAudited("the invoice's owner writes it down, with where it was asked from")
_CONFLICT = 409
_UNCONFIRMED = "It can't be taken back. Confirm that you have looked at the amount."


@for_roles(*STAFF, audit=READ)
@require_safe
def invoices(request: HttpRequest) -> HttpResponse:
    """Of all months where none is asked for: it opens on what is to do."""
    now, actor = datetime.now(UTC), actor_of(request)
    issuing = _issuing(request)
    try:
        waiting, problem = read_waiting(actor=actor, now=now), ""
    except UnableToRead as fault:
        waiting, problem = Waiting((), ()), str(fault)
    page = read_inbox(
        actor,
        asked_inbox(request),
        now=now,
        page=asked_page(request),
        corrections=correction_months(waiting.months),
        given=waiting_credits(waiting.given),
    )
    return show(
        request,
        replace(
            page,
            issue_refusal=issuing.refused,
            issue_problem=issuing.problem,
            corrections_problem=problem,
        ),
    )


@for_roles(*STAFF, audit=Audited(AuditAction.EXPORTED, "invoices"))
@require_safe
def invoices_csv(request: HttpRequest) -> HttpResponse:
    """All rows of what is filtered, in the order shown."""
    asked = asked_inbox(request)
    asked = replace(asked, view=asked.view or "all")
    which = str(asked.month) if asked.month else "all"
    note(request, details={"period": which})
    rows = inbox_rows(actor_of(request), asked, now=datetime.now(UTC))
    return csv_answer(staff_file(rows), f"trueback_invoices_{which}")


@for_roles(*STAFF, audit=READ)
@require_safe
def invoice(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A002 - named in templates
    return _invoice_page(request, id)


@for_roles(*BILLING, audit=_OWNERS)
@require_POST
def invoice_action(request: HttpRequest, id: str, action: str) -> HttpResponse:  # noqa: A002
    """Done: the answer is kept at once, so that the page that follows already shows it."""
    if action not in WORDINGS or not StaffInvoice.objects.filter(invoice_id=id).exists():
        raise Http404
    version = whole_number(request.POST.get("version", ""))
    if version is None:
        return _invoice_page(request, id, problem="The form came incomplete. Load the page again.")
    if action in IRREVERSIBLE and request.POST.get("confirmed") != "yes":
        return _invoice_page(request, id, problem=_UNCONFIRMED)
    try:
        fact = act_on_invoice(
            invoice_id=id,
            action=action,
            version=version,
            reason=request.POST.get("reason", "").strip(),
            actor=actor_of(request),
            now=datetime.now(UTC),
        )
    except UnableToAct as refused:
        return _invoice_page(request, id, problem=str(refused))
    record_invoice(fact)
    kept = f"?{request.GET.urlencode()}" if request.GET else ""
    return see_other(f"{reverse('portal:invoice', args=[id])}{kept}")


def _invoice_page(request: HttpRequest, invoice_id: str, *, problem: str = "") -> HttpResponse:
    page = read_staff_invoice(
        invoice_id,
        actor_of(request),
        now=datetime.now(UTC),
        among=came_from(request),
        issuing=lambda: _issuing(request),
    )
    if page is None:
        raise Http404
    status = _CONFLICT if problem else 200
    return show(request, replace(page, problem=problem), status=status)


def _issuing(request: HttpRequest) -> Issuing:
    return read_issuing(actor=actor_of(request), now=datetime.now(UTC))
