"""Every state of every page in a browser: axe finds nothing, charts are drawn under the policy."""

import functools
import shutil
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from deploy.page_previews.pages import PAGES
from deploy.page_previews.render import STATIC_BUILD, configure, render
from tests.e2e.axe import violations
from tests.http_servers import serving

POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    configure()
    folder: Path = tmp_path_factory.mktemp("site")
    for name in PAGES:
        (folder / name).write_text(render(name), encoding="utf-8")
    shutil.copytree(STATIC_BUILD, folder / "static" / "build")

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", POLICY)
            super().end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"


def opened(browser: Browser, address: str, **options: object) -> Page:
    context = browser.new_context(reduced_motion="reduce", **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(address)
    return page


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_state_breaks_a_rule(site: str, browser: Browser, name: str, theme: str) -> None:
    page = opened(browser, f"{site}/{name}", color_scheme=theme, bypass_csp=True)
    page.eval_on_selector_all("details", "all => all.forEach((one) => { one.open = true })")
    assert violations(page, f"{name} in {theme}") == []
    page.context.close()


class TestAChart:
    def test_picture_is_drawn_within_the_policy_and_its_table_is_put_away(
        self, site: str, browser: Browser
    ) -> None:
        troubles: list[str] = []
        page = opened(browser, "about:blank")
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        for name, count in (("overview.html", 1), ("tenant-globex.html", 2)):
            page.goto(f"{site}/{name}")
            page.wait_for_selector("[data-chart][data-drawn=yes]")
            assert page.locator("[data-chart-canvas] svg").count() == count
            assert page.locator("details.chart-table[open]").count() == 0
            assert page.locator("[data-chart-canvas]").first.get_attribute("aria-label")
        assert troubles == []
        page.context.close()

    def test_picture_follows_the_theme(self, site: str, browser: Browser) -> None:
        page = opened(browser, f"{site}/overview.html", color_scheme="light")
        page.wait_for_selector("[data-drawn=yes]")
        fills = (
            "[...document.querySelectorAll('[data-chart-canvas] path')]"
            ".map((one) => one.getAttribute('fill')).join()"
        )
        before = page.evaluate(fills)
        page.click("[data-theme-toggle]")
        page.wait_for_function(f"(before) => {fills} !== before", arg=before)
        page.context.close()

    def test_place_is_kept_so_that_nothing_jumps(self, site: str, browser: Browser) -> None:
        page = opened(browser, "about:blank")
        page.add_init_script(
            "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach("
            "(entry) => { window.shift += entry.value }))"
            ".observe({ type: 'layout-shift', buffered: true })"
        )
        page.goto(f"{site}/overview.html")
        page.wait_for_selector("[data-drawn=yes]")
        assert page.evaluate("window.shift") < 0.02
        page.context.close()

    def test_table_stands_in_without_scripts(self, site: str, browser: Browser) -> None:
        page = opened(browser, f"{site}/overview.html", java_script_enabled=False)
        assert page.get_by_role("rowheader", name="Operating margin").is_visible()
        assert not page.locator("[data-chart-canvas]").is_visible()
        page.context.close()

    def test_table_stands_in_where_the_library_does_not_come(
        self, site: str, browser: Browser
    ) -> None:
        page = opened(browser, "about:blank")
        page.route("**/charts.js", lambda route: route.abort())
        page.goto(f"{site}/overview.html")
        page.wait_for_selector("[data-drawn=failed]")
        assert page.get_by_role("rowheader", name="Operating margin").is_visible()
        page.context.close()
