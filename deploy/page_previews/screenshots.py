"""Pictures of a running demo.

    python -m deploy.page_previews.screenshots --home DIR --out docs/images

Everybody signs in by a one-time link made for the occasion; nothing of the demo is changed.
"""

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, sync_playwright

from deploy.demo.line import BRUNO, CLARA, OLIVIA
from deploy.local.api_client import ApiClient
from deploy.local.home import Home
from deploy.local.stack import Stack, running_stack
from shared.auth.actors import Actor
from shared.faults import Fault
from shared.vocabulary.roles import Role

Theme = Literal["light", "dark"]
_WIDE: Final = 1280
_PHONE: Final = 390
_HEIGHT: Final = 860
# Charts follow the theme and the width of the page; this is ample.
_REDRAWN_MS: Final = 200
_FULL_NAMES: Final = {"olivia": "Olivia Marsh", "clara": "Clara Diaz", "bruno": "Bruno Keller"}


@dataclass(frozen=True)
class Shot:
    name: str
    path: str
    themes: Sequence[Theme] = ("light", "dark")
    phone: bool = False


@dataclass(frozen=True)
class Subjects:
    """Invoices worth a picture: one that is issued, one that waits."""

    issued_id: str
    customer: str
    waiting_id: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.page_previews.screenshots", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="TRUEBACK_HOME of the demo")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    take(running_stack(Home(asked.home.resolve())), asked.out)


def take(stack: Stack, out: Path) -> None:
    subjects = _find_subjects(stack)
    ann = Actor(f"ann@{subjects.customer}", Role.CUSTOMER_ADMIN, subjects.customer)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        for actor, shots in (
            (None, [Shot("sign-in", "/sign-in"), Shot("not-found", "/nothing", ("light",))]),
            (OLIVIA, _operator_shots()),
            (BRUNO, _approver_shots(subjects)),
            (CLARA, [Shot("invoice-issued", f"/invoices/{subjects.issued_id}", ("light",))]),
            (ann, _customer_shots(subjects)),
        ):
            _shoot_all(stack, browser, actor, shots, out)
        browser.close()


def _operator_shots() -> list[Shot]:
    return [
        Shot("overview", "/overview", phone=True),
        Shot("margins", "/margins", phone=True),
        Shot("tenant", "/tenants/globex"),
        Shot("plans", "/tenants/globex/plans", ("light",)),
        Shot("pools", "/pools"),
        Shot("close", "/close"),
        Shot("forbidden", "/invoices/x/park", ("light",)),
    ]


def _approver_shots(subjects: Subjects) -> list[Shot]:
    return [
        Shot("invoices", "/invoices", phone=True),
        Shot("invoice", f"/invoices/{subjects.waiting_id}"),
    ]


def _customer_shots(subjects: Subjects) -> list[Shot]:
    return [
        Shot("customer-home", "/account", phone=True),
        Shot("customer-breakdown", "/account/breakdown"),
        Shot("customer-invoice", f"/account/invoices/{subjects.issued_id}"),
    ]


def _find_subjects(stack: Stack) -> Subjects:
    client = ApiClient(stack.service_url, stack.servers.credentials.signing_key_file)
    invoices = client.call(CLARA, "invoicing", "GET", "/api/v2/invoices")["data"]
    issued = [invoice for invoice in invoices if invoice["number"]]
    issued.sort(key=lambda invoice: invoice["disclosure"] != "open_book")
    waiting = [invoice for invoice in invoices if invoice["state"] in {"draft", "in_review"}]
    if not issued or not waiting:
        raise Fault("There is nothing to take a picture of.", remedy="Start `trueback demo` anew.")
    waiting.sort(key=lambda invoice: invoice["customer"] != "initech")
    return Subjects(issued[0]["invoice_id"], issued[0]["customer"], waiting[0]["invoice_id"])


def _shoot_all(
    stack: Stack, browser: Browser, actor: Actor | None, shots: Sequence[Shot], out: Path
) -> None:
    context = browser.new_context(viewport={"width": _WIDE, "height": _HEIGHT})
    page = context.new_page()
    if actor is not None:
        _sign_in(stack, page, actor)
    for shot in shots:
        page.set_viewport_size({"width": _WIDE, "height": _HEIGHT})
        page.goto(f"{stack.portal_url}{shot.path}")
        for theme in shot.themes:
            _shoot(page, theme, out / f"{shot.name}-{theme}.png")
        if shot.phone:
            page.set_viewport_size({"width": _PHONE, "height": _HEIGHT})
            _shoot(page, "light", out / f"{shot.name}-phone.png")
    context.close()


def _shoot(page: Page, theme: Theme, path: Path) -> None:
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.evaluate("document.fonts.ready")
    size = page.viewport_size
    height = page.evaluate("document.documentElement.scrollHeight")
    if (
        size is not None and height > size["height"]
    ):  # so that what sticks to the window's foot is there
        page.set_viewport_size({"width": size["width"], "height": height})
    page.wait_for_timeout(_REDRAWN_MS)
    page.screenshot(path=path)


def _sign_in(stack: Stack, page: Page, actor: Actor) -> None:
    arguments = [actor.name, "--full-name", _FULL_NAMES.get(actor.name, "Ann Lee")]
    arguments += ["--role", actor.role]
    if actor.customer:
        arguments += ["--customer", actor.customer]
    page.goto(stack.run_manage("portal", "portal_user", *arguments).strip())
    page.get_by_role("button", name="Sign in").click()


def _chromium() -> str | None:
    """The system's, where there is one; else the one that Playwright has installed."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


if __name__ == "__main__":
    main()
