import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import connection

from shared.isolation.scope import as_ops
from shared.messaging.envelope import Envelope, ForgedEnvelope
from shared.messaging.producer.outbox import on_outbox

logger = logging.getLogger(__name__)


def retire(data: Mapping[str, Any]) -> None:
    """Retire what a consumer has committed; a message it can't handle becomes a dead letter."""
    try:
        envelope = Envelope.opened(data, settings.ENVIRONMENT.bus_keys(), at=settings.SERVICE_NAME)
    except ForgedEnvelope:
        logger.exception("an acknowledgement was dropped")
        return
    done = [item["id"] for item in envelope.items if not item["error"]]
    with as_ops(), connection.cursor() as cursor:
        cursor.execute(
            on_outbox(
                "update {table} set acked_at = now(), dead_at = null"
                " where message_id = any(%s::uuid[]) and dest = %s and acked_at is null"
            ),
            [done, envelope.source],
        )
        for item in envelope.items:
            if item["error"]:
                cursor.execute(
                    on_outbox(
                        "update {table} set dead_at = now(), last_error = %s"
                        " where message_id = %s and dest = %s and acked_at is null"
                    ),
                    [item["error"], item["id"], envelope.source],
                )
