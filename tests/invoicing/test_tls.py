"""TLS towards the broker and the database: asked for by the address, and never silently less."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import redis

from shared.faults import BadConfiguration
from shared.messaging.app import make_app
from shared.messaging.broker import Broker
from shared.runtime.environment import django_database
from tests.service_stack import running_servers
from tests.tls_front import tls_front


@contextmanager
def broker_over(front, settings, *, ca_file):
    url = running_servers().redis_url.replace("redis://", "rediss://", 1)
    port = urlsplit(url).port
    environment = settings.ENVIRONMENT.model_copy(
        update={"broker_url": url.replace(f":{port}", f":{front.port}"), "ca_file": ca_file}
    )
    settings.ENVIRONMENT = environment
    app = make_app("invoicing", {})
    try:
        yield app
    finally:
        app.close()


def ask_once(app):
    """As kombu does, which would try again for seconds."""
    with redis.Redis.from_url(app.conf.broker_url, **app.conf.broker_use_ssl) as client:
        client.ping()


@pytest.fixture
def valkey_port():
    return urlsplit(running_servers().redis_url).port


class TestTheBroker:
    def test_is_spoken_to_over_tls_where_its_address_says_so(self, settings, tmp_path, valkey_port):
        with (
            tls_front(valkey_port, tmp_path) as front,
            broker_over(front, settings, ca_file=front.ca_file) as app,
        ):
            assert Broker(app).length("a-queue") == 0

    def test_with_a_certificate_of_nobody_we_know_is_not(self, settings, tmp_path, valkey_port):
        with (
            tls_front(valkey_port, tmp_path) as front,
            broker_over(front, settings, ca_file=None) as app,
            pytest.raises(redis.ConnectionError, match="certificate"),
        ):
            ask_once(app)

    def test_with_the_certificate_of_another_is_not(self, settings, tmp_path, valkey_port):
        with (
            tls_front(valkey_port, tmp_path, name="elsewhere.example") as front,
            broker_over(front, settings, ca_file=front.ca_file) as app,
            pytest.raises(redis.ConnectionError, match="certificate"),
        ):
            ask_once(app)


class TestTheDatabase:
    # pragma: allowlist nextline secret
    URL = "postgresql://invoicing_ops_login:secret@db.example/invoicing"

    def test_has_the_tls_that_its_address_asks_for(self):
        options = django_database(f"{self.URL}?sslmode=verify-full&sslrootcert=/etc/ca.pem", {})[
            "OPTIONS"
        ]
        assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/etc/ca.pem")

    def test_is_refused_where_a_parameter_of_it_would_be_ignored(self):
        with pytest.raises(BadConfiguration, match="sslmod,"):
            django_database(f"{self.URL}?sslmod=verify-full", {})
