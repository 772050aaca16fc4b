"""Stored webhooks become state: the object is fetched anew, and states only ever go forward."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from services.invoicing.gateways.stripe import RefusedByStripe, UnknownOutcome
from services.invoicing.gateways.stripe.connection import stripe_gateway
from services.invoicing.models import Invoice, Job, StripeEvent
from services.invoicing.operations.follow_money import follow_dispute, follow_refund
from services.invoicing.operations.follow_notes import follow_note
from services.invoicing.operations.follow_stripe import follow_stripe, payments_of
from services.invoicing.operations.store_stripe_event import store_stripe_event, text_at
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State

logger = logging.getLogger(__name__)

# Webhooks may be lost (docs/reference/stripe.md); an invoice that was paid shows within the hour.
SWEEP_EVERY: Final = timedelta(hours=1)
# Where no sweep has ended well yet: a new installation has nothing older at Stripe.
FIRST_SWEEP: Final = timedelta(days=1)


def process_stripe_events() -> None:
    """A job: order and repetition of events mean nothing, since each looks at what is now.

    One object that is gone or can't be had holds up no other. Raises UnknownOutcome at the end
    where Stripe did not answer: those events wait.
    """
    with as_ops():
        waiting = list(
            StripeEvent.objects.filter(processed_at=None).order_by("received_at", "event_id")
        )
    seen: dict[tuple[str, str], str | None] = {}
    unknown: list[str] = []
    for event in waiting:
        kind, object_id = _looked_at(event)
        if (kind, object_id) not in seen:
            try:
                seen[kind, object_id] = _follow(kind, object_id)
            except RefusedByStripe as fault:
                seen[kind, object_id] = str(fault)
            except UnknownOutcome as error:
                seen[kind, object_id] = None
                unknown.append(f"{object_id}: {error}")
        _settle(event, seen[kind, object_id])
    if unknown:
        raise UnknownOutcome("; ".join(unknown))


def _looked_at(event: StripeEvent) -> tuple[str, str]:
    """Kind and id of what is fetched anew: of a payment its invoice, which has all payments."""
    kind = event.type.rpartition(".")[0]
    if kind == "invoice_payment":
        return "invoice", text_at(event.payload, "data", "object", "invoice")
    return kind, event.object_id


def _follow(kind: str, object_id: str) -> str | None:
    follow = _FOLLOWED.get(kind)
    return follow(object_id) if follow and object_id else "nothing to do for this type"


def _settle(event: StripeEvent, outcome: str | None) -> None:
    if outcome is not None:
        with as_ops():
            StripeEvent.objects.filter(pk=event.pk, processed_at=None).update(
                processed_at=datetime.now(UTC), outcome=outcome
            )


def sweep_stripe_events() -> None:
    """A job: fetch what webhooks may have missed, from before the last sweep that ended well.

    Oldest first, so that a sweep that is cut off has left nothing out behind it.
    """
    with as_ops():
        last = (
            Job.objects.filter(kind="sweep_stripe_events", state=Job.State.DONE)
            .order_by("-created_at")
            .first()
        )
    since = (last.created_at - SWEEP_EVERY) if last else datetime.now(UTC) - FIRST_SWEEP
    missed = list(stripe_gateway().events_since(int(since.timestamp())))
    for event in reversed(missed):
        with as_ops():
            store_stripe_event(event)


def _apply(stripe_id: str) -> str | None:
    """What came of it; None while the invoice is being issued, the event then waits."""
    with as_ops():
        known = Invoice.objects.filter(stripe_invoice_id=stripe_id).first()
    if known is None:
        return "not one of ours"
    if known.state == State.ISSUING:
        return None
    gateway = stripe_gateway()
    there = gateway.invoice(stripe_id)
    with as_ops():
        payments = payments_of(known, there, gateway)
    with as_ops():
        invoice = Invoice.objects.select_for_update().get(pk=known.pk)
        if invoice.state == State.ISSUING:
            return None
        target = follow_stripe(invoice, there, payments, now=datetime.now(UTC))
    return f"moved to {target}" if target else f"{invoice.state} already"


_FOLLOWED: Final[Mapping[str, Callable[[str], str | None]]] = {
    "invoice": _apply,
    "credit_note": lambda object_id: follow_note(object_id, stripe_gateway()),
    "refund": lambda object_id: follow_refund(object_id, stripe_gateway()),
    "charge.dispute": lambda object_id: follow_dispute(object_id, stripe_gateway()),
}
