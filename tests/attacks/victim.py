"""A running stack with two customers' invoices, and what its people hold: tokens and sessions."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import httpx
import psycopg

from deploy.demo.line import BRUNO, CLARA, OLIVIA
from deploy.local.stack import Stack
from shared.auth.actors import Actor
from shared.auth.subjects import read_subject_keys, sign_subject
from shared.auth.tokens import sign_token
from shared.vocabulary.roles import Role
from tests.overload.clients import sign_in

VIC: Final = Actor("vic", Role.OPERATOR_VIEWER)
ADA: Final = Actor("ada", Role.OPERATOR_ANALYST)
STAFF: Final = (OLIVIA, ADA, VIC, CLARA, BRUNO)
SERVICES: Final = ("ingestion", "attribution", "invoicing", "portal")
APIS: Final = ("ingestion", "attribution", "invoicing")
_ANSWER_SECONDS: Final = 20
_POLL_SECONDS: Final = 0.1


@dataclass
class Victim:
    """Ann is `mine`'s administrator, Fred `theirs`'; each has an invoice, and his is issued."""

    stack: Stack
    _sessions: dict[Actor, dict[str, str]] = field(default_factory=dict)
    _routes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @cached_property
    def invoices(self) -> list[dict[str, Any]]:
        answer = self.ask(OLIVIA, "invoicing", "GET", "/api/v2/invoices")
        answer.raise_for_status()
        invoices: list[dict[str, Any]] = answer.json()["data"]
        return invoices

    @cached_property
    def theirs(self) -> dict[str, Any]:
        return next(invoice for invoice in self.invoices if invoice["number"])

    @cached_property
    def mine(self) -> dict[str, Any]:
        fred = self.theirs["customer"]
        return next(invoice for invoice in self.invoices if invoice["customer"] != fred)

    @property
    def period(self) -> str:
        return str(self.theirs["period"])

    @property
    def ann(self) -> Actor:
        return self._customer("ann", self.mine["customer"])

    @property
    def fred(self) -> Actor:
        return self._customer("fred", self.theirs["customer"])

    @property
    def people(self) -> tuple[Actor, ...]:
        return (*STAFF, self.ann, self.fred)

    def _customer(self, name: str, customer: str) -> Actor:
        keys = read_subject_keys(self.stack.servers.credentials.subject_keys_file)
        until = datetime.now(UTC) + timedelta(hours=1)
        subject = sign_subject("customer", customer, until=until, keys=keys)
        return Actor(name, Role.CUSTOMER_ADMIN, customer, subject)

    @cached_property
    def tenant(self) -> str:
        """One that `theirs` is billed for."""
        path = f"/api/v2/invoices/{self.theirs['invoice_id']}"
        answer = self.ask(OLIVIA, "invoicing", "GET", path)
        answer.raise_for_status()
        return str(next(line["tenant"] for line in answer.json()["lines"] if line["tenant"]))

    def routes(self, service: str) -> list[dict[str, Any]]:
        """As `tests.attacks.routes` prints them."""
        if service not in self._routes:
            printed = subprocess.run(
                (sys.executable, "-m", "tests.attacks.routes", service),
                env={**os.environ, **self.stack.servers.service_environment(service)},
                capture_output=True,
                check=True,
            )
            self._routes[service] = json.loads(printed.stdout)
        return self._routes[service]

    def url(self, service: str) -> str:
        return self.stack.service_url(service)

    def token(self, actor: Actor, audience: str) -> str:
        key_file = self.stack.servers.credentials.signing_key_file
        return sign_token(actor, audience=audience, now=datetime.now(UTC), key_file=key_file)

    def ask(
        self, actor: Actor | str, service: str, method: str, path: str, **more: Any
    ) -> httpx.Response:
        """By the API, as `actor`, or with a token that the attacker has made; "" is none."""
        token = actor if isinstance(actor, str) else self.token(actor, service)
        headers = {
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **more.pop("headers", {}),
        }
        return self._http.request(method, f"{self.url(service)}{path}", headers=headers, **more)

    @cached_property
    def _http(self) -> httpx.Client:
        """Without cookies: none is ever set by an API, and the portal's are a session's."""
        return httpx.Client(trust_env=False, timeout=_ANSWER_SECONDS)

    def stranger(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.stack.portal_url, trust_env=False, timeout=_ANSWER_SECONDS
        )

    def link(self, actor: Actor) -> str:
        arguments = [actor.name, "--role", actor.role]
        if actor.customer:
            arguments += ["--customer", actor.customer]
        return self.stack.run_manage("portal", "portal_user", *arguments).strip()

    def session(self, actor: Actor) -> httpx.Client:
        """Signed in at the portal; a person signs in once."""
        who = replace(actor, subject="")
        if who not in self._sessions:
            self._sessions[who] = sign_in(self.link(who))
        client = self.stranger()
        for name, value in self._sessions[who].items():
            client.cookies.set(name, value, domain=str(client.base_url.host))
        return client

    def forget(self, actor: Actor) -> None:
        """Its session has ended."""
        self._sessions.pop(replace(actor, subject=""), None)

    def post(self, client: httpx.Client, path: str, form: Mapping[str, Any]) -> httpx.Response:
        """As a page of the portal's own posts it."""
        page = client.get("/sign-in", follow_redirects=True)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        data = {**form, "csrfmiddlewaretoken": token[1] if token else ""}
        return client.post(path, data=data, headers={"Origin": self.stack.portal_url})

    def rows(self, service: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database says, as its administrator, whom nothing binds."""
        url = self.stack.servers.postgres_url.rpartition("/")[0] + f"/{service}"
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as admin:
            return admin.execute(query.encode(), values).fetchall()

    @contextmanager
    def administrator(self, service: str) -> Iterator[psycopg.Connection[Any]]:
        """One transaction of whoever has the database itself: no trigger and no policy holds."""
        url = self.stack.servers.postgres_url.rpartition("/")[0] + f"/{service}"
        with psycopg.connect(url, connect_timeout=5) as admin:
            admin.execute("set session_replication_role = replica")
            yield admin

    def log(self) -> str:
        return (self.stack.home.log / "trueback.log").read_text(errors="replace")


def until(look: Callable[[], bool], *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not look():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
