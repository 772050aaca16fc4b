"""axe on a page as it stands, wide and on a phone."""

from typing import Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

WIDTHS: Final = (1280, 390)
# All rules are run, and of those that nothing breaks nothing is brought over: the library itself
# brings the script for each width, and every element that keeps a rule.
_RUN: Final = "axe.run({resultTypes: ['violations']}).then((results) => results.violations)"


def violations(page: Page, where: str) -> list[str]:
    """A sentence per broken rule and page; also one where the page is wider than the window."""
    found = []
    page.evaluate(AXE_SCRIPT)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        found += [
            f"{where} at {width}: {broken['id']}, {broken['help']}:"
            f" {', '.join(str(node['target']) for node in broken['nodes'][:3])}"
            for broken in page.evaluate(_RUN)
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{where} at {width}: scrolls sideways")
    return found
