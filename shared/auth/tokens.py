"""Short-lived EdDSA JSON Web Tokens: the portal signs, every service verifies by JWKS, offline."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

import httpx
import jwt

from shared.auth.actors import Actor
from shared.faults import Fault
from shared.identifiers import uuid7

ISSUER: Final = "trueback-portal"
LIFETIME: Final = timedelta(seconds=60)
CLOCK_SKEW: Final = timedelta(seconds=10)
_ALGORITHM: Final = "EdDSA"


class InvalidToken(Fault):
    """The bearer token is not one that this service accepts now."""


def sign_token(actor: Actor, *, audience: str, now: datetime, key_file: Path) -> str:
    key = jwt.PyJWK(json.loads(key_file.read_text()))
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": actor.name,
        "role": actor.role,
        "customer": actor.customer,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": str(uuid7()),
    }
    return jwt.encode(claims, key.key, algorithm=_ALGORITHM, headers={"kid": key.key_id})


def verify_token(token: str, *, audience: str, jwks: str) -> Actor:
    """Raises InvalidToken: unknown key, wrong audience or issuer, expired, or a claim missing."""
    try:
        key = _key(jwt.get_unverified_header(token).get("kid", ""), jwks)
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iat", "sub", "role", "customer"]},
        )
        return Actor(claims["sub"], claims["role"], claims["customer"])
    except (jwt.PyJWTError, ValueError, OSError, httpx.HTTPError) as error:
        raise InvalidToken(f"The token is not valid: {error}.", remedy="Sign in again.") from error


def _key(key_id: str, jwks: str) -> jwt.PyJWK:
    found = _find(key_id, _keys(jwks))
    if found is None:
        _keys.cache_clear()  # the portal may have rotated its key
        found = _find(key_id, _keys(jwks))
    if found is None:
        raise InvalidToken("The token was signed by a key that is not published.")
    return found


def _find(key_id: str, keys: Sequence[jwt.PyJWK]) -> jwt.PyJWK | None:
    return next((key for key in keys if key.key_id == key_id), None)


@lru_cache(maxsize=4)
def _keys(jwks: str) -> tuple[jwt.PyJWK, ...]:
    if jwks.startswith(("http://", "https://")):
        text = httpx.get(jwks, timeout=5).raise_for_status().text
    else:
        text = Path(jwks).read_text()
    return tuple(jwt.PyJWKSet.from_json(text).keys)
