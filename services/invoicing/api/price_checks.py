from decimal import Decimal
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.answers import PriceList
from services.invoicing.domain.invoice_document import written_amount
from services.invoicing.queries.price_check import (
    ContractInAnotherCurrency,
    PlanPrice,
    check_prices,
)
from shared.audit.declared import READ
from shared.auth.api import ScopedView
from shared.money import Money
from shared.periods import Month
from shared.runtime.problems import Conflict
from shared.vocabulary.roles import STAFF


class PriceCheckGiven(serializers.Serializer[Any]):
    tenant = serializers.CharField(max_length=100)
    period = serializers.CharField(max_length=7)
    currency = serializers.RegexField(r"^[A-Z]{3}\Z")
    costs = serializers.DictField(child=serializers.DecimalField(max_digits=38, decimal_places=10))


class PriceChecksView(ScopedView):
    """What each plan would ask for the costs given; nothing is stored.

    Version 1 of the answer has each plan's terms as sentences.
    """

    answer_version = 2

    roles = {"POST": STAFF}
    audit = {"POST": READ}
    request_serializers = {"POST": PriceCheckGiven}
    response_types = {"POST": {200: PriceList}}

    def post(self, _request: Request) -> Response:
        asked = self.given()
        try:
            prices = check_prices(
                asked["tenant"],
                Month.parse(asked["period"]),
                asked["costs"],
                currency=asked["currency"],
            )
        except ContractInAnotherCurrency as error:
            raise Conflict(str(error), reason=_reason(error)) from error
        return Response({"data": [_shown(price, self.answer_version) for price in prices]})


def _shown(price: PlanPrice, version: int) -> dict[str, Any]:
    currency = price.plan.currency
    return {
        "plan": price.plan.key,
        "name": price.plan.name,
        "version": price.plan.version,
        "is_current": price.is_current,
        "currency": currency,
        "total": str(Money.from_minor(price.total_minor, currency).amount),
        "terms": [
            _written_terms(component, currency) if version == 1 else _terms(component)
            for component in price.plan.components
        ],
    }


def _terms(component: dict[str, Any]) -> dict[str, str]:
    if component["kind"] == "cost_plus":
        return {"kind": "cost_plus", "percent": str(component["percent"])}
    every = str(component.get("every") or "month")
    return {"kind": "flat_fee", "amount": str(component["amount"]), "every": every}


def _reason(error: ContractInAnotherCurrency) -> dict[str, str]:
    return {
        "code": "contract_in_another_currency",
        "contract_currency": error.contract_currency,
        "cost_currency": error.cost_currency,
    }


def _written_terms(component: dict[str, Any], currency: str) -> str:
    if component["kind"] == "cost_plus":
        return f"cost plus {component['percent']}%"
    return f"{written_amount(Decimal(str(component['amount'])), currency)} {currency} a month"
