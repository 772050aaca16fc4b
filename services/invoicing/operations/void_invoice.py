"""A job: an invoice that nobody has paid any of is voided at Stripe, as a person has asked."""

import logging
from datetime import UTC, datetime
from typing import Final

from services.invoicing.domain.fixes import is_voidable
from services.invoicing.gateways.stripe import RefusedByStripe, StripeGateway
from services.invoicing.gateways.stripe.connection import stripe_gateway
from services.invoicing.models import Invoice, StripeOperation
from services.invoicing.operations.follow_stripe import follow_stripe, payments_of
from services.invoicing.operations.perform_at_stripe import Step, perform_at_stripe
from services.invoicing.queries.invoice_situation import read_situation
from shared.contracts.invoicing import Cause
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import StripeStatus

logger = logging.getLogger(__name__)

STEP: Final = "void invoice"


def void_invoice(*, invoice_id: str, actor: str, reason: str) -> None:
    """Nothing is done where somebody has paid, or was credited, meanwhile, here or at Stripe.

    Raises UnknownOutcome where Stripe's answer is not known: it is asked again.
    """
    with as_ops():
        invoice = Invoice.objects.get(pk=invoice_id)
        is_asked = StripeOperation.objects.filter(document=invoice_id, step=STEP).exists()
        is_to_do = is_asked or is_voidable(read_situation(invoice))
    gateway = stripe_gateway()
    stripe_id = invoice.stripe_invoice_id or ""
    if not is_to_do or not (is_asked or _is_untouched(stripe_id, gateway)):
        logger.info("%s is not voided: somebody has paid or was credited meanwhile", invoice_id)
        return
    try:
        perform_at_stripe(
            _step(stripe_id, gateway), document=invoice_id, customer_id=invoice.customer_id
        )
    except RefusedByStripe as refusal:
        logger.warning("%s is not voided: %s", invoice_id, refusal)
        return
    _follow(invoice_id, gateway, actor, reason)


def _is_untouched(stripe_id: str, gateway: StripeGateway) -> bool:
    """Of what is there, also what no webhook has told of yet; a payment under way counts."""
    there = gateway.invoice(stripe_id)
    payments = gateway.invoice_payments(stripe_id)
    return (
        there.status == StripeStatus.OPEN
        and not there.paid_minor
        and not any(payment.is_under_way for payment in payments)
        and not list(gateway.credit_notes(stripe_id))
    )


def _step(stripe_id: str, gateway: StripeGateway) -> Step:
    def find(_operation: StripeOperation) -> str | None:
        return stripe_id if gateway.invoice(stripe_id).status == StripeStatus.VOID else None

    return Step(
        name=STEP,
        request={"invoice": stripe_id},
        call=lambda _request, key: gateway.void(stripe_id, key=key).stripe_id,
        find=find,
    )


def _follow(invoice_id: str, gateway: StripeGateway, actor: str, reason: str) -> None:
    """With who asked and why; a webhook that came first has moved it already."""
    with as_ops():
        known = Invoice.objects.get(pk=invoice_id)
        there = gateway.invoice(known.stripe_invoice_id or "")
        payments = payments_of(known, there, gateway)
    with as_ops():
        invoice = Invoice.objects.select_for_update().get(pk=invoice_id)
        cause = Cause(CauseCode.PERSON, text=reason)
        follow_stripe(invoice, there, payments, actor=actor, cause=cause, now=datetime.now(UTC))
