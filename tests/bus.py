"""The bus of a running stack, for tests that put into it what no service would."""

from collections.abc import Mapping, Sequence

from celery import Celery

from deploy.local.stack import Stack
from shared.auth.key_files import read_keys_of_pairs
from shared.messaging.app import KEY_PREFIX
from shared.messaging.broker import Broker


def bus_keys(stack: Stack, service: str) -> Mapping[str, Sequence[bytes]]:
    """What the service signs with and checks by, by `producer>consumer`."""
    file = stack.servers.credentials.bus_keys_files[service]
    return read_keys_of_pairs(file, field="TRUEBACK_BUS_KEYS_FILE")


def broker_of(stack: Stack, service: str) -> Broker:
    """With the service's own login."""
    app = Celery(f"tests.{service}", broker=stack.servers.broker_url(service), set_as_current=False)
    app.conf.broker_transport_options = {"global_keyprefix": KEY_PREFIX}
    return Broker(app)
