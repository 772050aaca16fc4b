"""TLS towards S3: https is checked by the authority that the environment names."""

from contextlib import closing
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import SSLError
from django.conf import settings

from shared.lake.storage import Patience, Storage
from tests.tls_front import tls_front

ONCE = Patience(attempts=1, connect_seconds=5, read_seconds=5)


def storage_over(front, ca_file):
    environment = settings.ENVIRONMENT
    return Storage.connect(
        endpoint_url=f"https://127.0.0.1:{front.port}",
        access_key=environment.s3_access_key,
        secret_key=environment.s3_secret_key.get_secret_value(),
        ca_file=ca_file,
        patience=ONCE,
    )


def test_https_is_believed_by_the_authority_given_alone(tmp_path):
    port = urlsplit(settings.ENVIRONMENT.s3_endpoint_url).port
    with tls_front(port, tmp_path) as front:
        uri = f"{settings.ENVIRONMENT.lake_uri}/tls/one"
        with closing(storage_over(front, front.ca_file)) as known:
            known.write(b"one", uri)
            assert known.read(uri) == b"one"
        with closing(storage_over(front, None)) as stranger, pytest.raises(SSLError):
            stranger.read(uri)
