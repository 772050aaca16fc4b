"""axe on a page as it stands, wide and on a phone."""

from typing import Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS: Final = (1280, 390)
_AXE: Final = Axe()


def violations(page: Page, where: str) -> list[str]:
    """A sentence per broken rule and page; also one where the page is wider than the window."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 860})
        answer = _AXE.run(page).response
        found += [
            f"{where} at {width}: {broken['id']}, {broken['help']}:"
            f" {', '.join(str(node['target']) for node in broken['nodes'][:3])}"
            for broken in answer["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{where} at {width}: scrolls sideways")
    return found
