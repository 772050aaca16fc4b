"""The portal's Ed25519 signing keys as JWKs, and the public set that it publishes."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from shared.faults import BadConfiguration


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


def read_signing_keys(file: Path) -> list[dict[str, str]]:
    """One private JWK, or a set of them (RFC 7517, section 5), of which the last one signs.

    It is read for each token, so that a key can follow another without a stop. Raises
    BadConfiguration, which never quotes a key.
    """
    try:
        content: dict[str, Any] = json.loads(file.read_text())
        keys: list[dict[str, str]] = content.get("keys", [content])
        is_good = bool(keys) and all(_is_private(key) for key in keys)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        is_good = False
    if not is_good:
        raise BadConfiguration(
            "not a private Ed25519 JWK with a kid, nor a set of them.",
            file=str(file),
            field="TRUEBACK_SIGNING_KEY_FILE",
            remedy="docs/running.md says how to make one.",
        )
    return keys


def _is_private(key: dict[str, str]) -> bool:
    """Its public half is that of its secret, or services would know another key than signs."""
    secret = Ed25519PrivateKey.from_private_bytes(_decoded(key["d"]))
    public = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return bool(key["kid"]) and _decoded(key["x"]) == public


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_key_set(*signing_keys: dict[str, str]) -> dict[str, list[dict[str, str]]]:
    """All of them, so that services know a key before it signs, and as long as its tokens live."""
    return {
        "keys": [
            {name: value for name, value in key.items() if name != "d"} for key in signing_keys
        ]
    }


def read_public_key_set(signing_key_file: Path) -> dict[str, list[dict[str, str]]]:
    return public_key_set(*read_signing_keys(signing_key_file))


def _thumbprint(x: str) -> str:
    """RFC 7638: SHA-256 of the required members in order, without spaces."""
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    return _base64(hashlib.sha256(canonical.encode()).digest())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
