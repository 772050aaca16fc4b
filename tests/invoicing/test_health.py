"""What is stuck between us and Stripe."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from services.invoicing.gateways.stripe.probe import stripe_probe
from services.invoicing.models import Invoice, StripeEvent, StripeOperation
from shared.auth.actors import Actor
from shared.health import read
from shared.health.dependencies import dependency_troubles
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import make_customer, make_invoice
from tests.standin import API_KEY
from tests.tokens import client_of


def shown():
    answer = client_of(Actor("ana", "operator_analyst")).get("/api/v1/health")
    return [(item["kind"], item["code"], item["subject"]) for item in answer.json()["data"]]


class TestAnInvoice:
    def test_is_shown_while_it_is_issued_for_hours_or_held_by_stripe(self, db):
        with as_ops():
            issuing = make_invoice(make_customer("acme"), state=State.ISSUING)
            held = make_invoice(make_customer("globex"), state=State.PARKED)
            waiting = make_invoice(make_customer("initech"), state=State.PARKED)
            Invoice.objects.filter(pk=held.pk).update(
                parked_for=[{"code": "refused_by_stripe", "figures": {}, "text": "no"}]
            )
            Invoice.objects.filter(pk=waiting.pk).update(parked_for=[{"code": "above_median"}])
        assert sorted(shown()) == sorted(
            [
                ("stuck_invoice", "still_issuing", issuing.invoice_id),
                ("stuck_invoice", "held_by_stripe", held.invoice_id),
            ]
        )
        with as_ops():
            Invoice.objects.update(state=State.ISSUED)
        assert shown() == []


class TestStripe:
    def test_has_events_and_calls_that_nobody_concludes(self, db):
        late, now = datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)
        with as_ops():
            for number, at in enumerate((late, late, now)):
                StripeEvent.objects.create(
                    event_id=f"evt_{number}",
                    type="invoice.paid",
                    object_id="in_1",
                    payload={},
                    received_at=at,
                )
                StripeOperation.objects.create(
                    operation_id=uuid7(),
                    customer_id="acme",
                    document=f"inv_{number}",
                    step="finalize",
                    idempotency_key=str(number),
                    request={},
                    first_sent_at=at,
                    last_sent_at=at,
                )
        assert sorted(shown()) == [
            ("stripe_call", "unknown_outcome", "inv_0"),
            ("stripe_call", "unknown_outcome", "inv_1"),
            ("waiting_stripe_events", "not_processed", ""),
        ]
        with as_ops():
            StripeEvent.objects.update(processed_at=now)
            StripeOperation.objects.update(state=StripeOperation.State.SUCCEEDED)
        assert shown() == []


class TestWhetherStripeIsThere:
    @pytest.fixture
    def given(self, settings):
        """Becomes a process with that key and address of Stripe."""

        def give(key, address):
            settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
                update={"stripe_api_key": key and SecretStr(key), "stripe_api_base": address}
            )
            return stripe_probe()

        stripe_probe.cache_clear()
        yield give
        stripe_probe.cache_clear()

    def test_is_not_asked_without_a_key(self, given):
        assert given(None, "http://127.0.0.1:1") is None

    def test_is_part_of_the_health_where_it_is_away(self, given, db, monkeypatch):
        monkeypatch.setattr(read, "dependency_troubles", dependency_troubles)
        monkeypatch.setattr(read, "common_probes", tuple)
        given(API_KEY, "http://127.0.0.1:1")
        assert shown() == [("stripe_api", "away", "Stripe")]
