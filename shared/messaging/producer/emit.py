from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

from django.conf import settings

from shared.batches import batched
from shared.contracts.contract import Contract
from shared.isolation.scope import scope_connection
from shared.messaging.producer.outbox import outbox

Payload = TypeVar("Payload")


# Rows of one statement: a fact of a tenant has some 10 kB.
_BATCH: Final = 500


def emit(contract: Contract[Payload], payload: Payload) -> None:
    """Put a fact into the outbox, once per consumer, in the business transaction.

    Nothing is sent here: what the transaction does not commit never happened. Raises RuntimeError
    outside a transaction, and ValueError for a fact that is not this service's to tell, or of a
    version that is not sent any more.
    """
    emit_all(contract, [payload])


def emit_all(contract: Contract[Payload], payloads: Iterable[Payload]) -> None:
    """Many facts of one kind, such as one per tenant; `payloads` is read in batches."""
    if not scope_connection().in_atomic_block:
        raise RuntimeError(f"{contract.name} must be emitted in the transaction that makes it true")
    if contract.producer != settings.SERVICE_NAME:
        raise ValueError(f"{contract.name} is told by {contract.producer} alone")
    if contract.successor is not None:
        raise ValueError(f"{contract.name} is not sent any more: send {contract.successor.name}")
    model = outbox()
    for batch in batched(payloads, _BATCH):
        model.objects.bulk_create(
            model(dest=consumer, topic=contract.name, subject=subject, payload=data)
            for data in map(contract.dump, batch)
            for subject in [_subject(contract, data)]
            for consumer in contract.consumers
        )


def _subject(contract: Contract[Payload], data: Mapping[str, Any]) -> str:
    return str(data[contract.subject]) if contract.subject else ""
