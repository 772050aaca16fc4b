"""A customer finds out why a month was corrected, and what it means for what is to pay."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.portal.operations.record_facts import record_customer, record_invoice
from shared.contracts.invoice_corrections import ChangedLine, Charge, Credit, CreditedLine
from shared.isolation.scope import as_ops
from tests.html_page import Page
from tests.portal.scenarios import client_of, customer_fact, invoice_fact

CREDIT = Credit(
    number="CN-0001",
    issued_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    period="2026-10",
    causes=["bill"],
    net=Decimal("24.39"),
    tax=Decimal(0),
    lines=[CreditedLine("Cloud usage: Compute", Decimal("24.39"))],
    remaining=Decimal("20.00"),
    balance=Decimal("4.39"),
    refund=Decimal(0),
    out_of_band=Decimal(0),
    changes=[
        ChangedLine("Cloud usage: Compute", Decimal("1440.60"), Decimal("1380.30")),
        ChangedLine("Cloud usage: Storage", Decimal("372.09"), Decimal("408.00")),
    ],
)
CHARGE = Charge(
    period="2026-09",
    causes=["signals"],
    corrects="ACME-0000",
    net=Decimal("72.30"),
    changes=[ChangedLine("Cloud usage: Compute", Decimal("80.00"), Decimal("152.30"))],
)


@pytest.fixture
def corrected(cast):
    with as_ops():
        for key in ("acme", "foreign"):
            record_customer(customer_fact(key))
        url = {"hosted_invoice_url": "https://pay.example/1"}
        record_invoice(invoice_fact("acme", "issued", credits=[CREDIT], charges=[CHARGE], **url))


def words(path, name="ann"):
    return Page(client_of(name).get(path).content.decode()).words


class TestTheInvoice:
    def test_says_why_and_what_it_means_for_what_is_to_pay(self, corrected):
        page = words("/account/invoices/inv_acme")
        assert "AWS has corrected its bill for October 2026." in page
        assert "$20.00 is deducted from what is still to pay" in page
        assert "$4.39 is on the balance and reduces the next invoice" in page
        left = invoice_fact("acme").total - Decimal(20)
        assert f"Still to pay: ${left}" in page

    def test_says_what_changed_line_by_line_also_what_is_set_off(self, corrected):
        page = words("/account/invoices/inv_acme")
        assert "What changed of October 2026, USD before tax" in page
        for line in ("1,440.60 1,380.30", "372.09 408.00"):
            assert line in page
        assert "What has risen and what has fallen is set off" in page

    def test_says_why_an_earlier_month_is_charged_again(self, corrected):
        page = words("/account/invoices/inv_acme")
        assert "September 2026, invoice ACME-0000" in page
        assert "Usage data of September 2026 arrived late." in page

    def test_has_no_cost_of_it_for_who_has_prices_alone(self, corrected):
        shown = client_of("ann").get("/account/invoices/inv_acme").content.decode()
        assert "81.17" not in shown
        assert "open book" not in shown.lower()

    def test_is_nobody_elses(self, corrected):
        assert client_of("fred").get("/account/invoices/inv_acme").status_code == 404
        for path in ("/account", "/account/breakdown"):
            assert "was corrected" not in words(path, "fred")


class TestTheMonth:
    @pytest.mark.parametrize("path", ["/account", "/account/breakdown"])
    def test_leads_to_the_note_with_its_reason(self, corrected, path):
        shown = client_of("ann").get(path).content.decode()
        page = Page(shown).words
        assert "October 2026 was corrected:" in page
        assert "AWS has corrected its bill for October 2026." in page
        assert 'href="/account/invoices/inv_acme#credits"' in shown

    def test_names_the_months_charged_again_newest_first(self, corrected):
        page = words("/account")
        assert page.index("October 2026 was corrected") < page.index("September 2026 was corrected")
        assert "September" not in words("/account/breakdown")

    def test_says_in_the_list_by_how_much_an_invoice_was_corrected(self, corrected):
        assert "corrected \u221224.39" in words("/account")

    def test_says_nothing_of_what_is_void(self, cast):
        with as_ops():
            record_customer(customer_fact("acme"))
            record_invoice(invoice_fact("acme", "void", credits=[CREDIT]))
        assert "was corrected" not in words("/account")
