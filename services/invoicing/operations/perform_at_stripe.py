"""Write-ahead: the intent is committed, then the call is made, then its outcome is committed.

A process that dies in between leaves an `intended` row. It is sent again with the same key while
Stripe still remembers keys, unless it has answered with a server error, which it repeats for that
key. Then the caller's `find` looks for what may have happened, and only an absence that is proven
some minutes after the last try makes a new attempt with a new key. A key is made of the document,
the step and the attempt, so that a database restored from a backup asks with the same ones; with
`TRUEBACK_STRIPE_LOOK_FIRST` it also looks before its first try. No key holds a clock.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from services.invoicing.gateways.stripe import RefusedByStripe, UnknownOutcome
from services.invoicing.models import StripeOperation
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops

KEY_LIFETIME: Final = timedelta(hours=23)
SETTLING_TIME: Final = timedelta(minutes=5)
Call = Callable[[dict[str, Any], str], str]
Find = Callable[[StripeOperation], str | None]


def perform_at_stripe(
    *, document: str, customer_id: str, step: str, request: dict[str, Any], call: Call, find: Find
) -> str:
    """Do a step at most once and return the id of what it made at Stripe.

    `call(request, key)` makes it; `find(operation)` looks for its effect and is asked only when the
    key may be forgotten. Raises what `call` raises; a refusal is recorded.
    """
    operation = _intend(document, customer_id, step, request)
    if operation.state == StripeOperation.State.SUCCEEDED:
        return operation.stripe_id
    if _needs_a_look(operation) or datetime.now(UTC) - operation.first_sent_at > KEY_LIFETIME:
        found = find(operation)
        if found is not None:
            return _record(operation, state=StripeOperation.State.SUCCEEDED, stripe_id=found)
        if operation.error and datetime.now(UTC) - operation.last_sent_at < SETTLING_TIME:
            raise UnknownOutcome(f"{step} of {document} may still be under way at Stripe")
        if operation.error or operation.is_key_spent:
            _record(operation, state=StripeOperation.State.FAILED, error="proven not to be there")
            operation = _intend(document, customer_id, step, request)
    try:
        stripe_id = call(operation.request, operation.idempotency_key)
    except RefusedByStripe as error:
        _record(operation, state=StripeOperation.State.FAILED, error=str(error))
        raise
    except UnknownOutcome as error:
        now = datetime.now(UTC)
        _record(operation, error=str(error), is_key_spent=error.is_server_error, last_sent_at=now)
        raise
    return _record(operation, state=StripeOperation.State.SUCCEEDED, stripe_id=stripe_id)


def _intend(document: str, customer_id: str, step: str, request: dict[str, Any]) -> StripeOperation:
    """The unfinished or succeeded operation of a step, else a new attempt."""
    now = datetime.now(UTC)
    with as_ops():
        last = (
            StripeOperation.objects.select_for_update()
            .filter(document=document, step=step)
            .order_by("-attempt")
            .first()
        )
        if last is not None and last.state != StripeOperation.State.FAILED:
            return last
        attempt = last.attempt + 1 if last else 1
        return StripeOperation.objects.create(
            operation_id=uuid7(),
            customer_id=customer_id,
            document=document,
            step=step,
            attempt=attempt,
            idempotency_key=f"tb-{settings.ENVIRONMENT.environment}-{document}-{step}-{attempt}",
            request=request,
            first_sent_at=now,
            last_sent_at=now,
        )


def _needs_a_look(operation: StripeOperation) -> bool:
    """The key is spent, or this is the first try by a database that may be older than its deeds."""
    is_first = operation.first_sent_at == operation.last_sent_at and not operation.error
    return operation.is_key_spent or (settings.ENVIRONMENT.stripe_look_first and is_first)


def _record(operation: StripeOperation, **outcome: Any) -> str:
    """What has succeeded stays so, whoever else is at it."""
    with as_ops():
        unfinished = StripeOperation.objects.exclude(state=StripeOperation.State.SUCCEEDED)
        unfinished.filter(pk=operation.pk).update(**outcome)
    return str(outcome.get("stripe_id", ""))
