"""A customer's account: as the customer sees it, and as staff does; nobody else's."""

import json
import re

import pytest

from shared.auth.actors import Actor
from shared.csv_files import read_rows
from shared.vocabulary.roles import Role
from tests.html_page import Page
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import client_of, record_month

OWN, STAFFS = "/account/statement", "/customers/acme/account"


def entry(event, amount, balance, kind="invoice", document="inv_acme", number="ACME-0001"):
    return {
        "at": "2026-11-03T08:00:00+00:00",
        "event": event,
        "kind": kind,
        "period": "2026-10",
        "document": document,
        "number": number,
        "amount": amount,
        "balance": balance,
    }


ENTRIES = [
    entry("issued", "2311.69", "2311.69"),
    entry("paid", "-2311.69", "0"),
    entry("issued", "-60.3", "-60.3", "credit_note", "cn_1", "ACME-0001-CN-01"),
]


@pytest.fixture
def invoicing(cast):
    record_month(acme="issued", foreign="issued")
    with running_invoicing() as running:
        running.file_type = "application/json"
        answer_with(running)
        yield running


def answer_with(invoicing, *currencies, entries=ENTRIES, **changed):
    one = {"opening": "5", "closing": "-60.3", "due": "0", "on_credit": "60.3", **changed}
    data = [{"currency": name, "entries": entries, **one} for name in currencies or ["USD"]]
    content = {"customer": "acme", "name": "Acme & Sons", "data": data}
    invoicing.file = json.dumps(content).encode()


def words(name, path):
    text = Page(client_of(name).get(path).content.decode()).words.replace("\u2212", "-")
    return re.sub(r"\s+([.,:;)])", r"\1", text)


class TestAnAccount:
    @pytest.mark.parametrize(("name", "path"), [("ann", OWN), ("clara", STAFFS)])
    def test_has_each_document_and_payment_with_the_balance(self, invoicing, name, path):
        shown = words(name, path)
        for part in (
            "3 Nov 2026 Invoice ACME-0001",
            "Payment of invoice ACME-0001",
            "Credit note ACME-0001-CN-01",
            "On credit, for the next invoice $60.30",
        ):
            assert part in shown
        assert "Opening balance" not in shown

    def test_leads_to_the_pages_of_who_looks(self, invoicing):
        own = client_of("ann").get(OWN).content.decode()
        assert 'href="/account/invoices/inv_acme"' in own
        assert 'href="/account/credit-notes/cn_1/pdf"' in own
        staffs = client_of("clara").get(STAFFS).content.decode()
        assert 'href="/invoices/inv_acme"' in staffs
        assert 'href="/credit-notes/cn_1/pdf"' in staffs

    def test_of_some_days_opens_with_what_was_before(self, invoicing):
        shown = words("ann", f"{OWN}?from=2026-11-01&to=2026-11-30")
        assert invoicing.calls[-1][1].endswith("/account?start=2026-11-01&end=2026-12-01")
        assert "1 Nov 2026 Opening balance 5.00" in shown

    @pytest.mark.parametrize(
        ("query", "problem"),
        [
            ("from=yesterday", "Write days such as 2026-11-30."),
            ("to=9999-12-31", "Write days such as 2026-11-30."),
            ("from=2026-11-02&to=2026-11-01", "It ends before it begins."),
        ],
    )
    def test_of_days_that_are_none_is_the_whole_and_says_so(self, invoicing, query, problem):
        assert problem in words("ann", f"{OWN}?{query}")
        assert invoicing.calls[-1][1].endswith("/acme/account")

    def test_of_several_currencies_adds_none_to_another(self, invoicing):
        answer_with(invoicing, "EUR", "USD")
        shown = words("ann", OWN)
        assert "€60.30" in shown
        assert "$60.30" in shown

    def test_of_nothing_says_so(self, invoicing):
        invoicing.file = json.dumps({"customer": "acme", "name": "A", "data": []}).encode()
        assert "Nothing yet." in words("ann", OWN)
        answer_with(invoicing, entries=[])
        assert "Nothing was issued or paid in these days." in words("ann", OWN)

    def test_is_asked_for_in_the_name_of_who_looks(self, invoicing):
        client_of("ann").get(OWN)
        assert invoicing.calls[-1][0] == Actor("ann", Role.CUSTOMER_ADMIN, "acme")


class TestSomebodyElses:
    def test_is_not_there_for_a_customer(self, invoicing):
        for path in (STAFFS, f"{STAFFS}.csv", f"{STAFFS}.pdf", "/customers/foreign/account"):
            assert client_of("ann").get(path).status_code in {403, 404}
        assert not invoicing.calls

    def test_address_of_a_customer_is_for_customers_alone(self, invoicing):
        for path in (OWN, f"{OWN}.csv", f"{OWN}.pdf"):
            assert client_of("clara").get(path).status_code in {403, 404}

    def test_that_is_not_known_is_not_found(self, invoicing):
        assert client_of("clara").get("/customers/nobody/account").status_code == 404
        invoicing.status = 404
        assert client_of("clara").get(STAFFS).status_code == 404
        assert client_of("clara").get(f"{STAFFS}.csv").status_code == 404


class TestFiles:
    @pytest.mark.parametrize(("name", "path"), [("ann", OWN), ("clara", STAFFS)])
    def test_csv_has_the_same(self, invoicing, name, path):
        answer = client_of(name).get(f"{path}.csv?from=2026-11-01")
        assert "account?start=2026-11-01" in invoicing.calls[-1][1]
        rows = list(read_rows(answer.content.decode()))
        assert rows[0] == {
            "date": "2026-11-03",
            "what": "Invoice ACME-0001",
            "period": "2026-10",
            "currency": "USD",
            "amount": "2311.69",
            "balance": "2311.69",
        }
        assert rows[2]["balance"] == "-60.30"

    @pytest.mark.parametrize(("name", "path"), [("ann", OWN), ("clara", STAFFS)])
    def test_pdf_comes_from_its_owner(self, invoicing, name, path):
        invoicing.file, invoicing.file_type = b"%PDF-1.7", "application/pdf"
        answer = client_of(name).get(f"{path}.pdf?to=2026-11-30&currency=USD")
        assert answer.content == b"%PDF-1.7"
        assert 'filename="statement-acme-2026-11-30.pdf"' in answer["Content-Disposition"]
        assert invoicing.calls[-1][1].endswith("/pdf?end=2026-12-01&currency=USD")

    def test_pdf_of_a_currency_that_is_none_is_of_the_first(self, invoicing):
        invoicing.file, invoicing.file_type = b"%PDF-1.7", "application/pdf"
        client_of("ann").get(f"{OWN}.pdf?currency=%3Cx")
        assert invoicing.calls[-1][1].endswith("/account/pdf")


class TestSilence:
    def test_of_invoicing_is_said(self, cast):
        assert "does not answer" in words("ann", OWN)
        assert client_of("ann").get(f"{OWN}.csv").status_code == 503
        assert client_of("ann").get(f"{OWN}.pdf").status_code == 503
