"""A restated month through the browser: who approves its corrections, and who is told why."""

import io
import re
from urllib.parse import urlsplit

from playwright.sync_api import expect
from pypdf import PdfReader


class TestAnApprover:
    def test_approves_all_that_waits_of_a_close_at_once(self, demo, browser):
        """initech's and northfold's are above what goes out by itself."""
        with demo.visit(browser, "bruno") as visit:
            page = visit.page
            page.goto("/invoices?view=corrections")
            address = demo.fill("/corrections/{month}")
            page.locator(f'main a[href^="{address}"]').first.click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("Corrections of")
            expect(page.get_by_role("main")).to_contain_text(re.compile(r"credits?.*debits?"))
            page.get_by_label("I have looked at them").check()
            page.get_by_role("button", name=re.compile("^Approve ")).first.click()
            expect(page.get_by_text(re.compile(r"\d+ corrections? approved"))).to_be_visible()
            waiting = page.get_by_role("main").get_by_text("Needs approval", exact=True)
            expect(waiting).to_have_count(0)
            issued = page.locator(".chip").get_by_text("Issued", exact=True)
            before = issued.count()
            issuing = page.locator(".chip").get_by_text("Issuing", exact=True)
            for _ in range(60):
                page.goto(demo.fill("/corrections/{month}"))
                if issued.count() >= before + 1 and not issuing.count():
                    break
                page.wait_for_timeout(500)
            expect(issuing).to_have_count(0)


class TestAClerk:
    def test_corrects_a_wrong_fee_on_a_paid_invoice(self, demo, browser):
        """Clara gives it, Bruno approves it, and Stripe has the credit note."""
        with demo.visit(browser, "clara") as visit:
            page = visit.page
            page.goto(demo.fill("/invoices?period={month}&view=paid"))
            page.locator("#inbox tbody a.rowlink").first.click()
            page.get_by_role("link", name="Fix this invoice").click()
            page.get_by_role("link", name="A line charges too much").click()
            address = urlsplit(page.url).path
            line = page.get_by_label(re.compile("fee", re.IGNORECASE)).first
            line.fill("1,00")
            page.get_by_role("button", name="Show what it comes to").click()
            expect(page.get_by_text("without signs and commas")).to_be_visible()
            line.fill("1.25")
            page.get_by_role("button", name="Show what it comes to").click()
            fix = page.locator("#fix")
            expect(fix).to_contain_text("\u2212$1.25")
            expect(fix).to_contain_text("goes on the balance, for the next invoice")
            fix.get_by_label("Reason, kept in the log").fill("The fee was agreed lower.")
            fix.get_by_label("I have looked at what it comes to.").check()
            fix.get_by_role("button", name="Give the credit").click()
            expect(page.get_by_text("waits for an approver")).to_be_visible()
            expect(page.get_by_role("button", name=re.compile("^Approve"))).to_have_count(0)
        with demo.visit(browser, "bruno") as visit:
            page = visit.page
            page.goto("/invoices?view=corrections")
            page.locator(f'a[href="{address}"]').first.click()
            credit = page.locator("section", has_text="Credit notes of this invoice").last
            credit.get_by_label(re.compile("I have looked at it")).check()
            credit.get_by_role("button", name=re.compile("^Approve and issue")).click()
            expect(page.get_by_text("Approved. Stripe is asked to issue it")).to_be_visible()
            waiting = page.locator(".chip").get_by_text(re.compile("Approved|Issuing"))
            expect(waiting).to_have_count(0, timeout=30_000)
            expect(page.get_by_text("$1.25 is on the balance")).to_be_visible()


class TestACustomer:
    def test_is_told_why_a_month_was_corrected_and_what_it_means_to_pay(self, demo, browser):
        with demo.visit(browser, "eva@halcyon") as visit:
            page = visit.page
            page.goto("/account")
            expect(page.get_by_text("AWS has corrected its bill").first).to_be_visible()
            page.get_by_role("link", name=re.compile("What changed")).first.click()
            expect(page.get_by_role("heading", name="Corrected since")).to_be_visible()
            credits_shown = page.locator("#credits")
            expect(credits_shown).to_contain_text("AWS has corrected its bill for")
            expect(credits_shown).to_contain_text("is deducted from what is still to pay")
            expect(page.get_by_text("Still to pay: $")).to_be_visible()
            with page.expect_download() as download:
                link = credits_shown.get_by_role("link", name=re.compile("PDF"))
                address = f"{link.get_attribute('href')}?download"
                page.evaluate("address => { location.href = address }", address)
            content = download.value.path().read_bytes()
        text = "\n".join(part.extract_text() for part in PdfReader(io.BytesIO(content)).pages)
        assert "Credit note" in text
        assert "Corrects invoice" in text
