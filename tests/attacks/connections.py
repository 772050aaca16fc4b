"""Few connections that are slow, many that are idle, and others that do not answer."""

import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import httpx

from deploy.demo.line import CLARA, OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.victim import SERVICES, Victim
from tests.overload import sockets
from tests.overload.cases import stopped

# Not the drill's limits, which are figures of an idle machine: far below what a hold-up takes.
_PROBE_SECONDS_MAX: Final = 2
_PAGE_SECONDS_MAX: Final = 5
_PAGES: Final = {OLIVIA: ("/overview", "/close", "/margins"), CLARA: ("/invoices",)}
_FEW: Final = 5
_MANY: Final = 300
_IDLE_SECONDS: Final = 0.5


@attack("a service that answers nobody, for the price of five connections")
def one_byte_each(victim: Victim) -> Iterator[Case]:
    texts = [sockets.HALF_A_HEAD, sockets.A_BYTE_OF_A_BODY, sockets.A_CHUNK]
    for service in SERVICES:
        with sockets.held(victim.url(service), texts, count=_FEW):
            yield Case(service, _late(victim, service, "/livez"))


@attack("a service that answers nobody, by connections that say nothing")
def idle_connections(victim: Victim) -> Iterator[Case]:
    texts = [sockets.NOTHING, sockets.A_WHOLE_REQUEST]
    for service in SERVICES:
        with sockets.held(victim.url(service), texts, count=_MANY):
            # Their one request each is answered first; then they are idle.
            time.sleep(_IDLE_SECONDS)
            yield Case(service, _late(victim, service, "/livez"))


def _late(victim: Victim, service: str, path: str) -> str:
    try:
        answer = httpx.get(
            f"{victim.url(service)}{path}", trust_env=False, timeout=_PROBE_SECONDS_MAX
        )
    except httpx.HTTPError as error:
        return f"{path} of {service}: {error!r}"
    return "" if answer.is_success else f"{path} of {service} answered {answer.status_code}"


@attack("the portal is down when one service behind it hangs")
def one_service_stopped(victim: Victim) -> Iterator[Case]:
    sessions = {actor: victim.session(actor) for actor in _PAGES}
    for name in ("invoicing.web", "attribution.web"):
        with stopped(victim.stack, name):
            yield Case(f"{name} and /livez", _late(victim, "portal", "/livez"))
            for actor, paths in _PAGES.items():
                for path in paths:
                    yield Case(f"{name} and {path}", _slow(sessions[actor], path))


def _slow(client: httpx.Client, path: str) -> str:
    started = time.monotonic()
    answer = client.get(path)
    took = time.monotonic() - started
    if answer.status_code != HTTPStatus.OK:
        return f"{path} answered {answer.status_code}"
    return "" if took < _PAGE_SECONDS_MAX else f"{path} took {took:.1f} s"
