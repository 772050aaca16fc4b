"""A demo that has run its line, and a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.running_demo import RunningDemo, open_browser, running_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    home = tmp_path_factory.mktemp("e2e")
    for folder in (home, *home.parents[:2]):  # PostgreSQL runs as another user where we are root
        folder.chmod(folder.stat().st_mode | 0o055)
    with running_demo(home / "home") as demo:
        yield demo


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = open_browser(playwright)
        yield browser
        browser.close()
