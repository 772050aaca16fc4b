"""Requests that no client of ours makes, headers that browsers need, and paths out of a folder."""

import http.client
import json
from collections.abc import Iterator
from itertools import islice
from typing import Final

import httpx

from deploy.demo.line import OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.victim import APIS, Victim
from tests.hostile_requests import NAMES, json_bodies

_PROBLEM: Final = "application/problem+json"
_BODIES_EACH: Final = 8
_PATHS: Final = (
    *("/static/../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
    *("/static/..%2f..%2f..%2fetc/passwd", "/static//etc/passwd", "//etc/passwd"),
    *("/static/..\\..\\etc\\passwd", "/static/%00/etc/passwd", "/../secrets/tokens.json"),
    *("/static/%252e%252e/%252e%252e/etc/passwd", "/.env", "/.git/config", "/static/"),
)
_SECRETS: Final = ("root:", "stack", "[core]", "TRUEBACK_")


@attack("a service that fails, or a page of a framework that tells about it")
def hostile_names(victim: Victim) -> Iterator[Case]:
    for service in APIS:
        for one in victim.routes(service):
            if "<" not in one["route"]:
                continue
            for name in NAMES:
                parts = one["route"].split("/")
                path = "/" + "/".join(name if part.startswith("<") else part for part in parts)
                answer = victim.ask(OLIVIA, service, "GET", f"{path}?period={name}&page={name}")
                yield Case(f"GET {service}{path[:80]}", _improper(answer))


@attack("a service that fails, or waits, for a body: NUL, depth, aliases, huge numbers")
def hostile_bodies(victim: Victim) -> Iterator[Case]:
    bodies, start = list(json_bodies()), 0
    for service in APIS:
        for one in victim.routes(service):
            for method in sorted({"POST", "PUT"} & one["roles"].keys()):
                parts = one["route"].split("/")
                path = "/" + "/".join("x" if part.startswith("<") else part for part in parts)
                start += _BODIES_EACH
                for body in islice(
                    bodies + bodies, start % len(bodies), None, 1 + len(bodies) // _BODIES_EACH
                ):
                    headers = {"Content-Type": "application/json"}
                    answer = victim.ask(
                        OLIVIA, service, method, path, content=body, headers=headers
                    )
                    yield Case(f"{method} {service}{path} {body[:40]!r}", _improper(answer))


def _improper(answer: httpx.Response) -> str:
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code < 400:
        return ""
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    return "" if kind.startswith(_PROBLEM) else f"answered {answer.status_code} as {kind!r}"


@attack("a page in a frame, a script of somebody else, an answer kept by a cache")
def headers(victim: Victim) -> Iterator[Case]:
    with victim.session(OLIVIA) as client:
        for path in ("/overview", "/sign-in", "/nowhere", "/margins.csv"):
            yield Case(f"portal {path}", _lacking(client.get(path), is_page=True))
    for service in APIS:
        for token in (OLIVIA, ""):
            answer = victim.ask(token, service, "GET", "/api/v1/audit")
            yield Case(f"{service} {answer.status_code}", _lacking(answer, is_page=False))


def _lacking(answer: httpx.Response, *, is_page: bool) -> str:
    sent = answer.headers
    policy = sent.get("Content-Security-Policy", "")
    problems = {
        "nosniff": sent.get("X-Content-Type-Options") == "nosniff",
        "no-store": "no-store" in sent.get("Cache-Control", ""),
        "no HSTS over HTTP": "Strict-Transport-Security" not in sent,
        "no server's version": not any(sign.isdigit() for sign in sent.get("Server", "")),
        "no X-Powered-By": "X-Powered-By" not in sent,
    }
    if is_page:
        problems |= {
            "default-src": "default-src" in policy,
            "frame-ancestors": "frame-ancestors 'none'" in policy,
            "no inline scripts": "unsafe-inline" not in policy and "unsafe-eval" not in policy,
        }
    return ", ".join(f"not {name}" for name, holds in problems.items() if not holds)


@attack("a file of the machine's, by a path that climbs")
def climbing_paths(victim: Victim) -> Iterator[Case]:
    """By hand: clients tidy a path before they send it."""
    for service in (*APIS, "portal"):
        for path in _PATHS:
            connection = http.client.HTTPConnection(
                "127.0.0.1", victim.stack.servers.ports[service], timeout=10
            )
            connection.putrequest("GET", path, skip_accept_encoding=True)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read().decode(errors="replace")
            connection.close()
            leaks = [mark for mark in _SECRETS if mark in body] if answer.status == 200 else []
            is_held = answer.status < 500 and not leaks
            yield Case(f"{service} {path}", "" if is_held else f"{answer.status} with {leaks}")


@attack("a service that fails for a form or an address of the portal's")
def hostile_pages(victim: Victim) -> Iterator[Case]:
    with victim.session(OLIVIA) as client:
        for one in victim.routes("portal"):
            if one["route"].startswith("sign-"):
                continue
            for name in NAMES[:: 3 if "<" in one["route"] else 5]:
                parts = one["route"].split("/")
                path = "/" + "/".join(name if part.startswith("<") else part for part in parts)
                code = client.get(f"{path}?period={name}&page={name}&group={name}").status_code
                yield Case(f"GET {path[:80]}", f"answered {code}" if code >= 500 else "")
        for text in (json.dumps({"a": "\0"}), "a=%00", "a=" + "x" * 100_000, "%FF=%FF"):
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            code = client.post("/sign-in", content=text, headers=form).status_code
            yield Case(f"POST /sign-in {text[:20]!r}", "" if 400 <= code < 500 else str(code))
