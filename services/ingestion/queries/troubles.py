"""What is stuck in ingestion: sources that can't be listed, deliveries that were refused."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from services.ingestion.models import Delivery, Source
from shared.health.read import common_troubles
from shared.health.trouble import Trouble, quoted
from shared.vocabulary.troubles import TroubleCode, TroubleKind


def read_troubles(now: datetime) -> Iterator[Trouble]:
    """The job of a quarantined delivery failed with it, and is not tried again."""
    quarantined = Delivery.objects.filter(state=Delivery.State.QUARANTINED)
    settled = list(quarantined.values_list("delivery_id", flat=True))
    yield from common_troubles(now, settled=settled)
    for source in Source.objects.exclude(failing_since=None):
        yield Trouble(
            TroubleKind.SOURCE,
            TroubleCode(source.failure_code),
            source.key,
            source.failing_since or now,
            {"uri": source.uri, "text": quoted(source.failure)},
        )
    newer = Delivery.objects.filter(
        source=OuterRef("source"),
        period=OuterRef("period"),
        delivered_at__gt=OuterRef("delivered_at"),
    )
    for delivery in quarantined.exclude(Exists(newer)):
        yield Trouble(
            TroubleKind.DELIVERY,
            TroubleCode.BAD_CONTENT,
            delivery.delivery_id,
            delivery.found_at,
            {
                "source": delivery.source_id,
                "period": delivery.period,
                "text": quoted(delivery.error),
            },
        )
