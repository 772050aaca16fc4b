"""The portal's Ed25519 signing key as a JWK, and the public set that it publishes."""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shared.identifiers import uuid7


def new_signing_key() -> dict[str, str]:
    """RFC 8037 octet key pair, with `d`: a secret."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": uuid7().hex,
        "x": _base64(public),
        "d": _base64(private),
    }


def public_key_set(signing_key: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"keys": [{name: value for name, value in signing_key.items() if name != "d"}]}


def read_public_key_set(signing_key_file: Path) -> dict[str, list[dict[str, str]]]:
    return public_key_set(json.loads(signing_key_file.read_text()))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
