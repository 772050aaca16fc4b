"""Webhooks of Stripe: verified, written down, answered; the work comes after."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from services.invoicing.gateways.stripe import RefusedByStripe
from services.invoicing.gateways.stripe.client import verified_event
from services.invoicing.operations.store_stripe_event import store_stripe_event
from shared.audit.declared import NotAudited
from shared.isolation.scope import as_ops


class StripeWebhook(APIView):
    """An event of Stripe's; whoever posts is known by the header `Stripe-Signature` alone."""

    authentication_classes = ()
    permission_classes = ()
    audit = {"POST": NotAudited("each event of Stripe's is kept as it came")}
    request_serializers: ClassVar = {"POST": {"application/json": {"type": "object"}}}
    response_types: ClassVar = {"POST": {HTTPStatus.OK: None}}

    def post(self, request: Request, **_kwargs: Any) -> Response:
        signature = request.headers.get("Stripe-Signature", "")
        try:
            event = verified_event(request.body, signature, settings.ENVIRONMENT.webhook_secrets())
        except RefusedByStripe as error:
            raise ParseError(str(error)) from error
        with as_ops():
            store_stripe_event(event)
        return Response(status=HTTPStatus.OK)
