"""Few connections that are slow, many that are idle, and others that do not answer."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
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
_ASKED_AT_ONCE: Final = 12
_NO_DOCUMENT: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})


@attack("a service that answers nobody, for the price of five connections")
def one_byte_each(victim: Victim) -> Iterator[Case]:
    """To a view that looks into the body: others refuse a request before they would wait for it."""
    for service in SERVICES:
        request = _read_by_a_view(victim, service)
        texts = {
            "half a head": sockets.HALF_A_HEAD,
            "a byte of a body": sockets.a_byte_of_a_body(*request),
            "a chunk": sockets.a_chunk(*request),
        }
        for name, text in texts.items():
            with sockets.held(victim.url(service), [text], count=_FEW):
                time.sleep(_IDLE_SECONDS)
                yield Case(f"{service}: {name}", _late(victim, service, "/livez"))


def _read_by_a_view(victim: Victim, service: str) -> Sequence[str]:
    """Portal and invoicing read bodies of strangers, the others of those who have signed in."""
    if service == "portal":
        return sockets.SIGN_IN
    json_as = (
        "Content-Type: application/json",
        f"Authorization: Bearer {victim.token(OLIVIA, service)}",
    )
    return {
        "invoicing": ("POST", "/webhooks/stripe"),
        "attribution": ("PUT", "/api/v1/ruleset", *json_as),
        "ingestion": ("POST", "/api/v1/sources", *json_as),
    }[service]


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


@attack("the portal is down when customers ask for what one service that hangs has")
def documents_of_a_stopped_service(victim: Victim) -> Iterator[Case]:
    path = f"/account/invoices/{victim.theirs['invoice_id']}/pdf"
    with (
        victim.session(victim.fred) as customer,
        victim.session(OLIVIA) as staff,
        ThreadPoolExecutor(_ASKED_AT_ONCE) as at_once,
        stopped(victim.stack, "invoicing.web"),
    ):
        asked = [at_once.submit(customer.get, path) for _ in range(_ASKED_AT_ONCE)]
        time.sleep(_IDLE_SECONDS)
        yield Case("/livez beside them", _late(victim, "portal", "/livez"))
        yield Case("/overview beside them", _slow(staff, "/overview"))
        wrong = sorted({one.result().status_code for one in asked} - _NO_DOCUMENT)
        yield Case("what they are told", f"answered {wrong}" if wrong else "")


def _slow(client: httpx.Client, path: str) -> str:
    started = time.monotonic()
    answer = client.get(path)
    took = time.monotonic() - started
    if answer.status_code != HTTPStatus.OK:
        return f"{path} answered {answer.status_code}"
    return "" if took < _PAGE_SECONDS_MAX else f"{path} took {took:.1f} s"
