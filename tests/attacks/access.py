"""Every route, asked by every role that may not, and for another customer's objects.

Routes and roles come from the services' URLconfs, so a new one is tried, too.
"""

import uuid
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import httpx

from tests.attacks.attack import Case, attack
from tests.attacks.victim import APIS, STAFF, Victim

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REFUSED: Final = frozenset({401, 403, 404})
_BODY: Final = {"version": 1, "reason": "x", "content": "version: 1", "reasons": {}}


def path_of(victim: Victim, route: str) -> str:
    foreign = {
        "<str:invoice_id>": victim.theirs["invoice_id"],
        "<str:id>": victim.theirs["invoice_id"],
        "<str:action>": "submit",
        "<str:key>": victim.tenant,
        "<str:tenant>": victim.tenant,
        "<str:period>": victim.period,
        "<str:run_id>": victim.theirs.get("run_id") or "run_nobody",
        "<str:question_id>": str(uuid.uuid4()),
        "<str:message_id>": str(uuid.uuid4()),
        "<str:job_id>": str(uuid.uuid4()),
        "<str:proposal_id>": str(uuid.uuid4()),
        "<str:delivery_id>": "dlv_nobody",
        "<str:upload_id>": "upl_nobody",
        "<str:number>": "1",
        "<str:token>": "nobody-has-this-token",
    }
    for parameter, value in foreign.items():
        route = route.replace(parameter, str(value))
    if "<" in route:
        raise LookupError(f"no foreign object is known for {route}")
    return f"/{route}"


def _marks(victim: Victim) -> tuple[bytes, ...]:
    """What only Fred may see; `invoice_id` stands in the address that Ann asks for herself."""
    theirs = victim.theirs
    return tuple(
        str(theirs[name]).encode() for name in ("number", "customer_name") if theirs.get(name)
    )


def _leaked(victim: Victim, answer: httpx.Response) -> str:
    marks = [mark.decode() for mark in _marks(victim) if mark in answer.content]
    return f"answered {answer.status_code} with {marks}" if marks else ""


@attack("what the role may not read or do")
def roles_at_the_apis(victim: Victim) -> Iterator[Case]:
    for service in APIS:
        for one in victim.routes(service):
            for method, allowed in one["roles"].items():
                path = path_of(victim, one["route"])
                for actor in (*STAFF, victim.ann):
                    if actor.role in allowed:
                        continue
                    answer = _ask(victim, actor, service, method, path)
                    fine = _REFUSED - {401}
                    problem = "" if answer.status_code in fine else f"answered {answer.status_code}"
                    yield Case(f"{actor.name}: {method} {service}{path}", problem)
                code = _ask(victim, "", service, method, path).status_code
                problem = "" if code == HTTPStatus.UNAUTHORIZED else f"answered {code}"
                yield Case(f"a stranger: {method} {service}{path}", problem)


def _ask(victim: Victim, actor: Any, service: str, method: str, path: str) -> httpx.Response:
    body = {} if method == "GET" else {"json": _BODY}
    return victim.ask(actor, service, method, path, **body)


@attack("another customer's objects, by their ids")
def foreign_objects_at_the_apis(victim: Victim) -> Iterator[Case]:
    own = victim.ask(
        victim.fred, "invoicing", "GET", f"/api/v2/invoices/{victim.theirs['invoice_id']}"
    )
    yield Case("Fred sees his own", "" if own.is_success else f"answered {own.status_code}")
    for service in APIS:
        for one in victim.routes(service):
            path = path_of(victim, one["route"])
            for method in _METHODS if "<" in one["route"] else ("GET",):
                answer = _ask(victim, victim.ann, service, method, path)
                problem = _leaked(victim, answer)
                is_named = "<" in one["route"]
                if is_named and answer.status_code not in {404, 403, 405}:
                    problem = f"answered {answer.status_code}"
                yield Case(f"{method} {service}{path}", problem)


@attack("a page that is not for the role, or another customer's")
def roles_at_the_portal(victim: Victim) -> Iterator[Case]:
    people = {actor.name: (actor, victim.session(actor)) for actor in (*STAFF, victim.ann)}
    for one in victim.routes("portal"):
        allowed = one["roles"].get("*", [])
        if not allowed or one["mode"]:
            continue
        path = path_of(victim, one["route"])
        for name, (actor, client) in people.items():
            is_foreign = actor.customer and "<" in one["route"]
            if actor.role in allowed and not is_foreign:
                continue
            wanted = HTTPStatus.NOT_FOUND if actor.customer else HTTPStatus.FORBIDDEN
            answer = client.get(path)
            problem = _leaked(victim, answer) if actor.customer else ""
            if answer.status_code != wanted:
                problem = f"answered {answer.status_code}, not {wanted}"
            yield Case(f"{name}: GET {path}", problem)
        with victim.stranger() as client:
            where = client.get(path).headers.get("Location", "")
            yield Case(
                f"a stranger: GET {path}", "" if where == "/sign-in" else f"went to {where!r}"
            )


@attack("another customer's figures on pages that are one's own")
def own_pages(victim: Victim) -> Iterator[Case]:
    with victim.session(victim.fred) as client:
        page = client.get("/account")
        has_mark = bool(_leaked(victim, page))
        yield Case("Fred sees his own", "" if has_mark else f"nothing of him: {page.status_code}")
    with victim.session(victim.ann) as client:
        for one in victim.routes("portal"):
            if "customer_admin" in one["roles"].get("*", []) and "<" not in one["route"]:
                yield Case(f"/{one['route']}", _leaked(victim, client.get(f"/{one['route']}")))
