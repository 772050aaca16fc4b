"""Bad days on demand, and what must hold after them."""

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe

from tests.stripe_standin.billing import CREDIT, finalized, on_line

if TYPE_CHECKING:
    from conftest import Receiver, Starter

verify: Any = stripe.Webhook.construct_event
KEY = {"idempotency_key": "tb-test-fault"}


class TestCalls:
    def test_a_dropped_answer_was_done_and_is_replayed(self, start_standin: "Starter") -> None:
        standin = start_standin()
        standin.fault(kind="drop_answer", method="POST", path="/v1/customers")
        client = standin.client()
        with pytest.raises(stripe.APIConnectionError):
            client.v1.customers.create({"name": "Lost"}, KEY)
        again = client.v1.customers.create({"name": "Lost"}, KEY)
        assert [customer.id for customer in client.v1.customers.list().data] == [again.id]

    @pytest.mark.parametrize(("kind", "customers"), [("error_before", 0), ("error_after", 1)])
    def test_a_500_is_replayed_whether_or_not_it_was_done(
        self, start_standin: "Starter", kind: str, customers: int
    ) -> None:
        standin = start_standin()
        standin.fault(kind=kind, path="/v1/customers")
        client = standin.client()
        for _ in range(2):
            with pytest.raises(stripe.APIError):
                client.v1.customers.create({"name": "Unknown"}, KEY)
        assert len(client.v1.customers.list().data) == customers

    @pytest.mark.parametrize(("kind", "status"), [("conflict", 409), ("rate_limit", 429)])
    def test_a_refusal_on_demand_keeps_nothing_and_ends(
        self, start_standin: "Starter", kind: str, status: int
    ) -> None:
        standin = start_standin()
        standin.fault(kind=kind, path="/v1/customers", skip=1)
        client = standin.client()
        client.v1.customers.list()
        with pytest.raises(stripe.StripeError) as refusal:
            client.v1.customers.create({"name": "Later"}, KEY)
        assert refusal.value.http_status == status
        assert client.v1.customers.create({"name": "Later"}, KEY).id

    def test_a_kill_keeps_what_was_answered(self, start_standin: "Starter") -> None:
        standin = start_standin()
        client = standin.client()
        made = [client.v1.customers.create({"name": str(n)}).id for n in range(5)]
        standin.kill()
        standin.start()
        assert [customer.id for customer in client.v1.customers.list().data] == made[::-1]


class TestWebhooks:
    def test_are_signed_so_that_the_sdk_verifies_them(
        self, start_standin: "Starter", receiver: "Receiver"
    ) -> None:
        standin = start_standin("--webhook-url", receiver.url)
        customer = standin.client().v1.customers.create({"name": "Told"})
        receiver.wait_for(1)
        payload, signature = receiver.received[0]
        event = verify(payload, signature, "whsec_of_the_stand_in")
        assert (event.type, event.data.object["id"]) == ("customer.created", customer.id)
        assert event.api_version == "2026-05-27.dahlia"
        with pytest.raises(stripe.SignatureVerificationError):
            verify(payload, signature, "whsec_other")

    def test_come_again_until_they_are_taken(
        self, start_standin: "Starter", receiver: "Receiver"
    ) -> None:
        receiver.statuses = [500]
        standin = start_standin("--webhook-url", receiver.url)
        standin.client().v1.customers.create({"name": "Again"})
        first, second = receiver.wait_for(2)[:2]
        assert first == second == "customer.created"
        assert standin.client().v1.events.list().data[0].pending_webhooks == 0

    def test_survive_a_kill(self, start_standin: "Starter", receiver: "Receiver") -> None:
        standin = start_standin("--webhook-url", receiver.url)
        standin.fault(kind="webhook_delay", seconds=1)
        standin.client().v1.customers.create({"name": "Late"})
        standin.kill()
        standin.start()
        assert receiver.wait_for(1) == ["customer.created"]

    def test_are_delayed_doubled_and_dropped_on_demand(
        self, start_standin: "Starter", receiver: "Receiver"
    ) -> None:
        standin = start_standin("--webhook-url", receiver.url)
        standin.fault(kind="webhook_delay", path="customer.created", seconds=0.5)
        standin.fault(kind="webhook_duplicate", path="customer.updated")
        standin.fault(kind="webhook_drop", path="customer.deleted")
        client = standin.client()
        customer = client.v1.customers.create({"name": "First"})
        client.v1.customers.update(customer.id, {"name": "Second"})
        client.v1.customers.delete(customer.id)
        types = receiver.wait_for(3)
        assert types == ["customer.updated", "customer.updated", "customer.created"]
        missed = client.v1.events.list({"delivery_success": False})
        assert [event.type for event in missed.data] == ["customer.deleted"]

    def test_of_notes_and_refunds_are_late_doubled_and_dropped_too(
        self, start_standin: "Starter", receiver: "Receiver"
    ) -> None:
        standin = start_standin()
        client = standin.client()
        invoice = finalized(client, client.v1.customers.create({"name": "A"}))
        wanted = ["credit_note.created", "credit_note.updated", "refund.created", "refund.failed"]
        client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": wanted})
        standin.fault(kind="webhook_delay", path="refund.created", seconds=0.5)
        standin.fault(kind="webhook_duplicate", path="refund.failed")
        standin.fault(kind="webhook_drop", path="credit_note.created")
        standin.control("POST", "pay", {"invoice": invoice.id})
        note = client.v1.credit_notes.create(on_line(invoice, CREDIT, refund_amount=CREDIT))
        standin.control("POST", "fail_refund", {"refund": note.refunds[0].refund})
        assert receiver.wait_for(3) == ["refund.failed", "refund.failed", "refund.created"]
        missed = client.v1.events.list({"delivery_success": False})
        assert [event.type for event in missed.data] == ["credit_note.created"]

    def test_go_to_endpoints_made_through_the_api(
        self, start_standin: "Starter", receiver: "Receiver"
    ) -> None:
        client = start_standin().client()
        endpoint = client.v1.webhook_endpoints.create(
            {"url": receiver.url, "enabled_events": ["customer.updated"]}
        )
        customer = client.v1.customers.create({"name": "Quiet"})
        client.v1.customers.update(customer.id, {"name": "Loud"})
        assert receiver.wait_for(1) == ["customer.updated"]
        payload, signature = receiver.received[0]
        verify(payload, signature, endpoint.secret or "")
        previous = json.loads(payload)["data"]["previous_attributes"]
        assert previous == {"name": "Quiet"}


