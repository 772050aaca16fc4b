"""Every secret of an embedded stack: random, made once, readable by its owner alone."""

import itertools
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.home import Home

SERVICES: Final = ("ingestion", "attribution", "invoicing", "portal")
DATABASE_ROLES: Final = ("owner", "app", "ops")
_TOKEN_BYTES: Final = 24
_KEY_BYTES: Final = 32


@dataclass(frozen=True)
class Credentials:
    """`tokens` maps a name (postgres, valkey.ingestion, s3.key.portal ...) to its secret."""

    tokens: dict[str, str]
    signing_key_file: Path
    jwks_file: Path
    bus_keys_files: dict[str, Path]
    subject_keys_file: Path
    seal_keys_file: Path

    def __getitem__(self, name: str) -> str:
        return self.tokens[name]


def load_credentials(home: Home) -> Credentials:
    """What is there is kept; what is missing (a new service, a new secret) is made."""
    return Credentials(
        tokens=_load_tokens(home.secrets / "tokens.json"),
        signing_key_file=_signing_key(home.secrets),
        jwks_file=home.secrets / "jwks.json",
        bus_keys_files=_bus_keys(home.secrets),
        subject_keys_file=_keys_by_id(home.secrets / "subject_keys.json"),
        seal_keys_file=_keys_by_id(home.secrets / "seal_keys.json"),
    )


def write_secret(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    unfinished.replace(path)


def _load_tokens(file: Path) -> dict[str, str]:
    kept = json.loads(file.read_text()) if file.exists() else {}
    tokens = {**_new_tokens(), **kept}
    if tokens != kept:
        write_secret(file, json.dumps(tokens, indent=1, sort_keys=True) + "\n")
    return tokens


def _new_tokens() -> dict[str, str]:
    plain = ["stack", "postgres", "valkey", "s3.secret", "s3.signing"]
    for service in SERVICES:
        plain += [f"postgres.{service}.{role}" for role in DATABASE_ROLES]
        plain += [f"valkey.{service}", f"s3.secret.{service}"]
        plain += [f"django.{service}"]
    tokens = {name: secrets.token_hex(_TOKEN_BYTES) for name in plain}
    for name in ("s3.key", *(f"s3.key.{service}" for service in SERVICES)):
        tokens[name] = "TB" + secrets.token_hex(9).upper()
    tokens["stripe.api_key"] = "sk_test_" + secrets.token_hex(_TOKEN_BYTES)
    tokens["stripe.webhook"] = "whsec_" + secrets.token_hex(_TOKEN_BYTES)
    return tokens


def _bus_keys(folder: Path) -> dict[str, Path]:
    """One key for each ordered pair of services; a service's file has only its own pairs."""
    store = folder / "bus_keys.json"
    kept = json.loads(store.read_text()) if store.exists() else {}
    pairs = [f"{sender}>{receiver}" for sender, receiver in itertools.permutations(SERVICES, 2)]
    keys = {pair: kept.get(pair) or secrets.token_hex(_KEY_BYTES) for pair in pairs}
    files = {service: folder / f"bus_keys.{service}.json" for service in SERVICES}
    if keys != kept or not all(file.exists() for file in files.values()):
        write_secret(store, json.dumps(keys, indent=1) + "\n")
        for service, file in files.items():
            own = {pair: key for pair, key in keys.items() if service in pair.split(">")}
            write_secret(file, json.dumps(own, indent=1) + "\n")
    return files


def _keys_by_id(file: Path) -> Path:
    """Customers' subjects are signed and checked by one, documents sealed by another."""
    if not file.exists():
        write_secret(file, json.dumps({"1": secrets.token_hex(_KEY_BYTES)}) + "\n")
    return file


def _signing_key(folder: Path) -> Path:
    """The portal's Ed25519 key as a private JWK (RFC 8037); the public half goes to jwks.json."""
    from shared.auth.keys import (  # noqa: PLC0415 - needs an extra
        new_signing_key,
        read_public_key_set,
    )

    file = folder / "portal_signing_key.json"
    if not file.exists():
        write_secret(file, json.dumps(new_signing_key(), indent=1) + "\n")
    jwks = json.dumps(read_public_key_set(file), indent=1) + "\n"
    jwks_file = folder / "jwks.json"
    if not jwks_file.exists() or jwks_file.read_text() != jwks:
        write_secret(jwks_file, jwks)
    return file
