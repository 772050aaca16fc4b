"""The rights of a service's user in Redis or Valkey.

Own queues are read, others' are only written to; nobody can flush, configure or look around.
"""

from shared.contracts.routes import acks_queue, events_queue, pairs
from shared.messaging.app import KEY_PREFIX

_COMMANDS = (
    "-@all +@connection +@read +@write +@transaction +@pubsub +@scripting -@dangerous +info +ping"
)


def acl_rules(service: str) -> str:
    """Key patterns and commands, as `ACL SETUSER` takes them."""
    # Celery declares its queues even where nothing is routed by their bindings.
    own = [
        events_queue(service),
        acks_queue(service),
        f"{service}.unacked*",
        "_kombu.binding",
    ]
    others = {events_queue(consumer) for producer, consumer in pairs() if producer == service}
    others |= {acks_queue(producer) for producer, consumer in pairs() if consumer == service}
    keys = [f"~{KEY_PREFIX}{pattern}*" for pattern in own]
    keys += [f"%W~{KEY_PREFIX}{queue}" for queue in sorted(others)]
    keys.append(f"~{KEY_PREFIX}epoch:{service}")
    return f"resetkeys {' '.join(keys)} &* {_COMMANDS}"
