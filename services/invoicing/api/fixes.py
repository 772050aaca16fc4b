"""What can be done about an invoice, what each route comes to, and doing it."""

from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.fix_answers import FixedInvoice, InvoiceFixes
from services.invoicing.api.refusals import refusals_as_problems
from services.invoicing.domain.fixes import positions
from services.invoicing.models import Invoice, TrueUpAccount
from services.invoicing.operations.fix_invoice import fix_invoice
from services.invoicing.queries.invoice_fixes import read_fixes
from shared.audit.declared import READ, Audited
from shared.auth.api import ScopedView
from shared.money import Money
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.fixes import FixRoute
from shared.vocabulary.roles import BILLING, STAFF, Role

_LINES_MAX = 250


class LineGiven(serializers.Serializer[Any]):
    position = serializers.IntegerField(min_value=1)
    amount = serializers.DecimalField(max_digits=20, decimal_places=3, min_value=Decimal("0.001"))


class FixesAsked(serializers.Serializer[Any]):
    lines = serializers.RegexField(
        r"^(\d{1,3}:\d{1,15}(\.\d{1,3})?(,\d{1,3}:\d{1,15}(\.\d{1,3})?){0,249})?$",
        default="",
        allow_blank=True,
        help_text="What each line would be given, such as 1:300.00,2:50.00.",
    )


class FixGiven(serializers.Serializer[Any]):
    route = serializers.ChoiceField(choices=[*FixRoute])
    version = serializers.IntegerField(min_value=1)
    reason = serializers.CharField(max_length=2000)
    lines = serializers.ListField(child=LineGiven(), default=list, max_length=_LINES_MAX)


class InvoiceFixesView(ScopedView):
    """GET: what may be wrong with an invoice, and the legal routes; POST takes one.

    With `lines`, GET says what giving so much comes to. Nothing is sent by POST: a credit note
    waits for a second person, and so does what is billed anew.
    """

    roles = {"GET": (*STAFF, Role.SERVICE), "POST": BILLING}
    audit = {"GET": READ, "POST": Audited(AuditAction.INVOICE_FIXED, "invoice", "invoice_id")}
    request_serializers = {"GET": FixesAsked, "POST": FixGiven}
    response_types = {"GET": {200: InvoiceFixes}, "POST": {200: FixedInvoice}}

    def get(self, _request: Request, invoice_id: str) -> Response:
        invoice = Invoice.objects.filter(pk=invoice_id).first()
        if invoice is None:
            raise Http404
        asked = [part.split(":") for part in self.given()["lines"].split(",") if part]
        lines = [(int(position), Decimal(amount)) for position, amount in asked]
        return Response(read_fixes(invoice, _in_minor(lines, invoice.currency)))

    def post(self, _request: Request, invoice_id: str) -> Response:
        given = self.given()
        self.note(details={"route": given["route"]}, reason=given["reason"])
        invoice = Invoice.objects.filter(pk=invoice_id).first()
        if invoice is None:
            raise Http404
        lines = [(line["position"], line["amount"]) for line in given["lines"]]
        with refusals_as_problems(TrueUpAccount.DoesNotExist):
            fixed = fix_invoice(
                invoice_id=invoice_id,
                route=FixRoute(given["route"]),
                version=given["version"],
                lines=_in_minor(lines, invoice.currency),
                actor=self.actor,
                reason=given["reason"],
                now=datetime.now(UTC),
            )
        return Response(asdict(fixed))


def _in_minor(lines: list[tuple[int, Decimal]], currency: str) -> dict[int, int]:
    return positions([(position, Money(amount, currency).to_minor()) for position, amount in lines])
