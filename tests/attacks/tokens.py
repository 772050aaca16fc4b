"""Bearer tokens that the portal has not made, or not for here and now."""

import base64
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import chain
from typing import Any, Final

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.demo.line import OLIVIA
from shared.auth.keys import read_signing_keys
from shared.auth.tokens import CLOCK_SKEW, ISSUER, LIFETIME, REFETCH_AFTER
from tests.attacks.attack import Case, attack
from tests.attacks.beside import web_beside
from tests.attacks.victim import APIS, Victim, until
from tests.http_servers import serving
from tests.published_keys import Portal

_ROUTE: Final = {
    "ingestion": "/api/v1/sources",
    "attribution": "/api/v1/periods",
    "invoicing": "/api/v2/invoices",
}
_CLAIMS: Final = ("exp", "iat", "sub", "role", "customer", "subject", "aud", "iss")
# The limit of ASVS' "short-lived", far above ours.
_LIFETIME_MAX: Final = timedelta(minutes=5)
# It answers by itself whether a token is good: which of them is asked makes no difference.
_ASKED: Final = "attribution"
_UNKNOWN: Final = 200
_AT_ONCE: Final = 8


def _claims(audience: str, **changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": audience,
        "sub": OLIVIA.name,
        "role": str(OLIVIA.role),
        "customer": "",
        "subject": "",
        "iat": now,
        "exp": now + LIFETIME,
    }
    return {**claims, **changes}


@dataclass(frozen=True)
class _Forger:
    """Has the portal's own key, to make tokens that are wrong in one thing alone."""

    victim: Victim
    audience: str

    @property
    def _true(self) -> jwt.PyJWK:
        file = self.victim.stack.servers.credentials.signing_key_file
        return jwt.PyJWK(read_signing_keys(file)[-1])

    def claims(self, **changes: Any) -> dict[str, Any]:
        return _claims(self.audience, **changes)

    def signed(self, claims: dict[str, Any], key: Any = None, **header: Any) -> str:
        head = {"kid": self._true.key_id, **header}
        return jwt.encode(claims, key or self._true.key, algorithm="EdDSA", headers=head)

    def by_hash(self, secret: bytes) -> str:
        """Spelled out: PyJWT refuses to make one of an asymmetric key's text."""
        now = int(datetime.now(UTC).timestamp())
        head = _part({"alg": "HS256", "typ": "JWT", "kid": self._true.key_id})
        text = f"{head}.{_part(self.claims(iat=now, exp=now + 60))}"
        mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
        return f"{text}.{_base64(mac)}"

    def of_other_keys(self) -> Iterator[tuple[str, str]]:
        published = self.victim.stack.servers.credentials.jwks_file.read_text()
        public = json.loads(published)["keys"][0]["x"]
        none = jwt.encode(self.claims(), None, algorithm="none", headers={"kid": self._true.key_id})
        spelled = _part({"alg": "nOnE", "kid": self._true.key_id})
        other, claims = Ed25519PrivateKey.generate(), self.claims()
        yield "alg none", none
        yield "alg none, spelled otherwise", spelled + none[none.index(".") :]
        yield "HS256 with the public key", self.by_hash(base64.urlsafe_b64decode(f"{public}=="))
        yield "HS256 with the published text", self.by_hash(published.encode())
        yield "HS256 with nothing", self.by_hash(b"")
        yield "another key", self.signed(claims, other)
        yield "another key under an unknown id", self.signed(claims, other, kid="unknown")
        yield "an id that is a path", self.signed(claims, other, kid="../../../dev/null")
        yield "an address of keys", self.signed(claims, other, jku="http://127.0.0.1:1/keys")
        yield "a key in its head", self.signed(claims, other, jwk=_public_jwk(other))
        changed = self.signed(self.claims(role="operator_viewer")).split(".")
        changed[1] = self.signed(claims).split(".")[1]
        yield "with claims of another", ".".join(changed)
        yield from (("dots", ".."), ("long", f"{'a' * 20_000}.b.c"), ("none at all", ""))

    def of_other_claims(self) -> Iterator[tuple[str, str]]:
        now, theirs = datetime.now(UTC), self.victim.theirs["customer"]
        ended = now - CLOCK_SKEW - timedelta(seconds=2)
        wrong: dict[str, dict[str, Any]] = {
            **{f"for {name}": {"aud": name} for name in {*APIS, "portal", "*"} - {self.audience}},
            "of another issuer": {"iss": "elsewhere"},
            "ended": {"exp": ended, "iat": ended - LIFETIME},
            "not yet made": {"iat": now + timedelta(hours=1), "exp": now + timedelta(hours=2)},
            "of a longer life": {"exp": now + 2 * LIFETIME},
            "of no role": {"role": "root"},
            "of a list of roles": {"role": ["operator_admin"]},
            "of staff for a customer": {"customer": theirs},
            "of a customer without a subject": {"role": "customer_admin", "customer": theirs},
        }
        for name, changes in wrong.items():
            yield name, self.signed(self.claims(**changes))
        for claim in _CLAIMS:
            claims = {name: value for name, value in self.claims().items() if name != claim}
            yield f"without {claim}", self.signed(claims)


