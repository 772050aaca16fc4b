"""Dead letters: messages that nobody could handle, or that were never acknowledged."""

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Now

from shared.messaging.producer.models import OutboxMessage
from shared.messaging.producer.outbox import outbox


def dead_letters() -> QuerySet[OutboxMessage]:
    dead: QuerySet[OutboxMessage] = outbox().objects.exclude(dead_at=None)
    return dead.filter(acked_at=None).order_by("created_at")


def replay(
    *, message_id: str = "", topic: str = "", dest: str = "", since: datetime | None = None
) -> int:
    """Send again: one message, all dead ones, or all to a `dest` since a time (also acknowledged).

    The last repairs a consumer that was restored from a backup; its inbox makes it safe. Returns
    the number of messages; raises ValueError where nothing was chosen.
    """
    chosen = outbox().objects.all()
    if message_id:
        chosen = chosen.filter(message_id=message_id)
    elif dest and since:
        chosen = chosen.filter(dest=dest, created_at__gte=since)
    elif topic:
        chosen = chosen.exclude(dead_at=None).filter(topic=topic)
    else:
        raise ValueError("name a message, a topic, or a destination and a time")
    count: int = chosen.update(
        acked_at=None, dead_at=None, attempts=0, next_at=Now(), last_error=""
    )
    return count
