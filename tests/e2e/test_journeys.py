"""What the product is for, as its people do it: in a browser, against the running stack."""

import io
import re

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader


class TestTheOperator:
    def test_finds_who_loses_money_and_why(self, demo, browser):
        with demo.visit(browser, "olivia") as visit:
            page = visit.page
            page.goto(demo.fill("/margins?period={month}"))
            page.get_by_role("link", name=re.compile("Losing money")).click()
            rows = page.locator("tbody tr").filter(has_text="loss")
            expect(rows).to_have_count(1)
            rows.get_by_role("link", name="Globex Logistics").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("Globex Logistics")
            groups = page.get_by_role("region", name="Cost by charge group")
            expect(groups.locator("tbody tr").first).to_contain_text("NAT")
            groups.get_by_role("link", name=re.compile("Why Shared NAT")).click()
            evidence = page.get_by_text("Computed again from this evidence alone")
            expect(evidence).to_be_visible(timeout=60_000)
            expect(page.get_by_role("main")).to_contain_text("signal:nat_bytes")

    def test_sees_the_proof_that_the_parts_are_the_bill(self, demo, browser):
        with demo.visit(browser, "olivia") as visit:
            visit.page.goto(demo.fill("/margins?period={month}"))
            expect(
                visit.page.get_by_text("Reconciles to the provider bill, difference 0")
            ).to_be_visible()


class TestBilling:
    def test_a_clerk_and_a_second_person_take_a_draft_to_issued(self, demo, browser):
        path = demo.fill("/invoices/{draft}")
        with demo.visit(browser, "clara") as clerk, demo.visit(browser, "bruno") as approver:
            clerk.page.goto(path)
            clerk.page.get_by_role("button", name="Send to review").click()
            expect(clerk.page.locator(".chip").get_by_text("In review", exact=True)).to_be_visible()
            expect(clerk.page.get_by_role("button", name="Approve")).to_have_count(0)

            approver.page.goto(path)
            approver.page.get_by_role("button", name="Approve").click()
            expect(
                approver.page.locator(".chip").get_by_text("Approved", exact=True)
            ).to_be_visible()

            clerk.page.reload()
            clerk.page.get_by_label("I have looked at the amount").check()
            clerk.page.get_by_role("button", name="Issue through Stripe").click()
            issued = clerk.page.locator(".chip").get_by_text("Issued", exact=True)
            for _ in range(60):
                clerk.page.goto(path)
                if issued.count():
                    break
                clerk.page.wait_for_timeout(500)
            expect(issued).to_be_visible()
            expect(clerk.page.get_by_role("main")).to_have_text(re.compile(r"[A-Z0-9]+-\d{4}"))


class TestACustomer:
    def test_reads_its_invoice_and_downloads_it(self, demo, browser):
        with demo.visit(browser, "ann@acme") as visit:
            page = visit.page
            page.goto(demo.fill("/account/invoices/{issued}"))
            shown = page.get_by_role("main").inner_text()
            with page.expect_download() as download:
                page.get_by_role("link", name=re.compile("PDF")).first.click()
            content = download.value.path().read_bytes()
        pages = PdfReader(io.BytesIO(content)).pages
        text = "\n".join(page.extract_text() for page in pages)
        assert re.search(r"[A-Z0-9]+-\d{4}", shown)[0] in text
        assert "argin" not in text

    @pytest.mark.parametrize("path", ["/invoices/{draft}", "/account/invoices/{draft}", "/margins"])
    def test_is_told_of_nothing_that_is_not_its_own(self, demo, browser, path):
        with demo.visit(browser, "ann@acme") as visit:
            answer = visit.page.goto(demo.fill(path))
            assert answer.status == 404
            visit.troubles.clear()  # the browser says that it got a 404


def test_the_pages_work_without_scripts(demo, browser):
    with demo.visit(browser, "olivia", java_script_enabled=False) as visit:
        page = visit.page
        page.goto(demo.fill("/margins?period={month}"))
        page.get_by_role("link", name="Tenant", exact=True).click()
        expect(page).to_have_url(re.compile("sort="))
        page.get_by_role("link", name="Globex Logistics").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Globex Logistics")
