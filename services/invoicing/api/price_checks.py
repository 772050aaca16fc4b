from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from services.invoicing.api.answers import PriceList
from services.invoicing.queries.price_check import (
    ContractInAnotherCurrency,
    PlanPrice,
    check_prices,
)
from shared.audit.declared import READ
from shared.auth.api import ScopedView
from shared.contracts.price_words import component_words
from shared.money import Money
from shared.periods import Month
from shared.runtime.problems import Conflict
from shared.vocabulary.line_kinds import LineKind
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


def _terms(component: dict[str, Any]) -> dict[str, Any]:
    """Without the name of its lines; of a fee also the default of `every`."""
    terms = {name: value for name, value in component.items() if name != "name"}
    if component["kind"] == LineKind.FLAT_FEE:
        terms["every"] = component.get("every") or "month"
    return terms


def _reason(error: ContractInAnotherCurrency) -> dict[str, str]:
    return {
        "code": "contract_in_another_currency",
        "contract_currency": error.contract_currency,
        "cost_currency": error.cost_currency,
    }


def _written_terms(component: dict[str, Any], currency: str) -> str:
    return component_words({**component, "every": "month"}, currency)
