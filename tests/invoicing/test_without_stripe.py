"""A live stack without Stripe's key: it starts, all works but issuing, and everything says so."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr

from services.invoicing.config.env import InvoicingEnvironment
from services.invoicing.gateways.stripe.connection import stripe_gateway
from services.invoicing.models import Job, StripeEvent
from services.invoicing.operations.act_on_invoice import ActionRefused, act_on_invoice
from services.invoicing.operations.remind_invoicing import remind_invoicing
from shared.auth.actors import Actor
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.runtime.environment import read_environment
from shared.vocabulary.invoice_states import State
from shared.vocabulary.modes import Mode
from tests.invoicing.scenarios import NOW, make_customer, make_invoice
from tests.tokens import client_of

CLARA = Actor("clara", "billing_clerk")
VIC = Actor("vic", "operator_viewer")
NEEDS_STRIPE = {"issue_invoices", "process_stripe_events", "sweep_stripe_events"}


@pytest.fixture
def keyless(settings):
    """As a live stack starts without a key."""
    changed = {"environment": Mode.LIVE, "stripe_api_key": None, "stripe_webhook_secret": None}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=changed)
    stripe_gateway.cache_clear()
    yield
    stripe_gateway.cache_clear()


@pytest.fixture
def stripe_variables(monkeypatch):
    """What the process is given of Stripe's, and its mode."""

    def give(mode, **variables):
        monkeypatch.setenv("TRUEBACK_ENVIRONMENT", mode)
        for name in ("API_KEY", "API_BASE", "WEBHOOK_SECRET"):
            monkeypatch.delenv(f"TRUEBACK_STRIPE_{name}", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f"TRUEBACK_STRIPE_{name}", value)
        return read_environment(InvoicingEnvironment)

    return give


_OLD, _NEW = "whsec_of_the_last_year", "whsec_of_this_year___"


class TestTheEnvironment:
    @pytest.mark.parametrize("empty", [{}, {"API_KEY": "", "WEBHOOK_SECRET": ""}])
    def test_may_have_no_key(self, stripe_variables, empty):
        environment = stripe_variables(Mode.LIVE, **empty)
        assert environment.stripe_api_key is None
        assert environment.webhook_secrets() == []

    @pytest.mark.parametrize(
        "address",
        [
            "http://127.0.0.1:4000",
            "https://stripe.example",
            "https://api.stripe.com.evil.example",
            "http://api.stripe.com",
            "",
        ],
    )
    def test_of_a_live_stack_has_no_stand_in(self, stripe_variables, address):
        with pytest.raises(BadConfiguration, match=r"TRUEBACK_STRIPE_API_BASE.*no stand-in"):
            stripe_variables(Mode.LIVE, API_KEY="rk_live_1", API_BASE=address)

    def test_of_a_live_stack_takes_stripe_itself(self, stripe_variables):
        environment = stripe_variables(Mode.LIVE, API_KEY="rk_live_1")
        assert environment.stripe_api_base == "https://api.stripe.com"
        stripe_variables(Mode.LIVE, API_KEY="rk_live_1", API_BASE="https://api.stripe.com")

    @pytest.mark.parametrize("mode", sorted(set(Mode) - {Mode.LIVE}))
    @pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
    def test_of_no_other_has_a_key_that_moves_money(self, stripe_variables, mode, key):
        with pytest.raises(BadConfiguration, match="TRUEBACK_STRIPE_API_KEY") as refused:
            stripe_variables(mode, API_KEY=key, API_BASE="http://127.0.0.1:4000")
        assert key not in str(refused.value)
        stripe_variables(mode, API_KEY="sk_test_1", API_BASE="http://127.0.0.1:4000")

    def test_reads_two_webhook_secrets(self, stripe_variables):
        environment = stripe_variables(Mode.LIVE, WEBHOOK_SECRET=f"{_OLD}, {_NEW}")
        assert environment.webhook_secrets() == [_OLD, _NEW]

    @pytest.mark.parametrize("wrong", [f"{_OLD},", f",{_OLD}", f"{_OLD}, ,{_NEW}", "whsec_", ","])
    def test_takes_no_webhook_secret_that_anybody_could_have(self, stripe_variables, wrong):
        with pytest.raises(BadConfiguration, match="TRUEBACK_STRIPE_WEBHOOK_SECRET") as refused:
            stripe_variables(Mode.LIVE, WEBHOOK_SECRET=wrong)
        assert _OLD not in str(refused.value)


class TestIssuing:
    def issue(self, invoice):
        return act_on_invoice(
            invoice_id=invoice.invoice_id,
            action="issue",
            actor=CLARA,
            version=invoice.version,
            reason="",
            now=NOW,
        )

    def test_is_refused_with_what_to_do(self, as_staff, keyless):
        invoice = make_invoice(make_customer("acme"), state=State.APPROVED)
        with pytest.raises(ActionRefused, match="TRUEBACK_STRIPE_API_KEY is not set") as refused:
            self.issue(invoice)
        assert refused.value.refusal.code == "no_stripe_key"
        invoice.refresh_from_db()
        assert (invoice.state, Job.objects.count()) == (State.APPROVED, 0)

    def test_is_refused_for_its_state_first(self, as_staff, keyless):
        with pytest.raises(ActionRefused, match="needs approved"):
            self.issue(make_invoice(make_customer("acme")))

    def test_is_known_to_whoever_asks(self, db, keyless):
        answer = client_of(VIC).get("/api/v1/issuing")
        assert answer.json()["refused"]["code"] == "no_stripe_key"

    def test_can_be_done_with_a_key(self, as_staff):
        assert client_of(VIC).get("/api/v1/issuing").json() == {"refused": None}
        invoice = make_invoice(make_customer("acme"), state=State.APPROVED)
        assert self.issue(invoice).state == State.ISSUING


class TestJobs:
    @pytest.fixture
    def waiting(self, as_staff):
        make_invoice(make_customer("acme"), state=State.ISSUING)
        StripeEvent.objects.create(
            event_id="evt_1", type="invoice.paid", object_id="in_1", payload={}
        )

    def kinds(self):
        remind_invoicing()
        return set(Job.objects.values_list("kind", flat=True))

    def test_that_need_stripe_wait_for_the_key(self, waiting, keyless):
        assert self.kinds() & NEEDS_STRIPE == set()

    def test_that_need_stripe_go_on_once_there_is_one(self, waiting):
        assert self.kinds() >= NEEDS_STRIPE

    def test_that_were_asked_for_before_say_what_is_missing(self, keyless):
        with pytest.raises(BadConfiguration, match="Set TRUEBACK_STRIPE_API_KEY"):
            stripe_gateway()


class TestAWebhook:
    """Without a secret nobody's word is taken, least of all one signed by the empty secret."""

    @pytest.mark.parametrize("secret", [None, "", ",", " , "])
    def test_is_refused(self, db, keyless, settings, secret):
        given = None if secret is None else SecretStr(secret)
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"stripe_webhook_secret": given}
        )
        payload = b'{"id": "evt_1", "object": "event", "type": "invoice.paid", "data": {}}'
        stamp = int((timezone.now() - timedelta(seconds=1)).timestamp())
        for key in (b"", b" "):
            made = hmac.new(key, f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
            answer = Client().post(
                "/webhooks/stripe",
                payload,
                content_type="application/json",
                headers={"Stripe-Signature": f"t={stamp},v1={made}"},
            )
            assert answer.status_code == 400
        with as_ops():
            assert not StripeEvent.objects.exists()
