"""Short-lived EdDSA JSON Web Tokens: the portal signs, every service verifies by JWKS, offline."""

import json
import time
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jwt

from shared.auth.actors import Actor
from shared.faults import Fault
from shared.identifiers import uuid7

ISSUER: Final = "trueback-portal"
LIFETIME: Final = timedelta(seconds=60)
CLOCK_SKEW: Final = timedelta(seconds=10)
_ALGORITHM: Final = "EdDSA"
# A withdrawn key is refused after LIFESPAN, a new one accepted within REFETCH_AFTER.
LIFESPAN: Final = timedelta(minutes=5)
REFETCH_AFTER: Final = timedelta(seconds=10)
FETCH_DEADLINE: Final = timedelta(seconds=5)


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
        "subject": actor.subject,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": str(uuid7()),
    }
    return jwt.encode(claims, key.key, algorithm=_ALGORITHM, headers={"kid": key.key_id})


def verify_token(token: str, *, audience: str, jwks: str) -> Actor:
    """Raises InvalidToken: unknown key, wrong audience or issuer, expired, or a claim missing.

    Whether a customer's subject is true is for the database to say (`shared.auth.subjects`).
    """
    try:
        key = _key(jwt.get_unverified_header(token).get("kid", ""), jwks)
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iat", "sub", "role", "customer", "subject"]},
        )
        actor = Actor(claims["sub"], claims["role"], claims["customer"], claims["subject"])
    except (jwt.PyJWTError, ValueError, OSError) as error:
        raise InvalidToken(f"The token is not valid: {error}.", remedy="Sign in again.") from error
    if actor.is_customer and not actor.subject:
        raise InvalidToken("The token is a customer's and shows no subject.")
    return actor


def _key(key_id: str, jwks: str) -> jwt.PyJWK:
    if jwks.startswith(("http://", "https://")):
        return _published_keys(jwks).get_signing_key(key_id)
    keys = jwt.PyJWKSet.from_json(Path(jwks).read_text()).keys
    key = PublishedKeys.match_kid(keys, key_id)
    if key is None:
        raise InvalidToken("The token was signed by a key that is not published.")
    return key


class PublishedKeys(jwt.PyJWKClient):
    """The portal's keys over HTTP, kept; a token can make this fetch, but not flood the portal.

    An unknown `kid` refetches at most once per `REFETCH_AFTER` (the portal may have rotated its
    key), and what is known stays known where that fails. PyJWT waits only after a fetch that
    succeeded, and holds its lock while it fetches: a portal that hangs would hold up every request.
    """

    def __init__(self, uri: str) -> None:
        super().__init__(
            uri,
            lifespan=LIFESPAN.total_seconds(),
            timeout=FETCH_DEADLINE.total_seconds(),
            cooldown_duration=REFETCH_AFTER.total_seconds(),
        )
        self._failed_at: float | None = None

    def fetch_data(self) -> Any:
        now = time.monotonic()
        if self._failed_at is not None and now - self._failed_at < self.cooldown_duration:
            raise jwt.PyJWKClientConnectionError("the keys could not be fetched a moment ago")
        try:
            keys = super().fetch_data()
        except jwt.PyJWTError:
            self._failed_at = time.monotonic()
            raise
        self._failed_at = None
        return keys


@lru_cache(maxsize=4)
def _published_keys(jwks: str) -> PublishedKeys:
    return PublishedKeys(jwks)
