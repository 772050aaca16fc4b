"""axe finds nothing on any page, in light and dark, wide and on a phone."""

import pytest
from playwright.sync_api import Browser

from tests.e2e.axe import violations
from tests.e2e.pages import PAGES
from tests.e2e.running_demo import PEOPLE, RunningDemo

THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_breaks_a_rule(demo: RunningDemo, browser: Browser, person: str, theme: str):
    found = []
    with demo.visit(browser, person, color_scheme=theme) as visit:
        for shown in PAGES:
            if shown.person == person:
                visit.page.goto(demo.fill(shown.path))
                found += violations(visit.page, f"{shown.path} in {theme}")
        visit.troubles[:] = [one for one in visit.troubles if "status of 40" not in one]
    assert found == []


@pytest.mark.parametrize("theme", THEMES)
def test_no_page_for_strangers_breaks_a_rule(demo: RunningDemo, browser: Browser, theme: str):
    found = []
    context = browser.new_context(base_url=demo.stack.portal_url, color_scheme=theme)
    page = context.new_page()
    for path in ("/sign-in", "/sign-in?signed_out=1", "/sign-in/used-before", demo.link("clara")):
        page.goto(path)
        found += violations(page, f"{path} in {theme}")
    context.close()
    assert found == []
