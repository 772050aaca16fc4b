"""What an issued invoice says of its contract and customer stays, whatever `trueback.yaml` says."""

import io
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError
from pypdf import PdfReader

from services.invoicing.models import Contract, Customer, Invoice, Outbox
from services.invoicing.operations import issue_invoices as issuing
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.record_revision import record_revision
from shared.auth.actors import Actor
from shared.contracts.attribution import STATEMENT_REVISED
from shared.contracts.invoicing import INVOICE_RESTATED, Cause
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice
from tests.tokens import client_of

ANN = Actor("ann", "customer_admin", "acme")
CLARA = Actor("clara", "billing_clerk")
BRUNO = Actor("bruno", "billing_approver")
CAROL = Actor("carol", "billing_approver")
READERS = pytest.mark.parametrize("reader", [ANN, CLARA])
FILE = """
version: 1
currency: USD
seller:
  key: larkfield
  name: {seller}
  address: {{line1: 1420 Fifth Avenue, country: US}}
tenants: [{{key: acme}}]
labels: {{tenant: ["tag:customer"]}}
plans:
  - key: standard
    name: Standard
    version: 1
    currency: USD
    components: [{{kind: cost_plus, name: Cloud usage, percent: 20}}]
  - key: grown
    name: Grown
    version: 1
    currency: USD
    components: [{{kind: cost_plus, name: Cloud usage, percent: 30}}]
customers:
  - key: acme
    name: {name}
    email: {email}
    purchase_order: {order}
    address: {{line1: {street}, country: US}}
    contracts:
      - {{plan: {plan}, tenants: [acme], from: 2026-01-01, disclosure: {disclosure},
          days_until_due: {days}}}
"""
BEFORE = {
    "seller": "Larkfield",
    "name": "Acme",
    "email": "ap@acme.example",
    "order": "PO-1",
    "street": "1 Old Road",
    "plan": "standard",
    "disclosure": "closed",
    "days": 30,
}
AFTER = {
    "seller": "Larkfield Holding",
    "name": "Acme Robotics",
    "email": "finance@acme.example",
    "order": "PO-2",
    "street": "2 New Road",
    "plan": "grown",
    "disclosure": "open_book",
    "days": 14,
}


def apply(terms):
    with as_ops():
        apply_plans(content=FILE.format(**terms))


@pytest.fixture
def draft(db):
    apply(BEFORE)
    with as_ops():
        return make_invoice(Contract.objects.get())


def act(invoice, *steps):
    with as_ops():
        for action, actor in steps:
            invoice.refresh_from_db()
            act_on_invoice(
                invoice_id=invoice.invoice_id,
                action=action,
                actor=actor,
                version=invoice.version,
                reason="So it is.",
                now=NOW,
            )
        invoice.refresh_from_db()


@pytest.fixture
def asked_to_issue(draft):
    act(draft, ("submit", CLARA), ("approve", BRUNO), ("issue", CLARA))
    return draft


@pytest.fixture
def issued(asked_to_issue):
    with as_ops():
        return move_invoice(
            asked_to_issue,
            State.ISSUED,
            actor="trueback",
            cause=Cause("finalised", {"number": "LF-1"}),
            now=NOW,
            number="LF-1",
            issued_at=NOW,
        )


def shown(invoice, reader):
    client, path = client_of(reader), f"/api/v1/invoices/{invoice.invoice_id}"
    return client.get(path).json(), client.get(f"{path}/pdf").content


def words(pdf):
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.split())