def _part(content: Any) -> str:
    return _base64(json.dumps(content).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _public_jwk(key: Ed25519PrivateKey) -> Any:
    text = jwt.algorithms.OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return dict(text)


@attack("an operator's API with a token that nobody gave")
def forged_tokens(victim: Victim) -> Iterator[Case]:
    for service in APIS:
        answer = victim.ask(OLIVIA, service, "GET", _ROUTE[service])
        yield Case(f"{service}: the true one", "" if answer.is_success else str(answer))
        forger = _Forger(victim, service)
        for name, token in chain(forger.of_other_keys(), forger.of_other_claims()):
            yield Case(f"{service}: {name}", _accepted(victim, service, token))


def _accepted(victim: Victim, service: str, token: str) -> str:
    code = victim.ask(token, service, "GET", _ROUTE[service]).status_code
    return "" if code == HTTPStatus.UNAUTHORIZED else f"answered {code}, not 401"


@attack("a token that was caught once is good for long")
def long_lives(victim: Victim) -> Iterator[Case]:
    read: Callable[..., dict[str, Any]] = jwt.decode
    for service in APIS:
        token = victim.token(OLIVIA, service)
        claims = read(token, options={"verify_signature": False})
        lives = timedelta(seconds=claims["exp"] - claims["iat"])
        yield Case(service, f"it lives {lives}" if lives > _LIFETIME_MAX else "")


@attack("a portal that is busy with tokens that nobody signed, or good ones refused while it is")
def unknown_keys(victim: Victim) -> Iterator[Case]:
    """The service fetches keys over HTTP, as the portal publishes them."""
    portal = Portal()
    published = f"{victim.stack.portal_url}/.well-known/jwks.json"
    portal.keys = httpx.get(published, trust_env=False).json()["keys"]
    with (
        serving(portal.server),
        web_beside(victim, _ASKED, TRUEBACK_JWKS=portal.url) as url,
        httpx.Client(base_url=url, trust_env=False, timeout=20) as client,
    ):
        try:
            yield from _flood(victim, client, portal, "the keys known")
            portal.hangs.set()
            asked = until(
                lambda: _asks_again(victim, client, portal),
                seconds=2 * REFETCH_AFTER.total_seconds(),
            )
            yield Case("asked again after its pause", "" if asked else "it never asks again")
            yield from _flood(victim, client, portal, "the portal hanging")
        finally:
            portal.released.set()


def _flood(victim: Victim, client: httpx.Client, portal: Portal, name: str) -> Iterator[Case]:
    """One good token, hundreds of unknown keys, and a good one again."""
    started, before = time.monotonic(), portal.fetches
    good = [_code(client, victim.token(OLIVIA, _ASKED))]
    with ThreadPoolExecutor(_AT_ONCE) as at_once:
        codes = Counter(
            at_once.map(lambda number: _unknown(victim, client, number), range(_UNKNOWN))
        )
    good.append(_code(client, victim.token(OLIVIA, _ASKED)))
    most = 1 + (time.monotonic() - started) // REFETCH_AFTER.total_seconds()
    count = portal.fetches - before
    yield Case(f"fetches, {name}", f"{count}, at most {most:.0f}" if count > most else "")
    is_refused = codes == {HTTPStatus.UNAUTHORIZED: _UNKNOWN}
    yield Case(f"unknown keys, {name}", "" if is_refused else f"answered {dict(codes)}")
    is_taken = set(good) == {HTTPStatus.OK}
    yield Case(f"good tokens, {name}", "" if is_taken else f"answered {good}")


def _asks_again(victim: Victim, client: httpx.Client, portal: Portal) -> bool:
    before = portal.fetches
    _unknown(victim, client, -1)
    return portal.fetches > before


def _unknown(victim: Victim, client: httpx.Client, number: int) -> int:
    forger = _Forger(victim, _ASKED)
    return _code(client, forger.signed(forger.claims(), kid=f"unknown-{number}"))


def _code(client: httpx.Client, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return client.get(_ROUTE[_ASKED], headers=headers).status_code
