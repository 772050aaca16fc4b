"""Short-lived EdDSA JSON Web Tokens: the portal signs, every service verifies by JWKS, offline."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jwt

from shared.audit.origin import origin_claims
from shared.auth.actors import Actor
from shared.auth.keys import read_signing_keys
from shared.faults import Fault
from shared.identifiers import uuid7
from shared.outside.target import Target, Unanswered

ISSUER: Final = "trueback-portal"
LIFETIME: Final = timedelta(seconds=60)
CLOCK_SKEW: Final = timedelta(seconds=10)
_ALGORITHM: Final = "EdDSA"
# A withdrawn key is refused after LIFESPAN, a new one accepted within REFETCH_AFTER. What is known
# is fetched again after RENEW_AFTER: where the portal is away just then, no good token is refused.
LIFESPAN: Final = timedelta(minutes=5)
RENEW_AFTER: Final = timedelta(minutes=1)
REFETCH_AFTER: Final = timedelta(seconds=10)
FETCH_DEADLINE: Final = timedelta(seconds=1)


class InvalidToken(Fault):
    """The bearer token is not one that this service accepts now."""


def sign_token(actor: Actor, *, audience: str, now: datetime, key_file: Path) -> str:
    key = jwt.PyJWK(read_signing_keys(key_file)[-1])
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
        **origin_claims(),
    }
    return jwt.encode(claims, key.key, algorithm=_ALGORITHM, headers={"kid": key.key_id})


def verify_token(token: str, *, audience: str, jwks: str) -> Actor:
    """As `verified_claims` and `actor_of`."""
    return actor_of(verified_claims(token, audience=audience, jwks=jwks))


def verified_claims(token: str, *, audience: str, jwks: str) -> dict[str, Any]:
    """Raises InvalidToken: unknown key, wrong audience or issuer, expired, or a claim missing.

    Also where it is good for longer than `LIFETIME`, whoever signed it so.
    """
    try:
        key = _key(jwt.get_unverified_header(token).get("kid", ""), jwks)
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=audience,
            issuer=ISSUER,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iat", "sub", "role", "customer", "subject"]},
        )
    except (jwt.PyJWTError, ValueError, OSError) as error:
        raise _invalid(error) from error
    if claims["exp"] - claims["iat"] > LIFETIME.total_seconds():
        raise InvalidToken("The token is good for longer than any that the portal signs.")
    return claims


def actor_of(claims: Mapping[str, Any]) -> Actor:
    """Raises InvalidToken where they make no actor.

    Whether a customer's subject is true is for the database to say (`shared.auth.subjects`).
    """
    try:
        actor = Actor(claims["sub"], claims["role"], claims["customer"], claims["subject"])
    except (TypeError, ValueError) as error:
        raise _invalid(error) from error
    if actor.is_customer and not actor.subject:
        raise InvalidToken("The token is a customer's and shows no subject.")
    return actor


def _invalid(error: Exception) -> InvalidToken:
    return InvalidToken(f"The token is not valid: {error}.", remedy="Sign in again.")


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
    key), and what is known stays known where that fails, for `LIFESPAN` at most. PyJWT waits only
    after a fetch that succeeded, and holds its lock while it fetches: a portal that hangs would
    hold up every request.
    """

    def __init__(self, uri: str) -> None:
        super().__init__(
            uri,
            lifespan=RENEW_AFTER.total_seconds(),
            timeout=FETCH_DEADLINE.total_seconds(),
            cooldown_duration=REFETCH_AFTER.total_seconds(),
        )
        self._failed_at: float | None = None
        self._known: Any = None
        self._known_at = 0.0
        self._portal = Target("the portal's keys")

    def fetch_data(self) -> Any:
        """PyJWT keeps what this returns for `RENEW_AFTER`, so older keys must not be returned."""
        now = time.monotonic()
        try:
            self._known, self._known_at = self._fetched(now), now
        except jwt.PyJWKClientConnectionError:
            good_until = self._known_at + (LIFESPAN - RENEW_AFTER).total_seconds()
            if self._known is None or now > good_until:
                raise
        return self._known

    def _fetched(self, now: float) -> Any:
        if self._failed_at is not None and now - self._failed_at < self.cooldown_duration:
            raise jwt.PyJWKClientConnectionError("the keys could not be fetched a moment ago")
        try:
            keys = self._portal.call(super().fetch_data, seconds=FETCH_DEADLINE.total_seconds())
        except Unanswered as error:
            self._failed_at = time.monotonic()
            raise jwt.PyJWKClientConnectionError(
                f"the keys could not be fetched: {error}"
            ) from error
        self._failed_at = None
        return keys


@lru_cache(maxsize=4)
def _published_keys(jwks: str) -> PublishedKeys:
    return PublishedKeys(jwks)
