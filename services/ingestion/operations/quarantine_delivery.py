import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db.models.functions import Now

from services.ingestion.domain.addresses import FOLDER
from services.ingestion.domain.readiness import NotYetWhole, Overtaken, RefusedDelivery
from services.ingestion.models import Delivery
from shared.contracts.ingestion import DELIVERY_QUARANTINED, DeliveryQuarantined
from shared.faults import BadInput, Fault, ProofFailed
from shared.isolation.scope import as_ops
from shared.messaging.producer.emit import emit
from shared.vocabulary.sources import DeliveryFault

logger = logging.getLogger(__name__)

# Below the scratch folder of a job: the copies of a delivery's files, by their keys.
STAGED: Final = "staged"


@contextmanager
def quarantined_on_bad_input(delivery: Delivery) -> Iterator[None]:
    """A delivery with a fault is kept apart as a whole; what was current before stays so.

    So is one whose snapshot does not tie to its files. What the reading of content raises otherwise
    is made a BadInput by `shared.readable`; a fault of the machine is not the delivery's. One that
    is not whole any more, or lies there no longer, is put aside, and nothing has failed.
    """
    try:
        yield
    except NotYetWhole as reason:
        _put_aside(delivery, Delivery.State.WAITING, reason, code=reason.code)
    except Overtaken as reason:
        _put_aside(delivery, Delivery.State.OVERTAKEN, reason)
    except (BadInput, ProofFailed) as fault:
        quarantine(delivery, fault)
        raise


def quarantine(delivery: Delivery, fault: Fault) -> None:
    """Files are named as they lie at their source, not where a job has copied them to."""
    # A folder's files are copied by their paths, an object by its key, which begins with no slash.
    root = "/" if not delivery.upload_uri and delivery.source.uri.startswith(FOLDER) else ""
    text = str(fault).replace(f"{settings.ENVIRONMENT.scratch_dir}/{STAGED}/", root)
    logger.warning("delivery %s is quarantined: %s", delivery.delivery_id, text)
    code = fault.code if isinstance(fault, RefusedDelivery) else DeliveryFault.BAD_CONTENT
    with as_ops():
        refused = Delivery.objects.filter(
            delivery_id=delivery.delivery_id,
            state__in=[Delivery.State.FOUND, Delivery.State.WAITING],
        ).update(state=Delivery.State.QUARANTINED, error=text, fault_code=code, refused_at=Now())
        if refused:
            emit(
                DELIVERY_QUARANTINED,
                DeliveryQuarantined(
                    delivery_id=delivery.delivery_id,
                    source=delivery.source_id,
                    period=delivery.period,
                    delivered_at=delivery.delivered_at,
                    error=text,
                ),
            )


def _put_aside(delivery: Delivery, state: str, reason: Exception, *, code: str = "") -> None:
    logger.info("delivery %s is %s: %s", delivery.delivery_id, state, reason)
    with as_ops():
        Delivery.objects.filter(
            delivery_id=delivery.delivery_id, state=Delivery.State.FOUND
        ).update(state=state, error=str(reason), fault_code=code)
