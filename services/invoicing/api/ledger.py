"""The ledger's balances for staff, and of a customer's account what it may see."""

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.answers import LedgerBalances, StatementOfAccount
from services.invoicing.api.views import Pdf
from services.invoicing.models import Customer
from services.invoicing.queries.account_files import as_moment, statement_pdf
from services.invoicing.queries.ledger_balances import read_balances, unbalanced_documents
from services.invoicing.queries.statement_of_account import read_statements
from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.file_names import pdf_name
from shared.runtime.business_time import business_now
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import CUSTOMERS, STAFF, Role

_READERS = (*STAFF, Role.SERVICE)


class LedgerView(ScopedView):
    """For staff: the operator's revenue is among it."""

    roles = {"GET": _READERS}
    audit = {"GET": READ}
    response_types = {"GET": {200: LedgerBalances}}

    def get(self, _request: Request) -> Response:
        return Response({"data": read_balances(), "unbalanced": unbalanced_documents()})


class StatementAsked(serializers.Serializer[Any]):
    """Days in UTC: from the first, which counts, to the last, which doesn't."""

    start = serializers.DateField(default=None, allow_null=True)
    end = serializers.DateField(default=None, allow_null=True)


class StatementView(ScopedView):
    """A customer sees its own account; row-level security finds no other."""

    roles = {"GET": (*_READERS, *CUSTOMERS)}
    audit = {"GET": READ}
    request_serializers = {"GET": StatementAsked}
    response_types = {"GET": {200: StatementOfAccount}}

    def get(self, _request: Request, customer_id: str) -> Response:
        known = Customer.objects.filter(customer_id=customer_id).first()
        if known is None:
            raise Http404
        given = self.given()
        start, end = as_moment(given["start"]), as_moment(given["end"])
        return Response(
            {
                "customer": known.customer_id,
                "name": known.name,
                "data": read_statements(known, start, end),
            }
        )


class StatementFileAsked(StatementAsked):
    currency = serializers.RegexField(
        r"^([A-Z]{3})?$",
        default="",
        allow_blank=True,
        help_text="Where the account has several; else its only one.",
    )


class StatementPdfView(ScopedView):
    """The same as a document, in one currency; to the end of today where no last day is given."""

    roles = {"GET": (*_READERS, *CUSTOMERS)}
    audit = {"GET": Audited(AuditAction.DOCUMENT_READ, "customer", "customer_id")}
    request_serializers = {"GET": StatementFileAsked}
    response_types = {"GET": {(200, Pdf.media_type): bytes}}
    renderer_classes = [*ScopedView.renderer_classes, Pdf]

    def get(self, _request: Request, customer_id: str) -> HttpResponse:
        known = Customer.objects.filter(customer_id=customer_id).first()
        if known is None:
            raise Http404
        given = self.given()
        until = given["end"] or business_now().date() + timedelta(days=1)
        content = statement_pdf(
            known, currency=given["currency"], start=given["start"], until=until
        )
        if content is None:
            raise Http404
        name = pdf_name(f"statement-{known.customer_id}-{until - timedelta(days=1)}")
        return HttpResponse(
            content,
            content_type=Pdf.media_type,
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )
