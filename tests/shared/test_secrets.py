"""A secret that is empty, short or no secret at all is refused at the start, and never quoted."""

import json

import pytest

from shared.auth.keys import new_signing_key, read_signing_keys
from shared.faults import BadConfiguration
from shared.runtime.environment import ServiceEnvironment, read_environment

GOOD, OTHER = "ab" * 32, "cd" * 32
PAIR = "ingestion>attribution"


@pytest.fixture
def read(monkeypatch, tmp_path):
    """What a service reads of a complete environment, of which some is another."""
    file = tmp_path / "bus-keys.json"
    file.write_text(json.dumps({PAIR: GOOD}))
    given = {
        "ENVIRONMENT": "live",
        "SECRET_KEY": "k" * 32,
        "DATABASE_OPS_URL": "postgresql://a:b@127.0.0.1/c",
        "JWKS": "/nonexistent",
        "BUS_KEYS_FILE": str(file),
    }

    def read_with(bus_keys=None, **others):
        if bus_keys is not None:
            file.write_text(bus_keys)
        for name, value in (given | others).items():
            monkeypatch.setenv(f"TRUEBACK_{name}", value)
        return read_environment(ServiceEnvironment)

    return read_with


class TestKeysOfTheBus:
    @pytest.mark.parametrize("keys", [GOOD, [OTHER, GOOD]])
    def test_are_taken(self, read, keys):
        environment = read(json.dumps({PAIR: keys}))
        assert environment.bus_keys()[PAIR][-1] == bytes.fromhex(GOOD)

    @pytest.mark.parametrize(
        "content",
        [
            json.dumps({PAIR: ""}),
            json.dumps({PAIR: "abcd"}),
            json.dumps({PAIR: []}),
            json.dumps({PAIR: [GOOD, ""]}),
            json.dumps({PAIR: GOOD, "invoicing>portal": None}),
            json.dumps({PAIR: {"2026a": GOOD}}),
            json.dumps([GOOD]),
            "{}",
            "",
            GOOD,
        ],
    )
    def test_that_anybody_could_sign_with_are_refused(self, read, content):
        with pytest.raises(BadConfiguration, match="BUS_KEYS_FILE") as caught:
            read(content)
        assert GOOD not in str(caught.value)

    def test_are_in_a_file_that_is_there(self, read, tmp_path):
        with pytest.raises(BadConfiguration, match="BUS_KEYS_FILE"):
            read(BUS_KEYS_FILE=str(tmp_path / "none.json"))


class TestFormerKeys:
    def test_are_those_of_the_list(self, read):
        keys = ["x" * 32, "y" * 40]
        assert read(SECRET_KEY_FALLBACKS=" , ".join(keys)).former_secret_keys() == keys
        assert read(SECRET_KEY_FALLBACKS="").former_secret_keys() == []

    @pytest.mark.parametrize("keys", ["short", "x" * 32 + ",", "," + "x" * 32, "x" * 32 + ",short"])
    def test_are_as_long_as_the_key_itself(self, read, keys):
        with pytest.raises(BadConfiguration, match="SECRET_KEY_FALLBACKS") as caught:
            read(SECRET_KEY_FALLBACKS=keys)
        assert "x" * 32 not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"S3_ACCESS_KEY": "a"},
        {"S3_SECRET_KEY": "a"},
        {"S3_ACCESS_KEY": "a", "S3_SECRET_KEY": ""},
    ],
)
def test_half_of_the_keys_of_s3_is_refused(read, given):
    with pytest.raises(BadConfiguration, match="S3_SECRET_KEY"):
        read(**given)


class TestSigningKeys:
    @pytest.mark.parametrize(
        "change",
        [
            lambda key: {"keys": []},
            lambda key: {"keys": [key, {}]},
            lambda key: [key],
            lambda key: key | {"d": ""},
            lambda key: key | {"d": new_signing_key()["d"]},
            lambda key: key | {"kid": ""},
            lambda key: {name: value for name, value in key.items() if name != "d"},
        ],
    )
    def test_that_are_none_are_refused(self, tmp_path, change):
        file, key = tmp_path / "key.json", new_signing_key()
        file.write_text(json.dumps(change(key)))
        with pytest.raises(BadConfiguration, match="SIGNING_KEY_FILE") as caught:
            read_signing_keys(file)
        assert key["d"] not in str(caught.value)
