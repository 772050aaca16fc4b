"""The demo's stack after its line, and people who look at it through a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request
from rich.console import Console

from deploy.demo.line import (
    BRUNO,
    CLARA,
    OLIVIA,
    business_date,
    last_full_month,
    run_sample_line,
)
from deploy.local.api_client import ApiClient
from deploy.local.business_date import keep_business_date
from deploy.local.home import Home
from deploy.local.progress import Progress
from deploy.local.session import stack_session
from deploy.local.stack import Stack, running_stack
from shared.auth.actors import Actor
from shared.vocabulary.modes import Mode

ANN: Final = Actor("ann@acme", "customer_admin", "acme")
# Whose open invoice of the restated month was corrected.
EVA: Final = Actor("eva@halcyon", "customer_admin", "halcyon")
PEOPLE: Final = {actor.name: actor for actor in (OLIVIA, CLARA, BRUNO, ANN, EVA)}
FULL_NAMES: Final = {
    "olivia": "Olivia Marsh",
    "clara": "Clara Diaz",
    "bruno": "Bruno Keller",
    "ann@acme": "Ann Lee",
    "eva@halcyon": "Eva Lindqvist",
}
# What keeps Chromium from calling home; without a sandbox, for root has none.
_FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def open_browser(playwright: Playwright) -> Browser:
    """The system's Chromium, else the one that Playwright has installed."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=path, args=list(_FLAGS))


@dataclass
class Visit:
    """A person's page; `troubles` are what the browser complained of, and what failed to load."""

    page: Page
    troubles: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("requestfailed", self._on_failure)

    def _on_console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text}")

    def _on_failure(self, request: Request) -> None:
        """What a click elsewhere has cut short is no trouble."""
        if request.failure != "net::ERR_ABORTED":
            self.troubles.append(f"not loaded: {request.url}, {request.failure}")


@dataclass
class RunningDemo:
    stack: Stack
    figures: dict[str, Any]

    @cached_property
    def subjects(self) -> dict[str, str]:
        """The newest issued invoice of Ann's customer, a draft of that month, and the month."""
        credentials = self.stack.servers.credentials
        client = ApiClient(self.stack.service_url, credentials.signing_key_file)
        invoices = client.call(CLARA, "invoicing", "GET", "/api/v2/invoices")["data"]
        deliveries = client.call(OLIVIA, "ingestion", "GET", "/api/v1/deliveries?source=aws")
        client.close()
        issued = max(
            (one for one in invoices if one["number"] and one["customer"] == ANN.customer),
            key=lambda one: one["period"],
        )
        month = issued["period"]
        drafts = [one for one in invoices if (one["period"], one["state"]) == (month, "draft")]
        draft = min(drafts, key=lambda one: one["customer"])
        return {
            "issued": issued["invoice_id"],
            "draft": draft["invoice_id"],
            "month": month,
            "delivery": deliveries["data"][0]["delivery_id"],
        }

    def fill(self, path: str) -> str:
        return path.format_map(self.subjects)

    @contextmanager
    def visit(self, browser: Browser, name: str, **options: Any) -> Iterator[Visit]:
        """Signed in by a one-time link, as a person is; whatever the browser complains of fails."""
        context = browser.new_context(base_url=self.stack.portal_url, **options)
        context.set_default_timeout(15_000)
        visit = Visit(context.new_page())
        visit.watch()
        visit.page.goto(self.link(name))
        visit.page.get_by_role("button", name="Sign in").click()
        try:
            yield visit
        finally:
            context.close()
        if visit.troubles:
            pytest.fail("; ".join(visit.troubles))

    def link(self, name: str) -> str:
        actor = PEOPLE[name]
        arguments = [name, "--full-name", FULL_NAMES[name], "--role", actor.role]
        if actor.customer:
            arguments += ["--customer", actor.customer]
        return self.stack.run_manage("portal", "portal_user", *arguments).strip()


@contextmanager
def running_demo(home: Path) -> Iterator[RunningDemo]:
    """A new one, or the one that runs in the folder of TRUEBACK_E2E_HOME."""
    if "TRUEBACK_E2E_HOME" in os.environ:
        yield RunningDemo(running_stack(Home(Path(os.environ["TRUEBACK_E2E_HOME"]).resolve())), {})
        return
    keep_business_date(Home(home), business_date(last_full_month()))
    with stack_session(Home(home), Mode.DEMO) as stack:
        figures = run_sample_line(stack, Progress(Console(quiet=True)))
        yield RunningDemo(stack, figures)
