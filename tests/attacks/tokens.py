"""Bearer tokens that the portal has not made, or not for here and now."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import chain
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.demo.line import OLIVIA
from shared.auth.tokens import CLOCK_SKEW, ISSUER, LIFETIME
from tests.attacks.attack import Case, attack
from tests.attacks.victim import APIS, Victim

_ROUTE: Final = {
    "ingestion": "/api/v1/sources",
    "attribution": "/api/v1/periods",
    "invoicing": "/api/v2/invoices",
}
_CLAIMS: Final = ("exp", "iat", "sub", "role", "customer", "subject", "aud", "iss")
# The limit of ASVS' "short-lived", far above ours.
_LIFETIME_MAX: Final = timedelta(minutes=5)


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
        return jwt.PyJWK(json.loads(file.read_text()))

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
