"""Webhooks of Stripe: verified, written down, answered; the work comes after."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from services.invoicing.gateways.stripe import RefusedByStripe
from services.invoicing.gateways.stripe.client import verified_event
from services.invoicing.operations.process_stripe_events import store_stripe_event
from shared.isolation.scope import as_ops


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    try:
        event = verified_event(
            request.body,
            request.headers.get("Stripe-Signature", ""),
            settings.ENVIRONMENT.webhook_secrets(),
        )
    except RefusedByStripe:
        return HttpResponse(status=400)
    with as_ops():
        store_stripe_event(event)
    return HttpResponse(status=200)
