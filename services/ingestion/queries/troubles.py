"""What is stuck in ingestion: sources that can't be listed, deliveries that were refused."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef

from services.ingestion.models import Delivery, Source
from shared.health.read import common_troubles
from shared.health.trouble import Trouble, quoted
from shared.vocabulary.sources import ACCEPTABLE, DeliveryFault
from shared.vocabulary.troubles import TroubleCode, TroubleKind


def read_troubles(now: datetime) -> Iterator[Trouble]:
    """The job of a quarantined delivery failed with it, and is not tried again."""
    quarantined = Delivery.objects.filter(state=Delivery.State.QUARANTINED)
    settled = list(quarantined.values_list("delivery_id", flat=True))
    yield from common_troubles(now, settled=settled)
    for source in Source.objects.filter(state=Source.State.ACTIVE).exclude(failing_since=None):
        yield Trouble(
            TroubleKind.SOURCE,
            TroubleCode(source.failure_code),
            source.key,
            source.failing_since or now,
            {
                "uri": source.uri,
                "count": source.failure_count,
                "text": quoted(source.failure),
            },
        )
    newer = Delivery.objects.filter(
        source=OuterRef("source"),
        period=OuterRef("period"),
        delivered_at__gt=OuterRef("delivered_at"),
    ).exclude(state__in=[Delivery.State.WAITING, Delivery.State.OVERTAKEN])
    for delivery in quarantined.exclude(Exists(newer)):
        yield Trouble(
            TroubleKind.DELIVERY,
            _code(delivery),
            delivery.delivery_id,
            delivery.found_at,
            {
                "source": delivery.source_id,
                "period": delivery.period,
                "text": quoted(delivery.error),
            },
        )


def _code(delivery: Delivery) -> TroubleCode:
    if delivery.fault_code in ACCEPTABLE:
        return TroubleCode.ACCEPTANCE_NEEDED
    is_partial = delivery.fault_code == DeliveryFault.INCOMPLETE
    return TroubleCode.INCOMPLETE if is_partial else TroubleCode.BAD_CONTENT
