"""The ledger's balances for staff, and of a customer's account what it may see."""

from datetime import UTC, datetime, time
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.answers import LedgerBalances, StatementOfAccount
from services.invoicing.models import Customer
from services.invoicing.queries.ledger_balances import read_balances, unbalanced_documents
from services.invoicing.queries.statement_of_account import read_statements
from shared.audit.declared import READ
from shared.auth.api import ScopedView
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
        start, end = (
            datetime.combine(day, time(), tzinfo=UTC) if day else None
            for day in (given["start"], given["end"])
        )
        return Response(
            {
                "customer": known.customer_id,
                "name": known.name,
                "data": read_statements(known, start, end),
            }
        )
