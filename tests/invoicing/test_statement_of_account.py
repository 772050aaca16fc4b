"""A customer's account, and the ledger that it is a part of, by the API."""

import io
from decimal import Decimal

from pypdf import PdfReader

from services.invoicing.models import LedgerEntry
from services.invoicing.operations.issue_notes import issue_notes
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.roles import Role
from tests.invoicing.test_access import client_of
from tests.invoicing.test_by_hand_at_stripe import CARD, follow
from tests.invoicing.test_corrections_at_stripe import gateway, october, pay
from tests.invoicing.test_issue import one_gateway, standin
from tests.invoicing.test_settling import costs, month

__all__ = ["gateway", "month", "october", "one_gateway", "standin"]
ANN = Actor("ann@acme", Role.CUSTOMER_ADMIN, "acme")
CLARA = Actor("clara", Role.BILLING_CLERK)


def account(actor=ANN, customer="acme", **days):
    return client_of(actor).get(f"/api/v1/customers/{customer}/account", days)


class TestAStatement:
    def test_has_every_document_and_payment_in_order(self, october, gateway, standin):
        invoice = october.invoiced()
        pay(standin, invoice)
        october.close(costs(compute="1150.25"))
        issue_notes()
        answer = account()
        assert answer.status_code == 200, answer.content
        (statement,) = answer.json()["data"]
        assert [
            (entry["event"], entry["kind"], entry["period"], entry["amount"], entry["balance"])
            for entry in statement["entries"]
        ] == [
            ("issued", "invoice", "2026-10", "2311.69", "2311.69"),
            ("paid", "invoice", "2026-10", "-2311.69", "0"),
            ("issued", "credit_note", "2026-10", "-60.3", "-60.3"),
        ]
        assert statement["entries"][0]["number"] == invoice.number
        assert {name: statement[name] for name in ("opening", "closing", "due", "on_credit")} == {
            "opening": "0",
            "closing": "-60.3",
            "due": "0",
            "on_credit": "60.3",
        }

    def test_opens_with_what_was_before_its_first_day(self, october, gateway):
        october.invoiced()
        (statement,) = account(start="2100-01-01").json()["data"]
        assert (statement["opening"], statement["entries"]) == ("2311.69", [])
        assert account(end="2020-01-01").json()["data"] == []

    def test_is_the_customers_own(self, october, gateway):
        october.invoiced()
        assert account(customer="globex").status_code == 404
        assert account(CLARA, customer="acme").json()["name"] == "Acme"

    def test_says_nothing_of_the_operators_side(self, october, gateway):
        october.invoiced()
        october.close(costs(compute="1150.25"))
        assert "true_up" not in account().content.decode()
        assert client_of(ANN).get("/api/v1/ledger").status_code == 404

    def test_has_what_a_note_paid_back_as_a_row_of_its_own(self, october, gateway, standin):
        invoice = october.invoiced(true_up="{down_paid: refund}")
        standin.client().v1.invoices.pay(invoice.stripe_invoice_id, CARD)
        follow()
        october.close(costs(compute="1150.25"))
        issue_notes()
        (statement,) = account().json()["data"]
        assert [
            (entry["event"], entry["kind"], entry["amount"], entry["balance"])
            for entry in statement["entries"]
        ][1:] == [
            ("paid", "invoice", "-2311.69", "0"),
            ("issued", "credit_note", "-60.3", "-60.3"),
            ("refunded", "credit_note", "60.3", "0"),
        ]
        assert (statement["closing"], statement["on_credit"]) == ("0", "0")


class TestAStatementAsADocument:
    def pdf(self, actor=ANN, customer="acme", **asked):
        return client_of(actor).get(f"/api/v1/customers/{customer}/account/pdf", asked)

    def test_has_each_entry_and_whose_it_is(self, october, gateway):
        invoice = october.invoiced()
        answer = self.pdf(end="2100-01-01")
        assert answer["Content-Disposition"] == 'inline; filename="statement-acme-2099-12-31.pdf"'
        reader = PdfReader(io.BytesIO(answer.content))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        for part in ("Statement of account", "Acme", f"Invoice {invoice.number}", "2,311.69"):
            assert part in text
        assert "USD 2,311.69 is still to pay." in text
        assert self.pdf(end="2100-01-01").content == answer.content

    def test_is_the_customers_own_and_of_a_currency_that_there_is(self, october, gateway):
        assert self.pdf().status_code == 404
        october.invoiced()
        assert self.pdf(customer="globex").status_code == 404
        assert self.pdf(currency="EUR").status_code == 404
        assert self.pdf(currency="usd").status_code == 400
        assert self.pdf(CLARA).status_code == 200


class TestTheLedger:
    def test_balances_and_names_what_does_not(self, october, gateway):
        october.invoiced()
        october.close(costs(compute="1150.25"))
        ledger = client_of(CLARA).get("/api/v1/ledger").json()
        assert ledger["unbalanced"] == []
        acme = {
            row["account"]: row["balance"] for row in ledger["data"] if row["customer"] == "acme"
        }
        assert (acme["receivable"], acme["true_up"]) == ("2311.69", "-60.3")
        with as_ops():
            LedgerEntry.objects.create(
                customer_id="acme",
                document="inv_1:paid",
                account="cash",
                currency="USD",
                amount=Decimal(1),
            )
        assert client_of(CLARA).get("/api/v1/ledger").json()["unbalanced"] == ["inv_1:paid"]
