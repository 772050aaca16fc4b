"""The one connection to the lake that a process has."""

import os

import pytest
from pydantic import SecretStr

from shared.lake.lake import storage
from shared.lake.storage import Storage
from shared.runtime.environment import ServiceEnvironment


def environment(**changed):
    values = {
        "endpoint_url": "http://127.0.0.1:9",
        "access_key": "key",
        "secret_key": SecretStr("secret"),
    }
    return ServiceEnvironment.model_construct(
        **{f"s3_{name}": value for name, value in (values | changed).items()}
    )


class TestTheConnection:
    def test_is_made_once(self):
        assert storage(environment()) is storage(environment())

    @pytest.mark.parametrize(
        "changed",
        [
            {"endpoint_url": "http://127.0.0.1:10"},
            {"access_key": "other"},
            {"secret_key": SecretStr("other")},
        ],
    )
    def test_is_another_with_other_settings(self, changed):
        other = environment(**changed)
        assert storage(other) is not storage(environment())

    def test_is_not_taken_over_by_a_child(self):
        ours = storage(environment())
        child = os.fork()
        if not child:
            os._exit(storage(environment()) is ours)
        assert os.waitpid(child, 0)[1] == 0


class Client:
    """Of boto3's, what a file is sent with."""

    def __init__(self):
        self.config = []

    def upload_file(self, _file, _bucket, _key, Config):  # noqa: N803 - boto3's name
        self.config.append(Config)


def test_threads_are_started_for_the_parts_of_a_large_file_alone(tmp_path):
    client = Client()
    for size_bytes in (1, 8 * 1024**2):
        file = tmp_path / "file"
        with file.open("wb") as opened:
            opened.truncate(size_bytes)
        Storage(client).put(file, "s3://bucket/file")
    small, large = client.config
    assert not small.use_threads
    assert large is None
