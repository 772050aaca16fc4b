from collections.abc import Sequence

from django.conf import settings

from shared.contracts.routes import acks_queue
from shared.messaging.broker import Broker
from shared.messaging.envelope import Envelope


def acknowledge(broker: Broker, *, to: str, done: Sequence[str], failed: dict[str, str]) -> None:
    """Tell a producer what is committed; needs no durability, a lost one costs one redelivery."""
    items = [{"id": message_id, "error": ""} for message_id in done]
    items += [{"id": message_id, "error": error} for message_id, error in failed.items()]
    if not items:
        return
    envelope = Envelope(settings.SERVICE_NAME, to, "acks", items)
    sealed = envelope.sealed(settings.ENVIRONMENT.bus_keys())
    broker.publish(queue=acks_queue(to), task="bus.ack", envelope=sealed)
