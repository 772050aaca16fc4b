"""What is stuck of the messages that this service sends and receives."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q

from shared.health.trouble import ITEMS_MAX, Trouble, quoted
from shared.messaging.consumer.receive import refused_messages
from shared.messaging.producer.dead_letters import dead_letters
from shared.messaging.producer.outbox import outbox
from shared.vocabulary.troubles import TroubleCode, TroubleKind

# A consumer commits within seconds; one that is restarted has all of it within its first minutes.
UNACKNOWLEDGED_AFTER: Final = timedelta(minutes=10)
# A relay looks several times a second and claims what is due, so nothing stays due for so long
# but where none runs or its consumer takes no more.
UNSENT_AFTER: Final = timedelta(minutes=2)


def message_troubles(now: datetime) -> Iterator[Trouble]:
    for message in dead_letters()[:ITEMS_MAX]:
        yield Trouble(
            TroubleKind.DEAD_LETTER,
            TroubleCode.REFUSED_BY_CONSUMER,
            str(message.message_id),
            message.dead_at or message.created_at,
            {"topic": message.topic, "dest": message.dest, "text": quoted(message.last_error)},
        )
    for failure in refused_messages()[:ITEMS_MAX]:
        yield Trouble(
            TroubleKind.REFUSED_MESSAGE,
            TroubleCode.REFUSED_HERE,
            str(failure.message_id),
            failure.failed_at,
            {"topic": failure.topic, "source": failure.source, "text": quoted(failure.error)},
        )
    yield from _unacknowledged(now)


def _unacknowledged(now: datetime) -> Iterator[Trouble]:
    """One for each consumer; not sent where facts are due and none of its is under way."""
    waiting = outbox().objects.filter(acked_at=None, dead_at=None)
    by_consumer = waiting.values("dest").annotate(
        count=Count("*"),
        oldest=Min("created_at"),
        due=Min("next_at"),
        under_way=Count("pk", filter=Q(attempts__gt=0, next_at__gt=now)),
    )
    for row in by_consumer.order_by("dest"):
        if row["oldest"] > now - UNACKNOWLEDGED_AFTER:
            continue
        is_sent = row["under_way"] or row["due"] > now - UNSENT_AFTER
        yield Trouble(
            TroubleKind.UNACKNOWLEDGED,
            TroubleCode.NOT_ACKNOWLEDGED if is_sent else TroubleCode.NOT_SENT,
            row["dest"],
            row["oldest"],
            {"count": row["count"]},
        )