class TestAnIssuedInvoice:
    @READERS
    def test_says_what_it_said_after_contract_and_customer_have_changed(self, issued, reader):
        before = shown(issued, reader)
        apply(AFTER)
        assert shown(issued, reader) == before

    def test_shows_its_customer_no_cost_when_the_book_is_opened_later(self, issued):
        apply(AFTER)
        answer, pdf = shown(issued, ANN)
        assert not [line for line in answer["lines"] if "cost" in line or "basis" in line]
        assert "Open book" not in words(pdf)

    def test_that_is_told_of_again_says_the_same(self, issued):
        apply(AFTER)
        fact = STATEMENT_REVISED.dump(STATEMENT_REVISED.example)
        lines = [{"charge_group": "Compute", "method": "label", "amount": "999"}]
        with as_ops():
            record_revision(STATEMENT_REVISED.load({**fact, "tenant": "acme", "lines": lines}))
            fact = Outbox.objects.get(topic=INVOICE_RESTATED.name).payload
        assert (fact["disclosure"], fact["plan"]) == ("closed", "Standard")
        assert (fact["buyer"]["line1"], fact["seller"]["name"]) == ("1 Old Road", "Larkfield")

    def test_can_not_be_given_other_terms(self, issued):
        with pytest.raises(IntegrityError, match="never changed"), as_ops():
            Invoice.objects.filter(pk=issued.pk).update(frozen=None)


class TestAnInvoiceThatIsBeingIssued:
    def test_says_already_what_it_will(self, asked_to_issue):
        before = shown(asked_to_issue, CLARA)
        apply(AFTER)
        assert shown(asked_to_issue, CLARA) == before

    def test_that_comes_back_from_stripe_follows_the_contract_again(self, asked_to_issue):
        with as_ops():
            issuing._park(asked_to_issue.invoice_id, Cause("refused_by_stripe", text="no"))
        apply(AFTER)
        answer, _ = shown(asked_to_issue, CLARA)
        assert (answer["disclosure"], answer["buyer"]["line1"]) == ("open_book", "2 New Road")

    def test_that_stripe_has_finalised_keeps_what_is_said_there(self, asked_to_issue):
        with as_ops():
            Invoice.objects.filter(pk=asked_to_issue.pk).update(stripe_invoice_id="in_1")
            issuing._park(asked_to_issue.invoice_id, Cause("refused_by_stripe", text="It differs"))
        apply(AFTER)
        act(
            asked_to_issue,
            *(("release", CAROL), ("submit", CLARA), ("approve", BRUNO), ("issue", CLARA)),
        )
        assert shown(asked_to_issue, CLARA)[0]["buyer"]["line1"] == "1 Old Road"


class TestADraft:
    def test_follows_contract_and_customer(self, draft):
        apply(AFTER)
        answer, pdf = shown(draft, CLARA)
        assert (answer["disclosure"], answer["plan"]) == ("open_book", "Grown")
        assert (answer["buyer"]["name"], answer["seller"]["name"]) == (
            "Acme Robotics",
            "Larkfield Holding",
        )
        missing = [
            part
            for part in ("2 New Road", "PO-2", "14 days net", "Open book")
            if part not in words(pdf)
        ]
        assert missing == []


@pytest.mark.django_db(transaction=True)
def test_what_was_issued_before_the_migration_is_frozen_as_it_stands(capsys):
    with as_ops():
        contract = make_customer("acme", disclosure="closed")
        Customer.objects.filter(pk="acme").update(address={"line1": "1 Old Road"})
        contract.refresh_from_db()
        kept = make_invoice(contract, number="LF-1", state=State.ISSUED, issued_at=NOW)
        waiting = make_invoice(contract, period="2026-09", state=State.ISSUING)
        draft = make_invoice(contract, period="2026-08")
    call_command("migrate", "invoicing", "0002", verbosity=0)
    call_command("migrate", "invoicing", verbosity=0)
    with as_ops():
        Contract.objects.update(disclosure="open_book")
        Customer.objects.update(address={"line1": "2 New Road"})
    for invoice, street in ((kept, "1 Old Road"), (waiting, "1 Old Road"), (draft, "2 New Road")):
        answer, _ = shown(invoice, CLARA)
        assert answer["buyer"]["line1"] == street
        assert answer["total"] == str(Decimal("620.40"))
    assert "Open book" not in words(shown(kept, ANN)[1])
