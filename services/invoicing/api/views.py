from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.answers import (
    AppliedPlans,
    CustomerList,
    InvoiceList,
    Issuing,
)
from services.invoicing.api.answers import Invoice as InvoiceAnswer
from services.invoicing.api.refusals import refusals_as_problems
from services.invoicing.domain.states import ACTIONS
from services.invoicing.models import Customer, Invoice
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.change_plans import PLANS
from services.invoicing.queries.invoice_fact import invoice_fact, issued_invoices
from services.invoicing.queries.invoice_files import (
    invoice_file_name,
    invoice_pdf,
    invoice_picture,
)
from services.invoicing.queries.issue_refusal import issue_refusal
from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.contracts.invoicing import INVOICE_DRAFTED
from shared.contracts.superseded.invoices import downgraded_document
from shared.proposals.api import FileGiven, ProposedView, WaitingChange
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import ADMINISTRATORS, BILLING, CUSTOMERS, STAFF, Role

_READERS = (*STAFF, Role.SERVICE)
_STAFF_FIELDS = (
    *("parked_reasons", "history", "actions", "previous_total", "run_id", "restated_by"),
    "charges",
)
# Of a list; a customer has some dozens a year, and the portal keeps its own copies.
PAGE = 500
_ACTION_CHARACTERS_MAX = 20


class PlansView(ProposedView):
    """Plans, customers and contracts of `trueback.yaml`, applied as a whole."""

    change = PLANS
    roles = {"PUT": ADMINISTRATORS}
    audit = {"PUT": Audited(AuditAction.PLANS_APPLIED, "plans")}
    request_serializers = {"PUT": FileGiven}
    response_types = {"PUT": {200: AppliedPlans, 202: WaitingChange}}


class CustomersView(ScopedView):
    """Who is billed; a customer sees itself."""

    roles = {"GET": (*_READERS, *CUSTOMERS)}
    audit = {"GET": READ}
    response_types = {"GET": {200: CustomerList}}

    def get(self, _request: Request) -> Response:
        customers = Customer.objects.filter(is_active=True).order_by("customer_id")
        return Response(
            {
                "data": [
                    {"customer": known.customer_id, "name": known.name, "email": known.email}
                    for known in customers
                ]
            }
        )


class InvoicesAsked(serializers.Serializer[Any]):
    period = serializers.CharField(default="", allow_blank=True, max_length=7)
    state = serializers.ChoiceField(choices=[*State], default="", allow_blank=True)


class InvoicesView(ScopedView):
    """Version 1 of an answer has sentences where the current one has data."""

    roles = {"GET": (*_READERS, *CUSTOMERS)}
    audit = {"GET": READ}
    request_serializers = {"GET": InvoicesAsked}
    response_types = {"GET": {200: InvoiceList}}
    answer_version = 2

    def get(self, _request: Request) -> Response:
        asked = {name: value for name, value in self.given().items() if value}
        invoices = _visible(self).filter(**asked)
        ordered = invoices.select_related("customer", "contract").order_by("-invoice_id")
        return Response(
            {"data": [_shown(self, invoice, self.answer_version) for invoice in ordered[:PAGE]]}
        )


class InvoiceView(ScopedView):
    """A customer sees its own once it is issued."""

    roles = {"GET": (*_READERS, *CUSTOMERS)}
    audit = {"GET": READ}
    response_types = {"GET": {200: InvoiceAnswer}}
    answer_version = 2

    def get(self, _request: Request, invoice_id: str) -> Response:
        return Response(_shown(self, _found(self, invoice_id), self.answer_version))


class IssuingView(ScopedView):
    """Whether anything can be issued; `refused` is null, or says why not as for an action."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: Issuing}}

    def get(self, _request: Request) -> Response:
        refused = issue_refusal()
        return Response({"refused": asdict(refused) if refused else None})


class Pdf(BaseRenderer):
    """Lets a client ask for the type by name; what it gets otherwise is a problem in JSON."""

    media_type = "application/pdf"
    format = "pdf"

    def render(self, data: Any, *_args: Any) -> bytes:
        return bytes(JSONRenderer().render(data))


class _Png(Pdf):
    media_type = "image/png"
    format = "png"


class InvoicePdfView(ScopedView):
    """The invoice as its customer files it; before it is issued, marked as a draft, for staff."""

    roles = {"GET": (*_READERS, *CUSTOMERS)}
    audit = {"GET": Audited(AuditAction.DOCUMENT_READ, "invoice", "invoice_id")}
    response_types = {"GET": {(200, Pdf.media_type): bytes}}
    renderer_classes = [JSONRenderer, Pdf]

    def get(self, _request: Request, invoice_id: str) -> HttpResponse:
        invoice = _found(self, invoice_id)
        name = invoice_file_name(invoice)
        return HttpResponse(
            invoice_pdf(invoice),
            content_type="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )


class InvoicePictureView(ScopedView):
    """The first page of the PDF, for the review."""

    roles = {"GET": _READERS}
    audit = {"GET": Audited(AuditAction.DOCUMENT_READ, "invoice", "invoice_id")}
    response_types = {"GET": {(200, _Png.media_type): bytes}}
    renderer_classes = [JSONRenderer, _Png]

    def get(self, _request: Request, invoice_id: str) -> HttpResponse:
        return HttpResponse(invoice_picture(_found(self, invoice_id)), content_type="image/png")


class ActionGiven(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(default="", allow_blank=True, max_length=2000)


class InvoiceActionView(ScopedView):
    """Submit, return, approve, issue, park or release the version that the caller has seen."""

    roles = {"POST": BILLING}
    audit = {"POST": Audited(AuditAction.INVOICE_MOVED, "invoice", "invoice_id")}
    request_serializers = {"POST": ActionGiven}
    response_types = {"POST": {200: InvoiceAnswer}}
    path_parameters = {"action": {"enum": [*ACTIONS]}}
    answer_version = 2

    def post(self, _request: Request, invoice_id: str, action: str) -> Response:
        given = self.given()
        self.note(details={"action": action[:_ACTION_CHARACTERS_MAX]})
        _found(self, invoice_id)
        with refusals_as_problems():
            invoice = act_on_invoice(
                invoice_id=invoice_id,
                action=action,
                actor=self.actor,
                now=datetime.now(UTC),
                **given,
            )
        return Response(_shown(self, invoice, self.answer_version))


def _visible(view: ScopedView) -> QuerySet[Invoice]:
    if view.actor.is_customer:
        return issued_invoices()
    return Invoice.objects.all()


def _found(view: ScopedView, invoice_id: str) -> Invoice:
    invoice = (
        _visible(view).select_related("customer", "contract").filter(invoice_id=invoice_id).first()
    )
    if invoice is None:
        raise Http404
    return invoice


def _shown(view: ScopedView, invoice: Invoice, version: int) -> dict[str, Any]:
    """What the reader may see: never cost or how it was made to a customer of a closed contract."""
    fact = invoice_fact(invoice, with_charges=not view.actor.is_customer)
    shown = INVOICE_DRAFTED.dump(fact)
    if version == 1:
        shown = downgraded_document(shown)
    if view.actor.is_customer:
        for name in _STAFF_FIELDS:
            del shown[name]
        if shown["disclosure"] != Disclosure.OPEN_BOOK:
            for line in shown["lines"]:
                del line["cost"], line["basis"]
            del shown["costs"]
    return shown
