"""Write-ahead: the intent is committed, then the call is made, then its outcome is committed.

A process that dies in between leaves an `intended` row. It is sent again with the same key while
Stripe still remembers keys, unless it has answered with a server error, which it repeats for that
key. Then the step's `find` looks for what may have happened, and only an absence that is proven
some minutes after the last try makes a new attempt with a new key. A key is made of the document,
the step and the attempt, so that a database restored from a backup asks with the same ones; with
`TRUEBACK_STRIPE_LOOK_FIRST` it also looks before its first try. No key holds a clock. What Stripe
promises of keys: docs/reference/stripe.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from services.invoicing.gateways.stripe import RefusedByStripe, UnknownOutcome
from services.invoicing.models import StripeOperation
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease

# Stripe forgets a key after 24 hours; one hour is for clocks that differ.
KEY_LIFETIME: Final = timedelta(hours=23)
# A call without an answer may still be carried out for so long, and then be there after all.
SETTLING_TIME: Final = timedelta(minutes=5)


@dataclass(frozen=True)
class Step:
    """What is done at Stripe at most once for a document.

    `call(request, key)` does it and returns the id of what it made or changed; `find(operation)`
    looks for its effect, and is asked only where the key may be forgotten.
    """

    name: str
    request: dict[str, Any]
    call: Callable[[dict[str, Any], str], str]
    find: Callable[[StripeOperation], str | None]


def perform_at_stripe(step: Step, *, document: str, customer_id: str) -> str:
    """Do the step and return the id; raises what its call raises, and records a refusal."""
    operation = _intend(step, document, customer_id)
    if operation.state == StripeOperation.State.SUCCEEDED:
        return operation.stripe_id
    if _needs_a_look(operation) or datetime.now(UTC) - operation.first_sent_at > KEY_LIFETIME:
        stripe_id = step.find(operation)
        if stripe_id is not None:
            return _record(operation, state=StripeOperation.State.SUCCEEDED, stripe_id=stripe_id)
        if operation.error and datetime.now(UTC) - operation.last_sent_at < SETTLING_TIME:
            raise UnknownOutcome(f"{step.name} of {document} may still be under way at Stripe")
        if operation.error or operation.is_key_spent:
            _record(operation, state=StripeOperation.State.FAILED, error="proven not to be there")
            operation = _intend(step, document, customer_id)
    require_lease()
    try:
        stripe_id = step.call(operation.request, operation.idempotency_key)
    except RefusedByStripe as error:
        _record(operation, state=StripeOperation.State.FAILED, error=str(error))
        raise
    except UnknownOutcome as error:
        now = datetime.now(UTC)
        _record(operation, error=str(error), is_key_spent=error.is_server_error, last_sent_at=now)
        raise
    return _record(operation, state=StripeOperation.State.SUCCEEDED, stripe_id=stripe_id)


def _intend(step: Step, document: str, customer_id: str) -> StripeOperation:
    """The unfinished or succeeded operation of a step, else a new attempt."""
    now = datetime.now(UTC)
    with as_ops():
        last = (
            StripeOperation.objects.select_for_update()
            .filter(document=document, step=step.name)
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
            step=step.name,
            attempt=attempt,
            idempotency_key=f"tb-{settings.ENVIRONMENT.environment}-{document}-{step.name}-{attempt}",
            request=step.request,
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