class TestTime:
    def test_an_unpaid_invoice_becomes_overdue(
        self, start_standin: "Starter", receiver: "Receiver"
    ) -> None:
        standin = start_standin("--webhook-url", receiver.url)
        client = standin.client()
        customer = client.v1.customers.create({"email": "late@acme.test"})
        invoice = client.v1.invoices.create(
            {"customer": customer.id, "collection_method": "send_invoice", "days_until_due": 14}
        )
        client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 900}]})
        client.v1.invoices.finalize_invoice(invoice.id)
        standin.control("POST", "advance_clock", {"seconds": 15 * 86400})
        assert "invoice.overdue" in receiver.wait_for(6)

    def test_a_draft_left_to_advance_finalises_by_itself_after_an_hour(
        self, start_standin: "Starter"
    ) -> None:
        standin = start_standin()
        client = standin.client()
        customer = client.v1.customers.create({"name": "Forgotten"})
        left = client.v1.invoices.create({"customer": customer.id, "auto_advance": True})
        kept = client.v1.invoices.create({"customer": customer.id, "auto_advance": False})
        client.v1.invoices.add_lines(left.id, {"lines": [{"amount": 900}]})
        standin.control("POST", "advance_clock", {"seconds": 3600})
        assert client.v1.invoices.retrieve(left.id).status == "open"
        assert client.v1.invoices.retrieve(kept.id).status == "draft"


class TestHostedPage:
    def test_lets_a_person_pay_once(self, start_standin: "Starter") -> None:
        client = start_standin().client()
        customer = client.v1.customers.create({"name": "<Acme>", "email": "a@acme.test"})
        invoice = client.v1.invoices.create({"customer": customer.id, "currency": "usd"})
        client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 123456}]})
        page = client.v1.invoices.finalize_invoice(invoice.id).hosted_invoice_url or ""
        shown = httpx.get(page, trust_env=False).text
        assert "1,234.56 USD" in shown
        assert "&lt;Acme&gt;" in shown
        for _ in range(2):
            paid = httpx.post(page, trust_env=False, follow_redirects=True).text
            assert "paid" in paid
        types = [event.type for event in client.v1.events.list({"limit": 100}).data]
        assert types.count("invoice.paid") == 1

    def test_shows_what_is_off_the_total(self, start_standin: "Starter") -> None:
        standin = start_standin()
        client = standin.client()
        customer = client.v1.customers.create({"name": "A", "balance": -700})
        invoice = finalized(client, customer)
        client.v1.credit_notes.create(on_line(invoice, CREDIT))
        standin.control("POST", "pay", {"invoice": invoice.id, "amount": 100_000})
        shown = httpx.get(invoice.hosted_invoice_url or "", trust_env=False).text
        for what in ("-7.00 USD", "-60.30 USD", "-1,000.00 USD", "1,244.39 USD"):
            assert f"<{'th' if what[0] != '-' else 'td'}>{what}<" in shown

    def test_needs_the_token_of_its_address(self, start_standin: "Starter") -> None:
        standin = start_standin()
        client = standin.client()
        customer = client.v1.customers.create({"name": "Acme"})
        invoice = client.v1.invoices.create({"customer": customer.id})
        guessed = httpx.get(f"{standin.url}/i/{invoice.id}/guess", trust_env=False)
        assert guessed.status_code == 404
