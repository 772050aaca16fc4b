"""The demo's tour, click by click, in a browser."""

import re

from playwright.sync_api import expect


def test_leads_from_the_loser_to_what_the_customer_sees(demo, browser):
    with demo.visit(browser, "olivia") as visit:
        page = visit.page
        page.get_by_role("button", name="Take the tour").click()
        expect(page).to_have_url(re.compile("/margins"))
        first = page.locator("tbody tr").first
        expect(first).to_contain_text("Globex Logistics")
        expect(first).to_contain_text("loss")
        page.set_viewport_size({"width": 1280, "height": 860})
        expect(first).to_be_in_viewport(ratio=1)

        page.get_by_role("button", name="Next: Why it does").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Globex Logistics")
        expect(page.get_by_role("main")).to_contain_text("NAT")

        page.get_by_role("button", name="Next: What would fix it").click()
        expect(page.get_by_text("covers the cost")).to_be_visible()
        expect(page.locator("pre").first).to_contain_text("to: ")
        expect(page.locator("pre").last).to_contain_text("tenants: [globex], from: ")

        page.get_by_role("button", name="Next: Review and approve").click()
        expect(page.get_by_text("You are Clara Diaz now")).to_be_visible()
        expect(page.get_by_text("you look as Clara Diaz")).to_be_visible()
        expect(page.get_by_role("button", name="Send to review")).to_be_visible()

        page.get_by_role("button", name="Next: What the customer sees").click()
        expect(page.get_by_text("you look as Ann Lee")).to_be_visible()
        expect(page.get_by_role("heading", name="Invoices")).to_be_visible()

        page.get_by_role("button", name="End the tour").click()
        expect(page.get_by_role("button", name="Take the tour")).to_be_visible()
        expect(page.get_by_text("you look as Olivia Marsh")).to_be_visible()


def test_another_person_is_a_click_away(demo, browser):
    with demo.visit(browser, "clara") as visit:
        page = visit.page
        page.get_by_text("Change person").click()
        page.get_by_role("button", name="Bruno Keller").click()
        expect(page.get_by_text("you look as Bruno Keller")).to_be_visible()
