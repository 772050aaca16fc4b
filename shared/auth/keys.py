"""The portal's Ed25519 signing key as a JWK, and the public set that it publishes."""

import base64
import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)


def new_signing_key() -> dict[str, str]:
    """RFC 8037 octet key pair, with `d`: a secret; its `kid` is its thumbprint."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    x = _base64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "kid": _thumbprint(x),
        "x": x,
        "d": _base64(private),
    }


def public_key_set(signing_key: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    return {"keys": [{name: value for name, value in signing_key.items() if name != "d"}]}


def read_public_key_set(signing_key_file: Path) -> dict[str, list[dict[str, str]]]:
    return public_key_set(json.loads(signing_key_file.read_text()))


def _thumbprint(x: str) -> str:
    """RFC 7638: SHA-256 of the required members in order, without spaces."""
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _base64(hashlib.sha256(canonical.encode()).digest())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
