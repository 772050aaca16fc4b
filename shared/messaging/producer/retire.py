import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

from shared.faults import printable
from shared.isolation.scope import as_ops
from shared.messaging.envelope import Envelope, ForgedEnvelope
from shared.messaging.producer.outbox import on_outbox, outbox

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Receipt:
    """What a consumer says of one message: '' is committed, else why it can't handle it."""

    message_id: str
    error: str


def retire(data: Mapping[str, Any]) -> None:
    """Retire what a consumer has committed; a message it can't handle becomes a dead letter.

    A consumer speaks of messages that are addressed to it, and of no others.
    """
    keys = settings.ENVIRONMENT.bus_keys()
    try:
        envelope = Envelope.opened(data, keys, at=settings.SERVICE_NAME, kind="acks")
    except ForgedEnvelope:
        logger.exception("an acknowledgement was dropped")
        return
    receipts = _receipts(envelope)
    with as_ops(), connection.cursor() as cursor:
        _warn_of_foreign(envelope.source, receipts)
        cursor.execute(
            on_outbox(
                "update {table} set acked_at = now(), dead_at = null"
                " where message_id = any(%s::uuid[]) and dest = %s and acked_at is null"
            ),
            [[receipt.message_id for receipt in receipts if not receipt.error], envelope.source],
        )
        for receipt in receipts:
            if receipt.error:
                cursor.execute(
                    on_outbox(
                        "update {table} set dead_at = now(), last_error = %s"
                        " where message_id = %s and dest = %s and acked_at is null"
                    ),
                    [receipt.error, receipt.message_id, envelope.source],
                )


def _receipts(envelope: Envelope) -> list[_Receipt]:
    """What is none is left out: it would keep the others of its envelope from being retired."""
    receipts = []
    for raw in envelope.items:
        try:
            error = printable(str(raw["error"]))
            receipts.append(_Receipt(str(uuid.UUID(raw["id"])), error))
        except (KeyError, TypeError, ValueError, AttributeError):
            logger.exception("a part of an acknowledgement of %s was dropped", envelope.source)
    return receipts


def _warn_of_foreign(source: str, receipts: list[_Receipt]) -> None:
    """Nothing of them is done; that somebody tries is worth a look."""
    named = [receipt.message_id for receipt in receipts]
    foreign = outbox().objects.filter(message_id__in=named).exclude(dest=source)
    for message_id, dest in foreign.values_list("message_id", "dest"):
        logger.error("%s acknowledges %s, which is for %s", source, message_id, dest)
