import logging
from collections.abc import Iterator
from contextlib import contextmanager

from services.ingestion.models import Delivery
from shared.contracts.ingestion import DELIVERY_QUARANTINED, DeliveryQuarantined
from shared.faults import BadInput, ProofFailed
from shared.isolation.scope import as_ops
from shared.messaging.producer.emit import emit

logger = logging.getLogger(__name__)


@contextmanager
def quarantined_on_bad_input(delivery: Delivery) -> Iterator[None]:
    """A delivery with a fault is kept apart as a whole; what was current before stays so.

    So is one whose snapshot does not tie to its files. What the reading of content raises otherwise
    is made a BadInput by `shared.readable`; a fault of the machine is not the delivery's.
    """
    try:
        yield
    except (BadInput, ProofFailed) as fault:
        logger.warning("delivery %s is quarantined: %s", delivery.delivery_id, fault)
        with as_ops():
            refused = Delivery.objects.filter(
                delivery_id=delivery.delivery_id, state=Delivery.State.FOUND
            ).update(state=Delivery.State.QUARANTINED, error=str(fault))
            if refused:
                emit(
                    DELIVERY_QUARANTINED,
                    DeliveryQuarantined(
                        delivery_id=delivery.delivery_id,
                        source=delivery.source_id,
                        period=delivery.period,
                        delivered_at=delivery.delivered_at,
                        error=str(fault),
                    ),
                )
        raise
