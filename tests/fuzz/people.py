"""Who asks: each role, customers of two tenants, and those with no token or a wrong one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from deploy.demo.line import OLIVIA
from shared.auth.actors import Actor
from shared.auth.tokens import sign_token
from shared.vocabulary.roles import Role
from tests.attacks.victim import APIS, STAFF, Victim
from tests.fuzz.canaries import Reader

_SERVICE = Actor("fuzz", Role.SERVICE)
# A token is good for a minute.
_TOKEN_SECONDS = 40


@dataclass(frozen=True)
class Person:
    """`role` is empty for who is nobody; `headers` are what shows who it is, at a service."""

    name: str
    role: str
    headers: Callable[[str], dict[str, str]]
    reader: Reader = field(default_factory=Reader)
    csrf: str = ""
    """What a form of the portal's posts with it."""


def people_of_the_apis(victim: Victim) -> list[Person]:
    tokens = _Tokens(victim)
    customers = _customers(victim)
    known = [
        Person(actor.name, actor.role, tokens.headers(actor), Reader(sees_all=True))
        for actor in (*STAFF, _SERVICE)
    ]
    known += [
        Person(f"{actor.name} of {actor.customer}", actor.role, tokens.headers(actor), reader)
        for actor, reader in customers
    ]
    strangers = {
        "nobody": lambda _service: {},
        "an expired token": lambda service: _bearer(tokens.signed(OLIVIA, service, age=600)),
        "another service's token": lambda service: _bearer(tokens.signed(OLIVIA, _other(service))),
        "no token but words": lambda _service: {"Authorization": "Bearer \xff.e30.{}"},
    }
    return [*known, *(Person(name, "", headers) for name, headers in strangers.items())]


def people_of_the_portal(victim: Victim) -> list[Person]:
    origin = {"Origin": victim.stack.portal_url}
    people = [Person("a stranger", "", lambda _service: origin)]
    for actor, reader in (*((each, Reader(sees_all=True)) for each in STAFF), *_customers(victim)):
        with victim.session(actor) as client:
            page = client.get("/sign-in", follow_redirects=True).text
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        name = f"{actor.name} of {actor.customer}" if actor.customer else actor.name
        csrf = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        sent = {**origin, "Cookie": cookie}
        people.append(Person(name, actor.role, lambda _, sent=sent: sent, reader, csrf))
    return people


def _customers(victim: Victim) -> list[tuple[Actor, Reader]]:
    query = "select 1 from invoicing_contract where customer_id = %s and disclosure = 'open_book'"
    return [
        (actor, Reader(actor.customer, bool(victim.rows("invoicing", query, actor.customer))))
        for actor in (victim.ann, victim.fred)
    ]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _other(service: str) -> str:
    return next(other for other in APIS if other != service)


class _Tokens:
    """Signed anew when the last one is about to end."""

    def __init__(self, victim: Victim) -> None:
        self._key_file = victim.stack.servers.credentials.signing_key_file
        self._cached = cache(self._sign)

    def headers(self, actor: Actor) -> Callable[[str], dict[str, str]]:
        return lambda service: _bearer(self.signed(actor, service))

    def signed(self, actor: Actor, audience: str, *, age: int = 0) -> str:
        second = int(datetime.now(UTC).timestamp()) // _TOKEN_SECONDS * _TOKEN_SECONDS
        return self._cached(actor, audience, second - age)

    def _sign(self, actor: Actor, audience: str, second: int) -> str:
        now = datetime.fromtimestamp(second, UTC)
        return sign_token(actor, audience=audience, now=now, key_file=self._key_file)
