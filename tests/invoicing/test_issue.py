"""From approved to paid, against a real stand-in for Stripe that can misbehave."""

import json
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice

import pytest
import stripe
from django.db import connection
from django.db.models import Sum
from django.test import Client
from pydantic import SecretStr

from services.invoicing.gateways.stripe import RefusedByStripe, StripeGateway, UnknownOutcome
from services.invoicing.gateways.stripe.client import KeyRefused
from services.invoicing.models import (
    Contract,
    Customer,
    Invoice,
    Job,
    LedgerEntry,
    Outbox,
    StripeEvent,
    StripeOperation,
    Transition,
)
from services.invoicing.operations import issue_invoices as issuing
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.process_stripe_events import (
    process_stripe_events,
    sweep_stripe_events,
)
from shared.contracts.invoicing import REVENUE_RECORDED, Cause
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice
from tests.standin import API_KEY, NO_LIMITS, WEBHOOK_SECRET, running_standin

FAILURES = ("drop_answer", "conflict", "rate_limit", "error_before", "error_after")
STEPS = {
    "customer": "/v1/customers",
    "draft": "/v1/invoices",
    "lines": "/v1/invoices/*/add_lines",
    "finalize": "/v1/invoices/*/finalize",
    "send": "/v1/invoices/*/send",
}


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    with running_standin(tmp_path_factory.mktemp("stripe"), NO_LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def one_gateway(standin):
    """To read the certificates of all authorities takes as long as half a test."""
    return StripeGateway(api_key=API_KEY, api_base=standin.url, requests_per_second=1000)


@pytest.fixture
def gateway(one_gateway, standin, monkeypatch):
    for module in (
        "services.invoicing.operations.issue_invoices",
        "services.invoicing.operations.process_stripe_events",
    ):
        monkeypatch.setattr(f"{module}.stripe_gateway", lambda: one_gateway)
    monkeypatch.setattr("services.invoicing.gateways.stripe.client._RATE_LIMIT_PAUSE_SECONDS", 0.01)
    standin.control("DELETE", "faults")
    return one_gateway


@pytest.fixture
def invoice(transactional_db, gateway):
    with as_ops():
        return make_invoice(make_customer(new_id("cus")), state=State.ISSUING)


def at_stripe(standin, invoice):
    return [
        item
        for item in standin.control("GET", "invoices")["invoices"]
        if item["metadata"].get("trueback_invoice") == invoice.invoice_id
    ]


def forget_the_time(**fields):
    """As if the last try were long ago, so that nobody has to wait for it."""
    with as_ops():
        for operation in StripeOperation.objects.exclude(state="succeeded"):
            StripeOperation.objects.filter(pk=operation.pk).update(
                last_sent_at=operation.last_sent_at - timedelta(minutes=6), **fields
            )


class TestIssuing:
    def test_makes_the_same_invoice_at_stripe_and_sends_it(self, invoice, standin):
        issue_invoices()
        with as_ops():
            invoice.refresh_from_db()
        (there,) = at_stripe(standin, invoice)
        assert invoice.state == State.ISSUED
        assert (there["number"], there["total"]) == (invoice.number, invoice.total_minor)
        assert [line["amount"] for line in there["all_lines"]] == [12_140, 49_900]
        assert there["status"] == "open"
        assert there["auto_advance"] is False

    def test_gives_each_line_its_own_service_dates(self, transactional_db, gateway, standin):
        year = date(2026, 10, 16), date(2027, 10, 16)
        with as_ops():
            contract = make_customer(new_id("cus"))
            invoice = make_invoice(contract, state=State.ISSUING, fee_dates=year)
        issue_invoices()
        (there,) = at_stripe(standin, invoice)
        periods = [
            tuple(datetime.fromtimestamp(line["period"][end], tz=UTC) for end in ("start", "end"))
            for line in there["all_lines"]
        ]
        assert periods == [
            (datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)),
            (datetime(2026, 10, 16, tzinfo=UTC), datetime(2027, 10, 16, tzinfo=UTC)),
        ]

    def test_asks_stripe_for_what_the_invoice_says_though_the_contract_has_changed(
        self, transactional_db, gateway
    ):
        with as_ops():
            contract = make_customer(new_id("cus"))
            approved = make_invoice(contract, state=State.APPROVED)
            move_invoice(approved, State.ISSUING, actor="clara", cause=Cause("person"), now=NOW)
            Contract.objects.update(days_until_due=5)
            Customer.objects.update(address={"line1": "2 New Road"}, purchase_order="PO-2")
        issue_invoices()
        with as_ops():
            asked = dict(StripeOperation.objects.values_list("step", "request"))
        assert asked["draft"]["days_until_due"] == 30
        assert "custom_fields" not in asked["draft"]
        assert asked["customer"]["address"] == {}

    def test_books_it_and_tells_the_revenue_once(self, invoice):
        issue_invoices()
        with as_ops():
            entries = dict(LedgerEntry.objects.values_list("account", "amount"))
            messages = Outbox.objects.filter(topic=REVENUE_RECORDED.name)
            amounts = sorted(Decimal(message.payload["amount"]) for message in messages)
        assert sum(entries.values()) == 0
        assert entries["receivable"] == Decimal("620.40")
        assert entries["rounding"] == Decimal("0.0012")
        assert amounts == [Decimal("-620.40"), Decimal("620.40")]

    def test_goes_on_where_a_kill_has_left_it(self, invoice, standin, monkeypatch):
        with monkeypatch.context() as killed:
            killed.setattr(issuing, "_conclude", _lost)
            with pytest.raises(UnknownOutcome):
                issue_invoices()
        issue_invoices()
        issue_invoices()
        with as_ops():
            invoice.refresh_from_db()
        assert (invoice.state, len(at_stripe(standin, invoice))) == (State.ISSUED, 1)

    def test_writes_the_intent_down_before_the_call(self, invoice, gateway, monkeypatch):
        seen = []

        def look(*_args, **_kwargs):
            with as_ops():
                seen.append(StripeOperation.objects.get(step="customer").state)
            raise UnknownOutcome("lost")

        monkeypatch.setattr(gateway, "create_customer", look)
        with pytest.raises(UnknownOutcome):
            issue_invoices()
        assert seen == ["intended"]

    @pytest.mark.parametrize("kind", FAILURES)
    @pytest.mark.parametrize("step", STEPS)
    def test_gives_one_invoice_whatever_fails_at_any_step(self, invoice, standin, step, kind):
        standin.fault(kind=kind, method="POST", path=STEPS[step])
        for _ in range(4):
            try:
                issue_invoices()
            except UnknownOutcome:
                forget_the_time()
        with as_ops():
            invoice.refresh_from_db()
        assert invoice.state == State.ISSUED
        (there,) = at_stripe(standin, invoice)
        assert (there["status"], there["total"]) == ("open", invoice.total_minor)
        customers = {
            item["customer"]
            for item in standin.control("GET", "invoices")["invoices"]
            if item["metadata"].get("trueback_invoice") == invoice.invoice_id
        }
        assert len(customers) == 1

    def test_finds_what_happened_after_stripe_has_forgotten_the_key(
        self, invoice, standin, gateway, monkeypatch
    ):
        monkeypatch.setattr(gateway, "add_lines", _lost)
        with pytest.raises(UnknownOutcome):
            issue_invoices()
        with as_ops():
            Invoice.objects.filter(pk=invoice.pk).update(stripe_invoice_id=None)
            StripeOperation.objects.filter(step="draft").update(state="intended", stripe_id="")
        forget_the_time(first_sent_at=invoice.drafted_at)
        monkeypatch.undo()
        monkeypatch.setattr(f"{issuing.__name__}.stripe_gateway", lambda: gateway)
        forget_the_time()
        issue_invoices()
        assert len(at_stripe(standin, invoice)) == 1
        with as_ops():
            assert StripeOperation.objects.filter(step="draft").count() == 1

    def test_parks_an_invoice_that_stripe_would_make_differently(
        self, invoice, standin, gateway, monkeypatch
    ):
        real = gateway.add_lines

        def meddle(stripe_id, params, *, key):
            real(stripe_id, params, key=key)
            extra = {"lines": [{"amount": 1, "description": "from somewhere"}]}
            standin.client().v1.invoices.add_lines(stripe_id, extra)

        monkeypatch.setattr(gateway, "add_lines", meddle)
        issue_invoices()
        with as_ops():
            invoice.refresh_from_db()
        assert invoice.state == State.PARKED
        assert "total: 62040 here, 62041 at Stripe" in invoice.parked_reasons[0]
        assert at_stripe(standin, invoice) == []

        monkeypatch.setattr(gateway, "add_lines", real)
        with as_ops():
            again = Cause("person", text="again")
            move_invoice(invoice, State.ISSUING, actor="x", cause=again, now=NOW)
        issue_invoices()
        with as_ops():
            invoice.refresh_from_db()
        assert invoice.state == State.ISSUED
        assert [item["total"] for item in at_stripe(standin, invoice)] == [62_040]

    def test_parks_what_stripe_refuses_and_goes_on_with_the_others(self, invoice, standin):
        with as_ops():
            Customer.objects.update(stripe_customer_id="cus_unknown")
            other = make_invoice(make_customer(new_id("cus")), state=State.ISSUING)
        issue_invoices()
        with as_ops():
            invoice.refresh_from_db()
            other.refresh_from_db()
        assert (invoice.state, other.state) == (State.PARKED, State.ISSUED)
        assert "Stripe refuses" in invoice.parked_reasons[0]

    def test_takes_no_more_calls_than_it_needs(self, invoice, standin):
        before = _calls(standin)
        issue_invoices()
        made = {route: count - before.get(route, 0) for route, count in _calls(standin).items()}
        assert not any("LIST" in route for route in made)
        assert sum(made.values()) <= 9  # customer, draft, lines, 4 reads, finalize, send


def _calls(standin):
    calls = standin.control("GET", "calls")["calls"]
    return {f"{call['method']} {call['route']}": call["count"] for call in calls}


def _lost(*_args, **_kwargs):
    raise UnknownOutcome("lost")


class TestAWebhook:
    def post(self, event, *, secret=WEBHOOK_SECRET, seconds=0):
        payload = json.dumps(event).encode()
        stamp = int(time.time()) + seconds
        signature = stripe.WebhookSignature._compute_signature(
            f"{stamp}.{payload.decode()}", secret
        )
        return Client().post(
            "/webhooks/stripe",
            payload,
            content_type="application/json",
            headers={"Stripe-Signature": f"t={stamp},v1={signature}"},
        )

    def event(self, invoice, *, event_id="evt_1", kind="invoice.paid"):
        return {
            "id": event_id,
            "object": "event",
            "type": kind,
            "data": {"object": {"id": invoice.stripe_invoice_id, "object": "invoice"}},
        }

    @pytest.fixture(autouse=True)
    def secret(self, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"stripe_webhook_secret": SecretStr(f"whsec_old,{WEBHOOK_SECRET}")}
        )

    @pytest.fixture
    def issued(self, invoice):
        issue_invoices()
        with as_ops():
            invoice.refresh_from_db()
        return invoice

    def test_is_stored_and_answered_before_anything_is_done(self, issued):
        assert self.post(self.event(issued)).status_code == 200
        with as_ops():
            assert StripeEvent.objects.get().processed_at is None
            assert Job.objects.filter(kind="process_stripe_events").count() == 1

    @pytest.mark.parametrize(
        "odd",
        [
            *([], None, "text", 7, {}, {"id": None}, {"id": ["evt_1"], "type": 3}),
            {"id": "x" * 5000, "type": "y" * 5000, "data": {"object": {"id": "z" * 5000}}},
            {"id": "evt_1", "type": "invoice.paid", "data": None},
            {"id": "evt_1", "type": "invoice.paid", "data": {"object": []}},
            {"id": "evt\0", "type": "invoice.paid", "data": {"object": {"id": "\ud800 \\u0000"}}},
        ],
    )
    def test_that_is_odd_is_stored_and_holds_up_no_other(self, issued, standin, odd):
        standin.client().v1.invoices.pay(issued.stripe_invoice_id, {"paid_out_of_band": True})
        for event in (odd, self.event(issued, event_id="evt_2")):
            assert self.post(event).status_code == 200
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
            assert StripeEvent.objects.exclude(outcome="").count() == 2
        assert issued.state == State.PAID

    @pytest.mark.parametrize("seconds", [-400, 400, 10**12])
    def test_of_another_time_is_refused(self, issued, seconds):
        assert self.post(self.event(issued), seconds=seconds).status_code == 400

    @pytest.mark.parametrize("header", ["", "t=,v1=", "t=1", "v1=a", "t=1,v1=\xff", "t=x,v1=y"])
    def test_with_no_signature_to_read_is_refused(self, issued, header):
        answer = Client().post(
            "/webhooks/stripe",
            b"{}",
            content_type="application/json",
            headers={"Stripe-Signature": header},
        )
        assert answer.status_code == 400

    def test_that_is_forged_is_refused_and_not_stored(self, issued):
        assert self.post(self.event(issued), secret="whsec_other").status_code == 400
        with as_ops():
            assert not StripeEvent.objects.exists()

    def test_of_a_payment_makes_the_invoice_paid_once(self, issued, standin):
        standin.client().v1.invoices.pay(issued.stripe_invoice_id, {"paid_out_of_band": True})
        for event_id in ("evt_1", "evt_1", "evt_2"):
            assert self.post(self.event(issued, event_id=event_id)).status_code == 200
        process_stripe_events()
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
            booked = dict(
                LedgerEntry.objects.filter(document__contains=":paid:inpay_").values_list(
                    "account", "amount"
                )
            )
        assert issued.state == State.PAID
        assert booked == {"cash": Decimal("620.40"), "receivable": Decimal("-620.40")}

    def test_that_lies_changes_nothing_since_the_invoice_is_fetched(self, issued):
        self.post(self.event(issued))
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
            assert StripeEvent.objects.get().outcome == "issued already"
        assert issued.state == State.ISSUED

    def test_that_comes_late_never_moves_a_state_back(self, issued, standin):
        standin.client().v1.invoices.pay(issued.stripe_invoice_id, {"paid_out_of_band": True})
        self.post(self.event(issued))
        process_stripe_events()
        self.post(self.event(issued, event_id="evt_2", kind="invoice.finalized"))
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
        assert issued.state == State.PAID

    def test_that_comes_while_the_invoice_is_issued_waits_for_it(self, issued, standin):
        standin.client().v1.invoices.pay(issued.stripe_invoice_id, {"paid_out_of_band": True})
        with as_ops():
            Invoice.objects.filter(pk=issued.pk).update(state=State.ISSUING)
        self.post(self.event(issued))
        process_stripe_events()
        with as_ops():
            assert StripeEvent.objects.get().processed_at is None
            Invoice.objects.filter(pk=issued.pk).update(state=State.ISSUED)
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
        assert issued.state == State.PAID

    def test_of_a_void_takes_back_revenue_and_bookings(self, issued, standin):
        standin.client().v1.invoices.void_invoice(issued.stripe_invoice_id)
        self.post(self.event(issued, kind="invoice.voided"))
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
            booked = list(LedgerEntry.objects.values("account").annotate(total=Sum("amount")))
            messages = Outbox.objects.filter(topic=REVENUE_RECORDED.name)
            revenue = sum(Decimal(message.payload["amount"]) for message in messages)
        assert issued.state == State.VOID
        assert {row["total"] for row in booked} == {Decimal(0)}
        assert revenue == Decimal("-620.40")  # the scenario has no fact of its draft

    def test_that_never_came_is_found_by_the_sweep(self, issued, standin):
        standin.client().v1.invoices.pay(issued.stripe_invoice_id, {"paid_out_of_band": True})
        sweep_stripe_events()
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
        assert issued.state == State.PAID

    @pytest.mark.parametrize(
        "odd",
        [
            {},
            {"id": "evt_0", "type": "invoice.paid", "data": None},
            {"id": "evt_0", "type": "customer.updated", "data": {"object": {"name": "a\0b"}}},
            {"id": "x" * 5000, "type": "y" * 5000, "data": {"object": {"id": "z" * 5000}}},
        ],
    )
    def test_that_never_came_is_found_behind_one_that_is_odd(
        self, issued, standin, gateway, monkeypatch, odd
    ):
        standin.client().v1.invoices.pay(issued.stripe_invoice_id, {"paid_out_of_band": True})
        of_this = (
            event for event in gateway.events_since(0) if issued.stripe_invoice_id in str(event)
        )
        newest_first = [*islice(of_this, 3), odd]  # of all other tests' events, none is read
        assert len(newest_first) == 4
        monkeypatch.setattr(gateway, "events_since", lambda _since: newest_first)
        sweep_stripe_events()
        process_stripe_events()
        with as_ops():
            issued.refresh_from_db()
        assert issued.state == State.PAID


class TestWhatGoesWrongForOne:
    @pytest.fixture
    def two(self, transactional_db, gateway):
        with as_ops():
            first = make_invoice(make_customer(new_id("cus")), state=State.ISSUING)
            second = make_invoice(make_customer(new_id("cus")), state=State.ISSUING)
        return first, second

    def states(self, *invoices):
        with as_ops():
            for invoice in invoices:
                invoice.refresh_from_db()
        return [invoice.state for invoice in invoices]

    def test_at_stripe_holds_up_no_other_invoice(self, two, standin):
        standin.fault(kind="error_before", method="POST", path="/v1/customers")
        with pytest.raises(UnknownOutcome):
            issue_invoices()
        assert self.states(*two) == [State.ISSUING, State.ISSUED]

    def test_with_our_key_parks_nobody(self, two, standin, monkeypatch):
        wrong = StripeGateway(api_key="sk_wrong", api_base=standin.url, requests_per_second=1000)
        monkeypatch.setattr(f"{issuing.__name__}.stripe_gateway", lambda: wrong)
        with pytest.raises(KeyRefused, match="TRUEBACK_STRIPE_API_KEY"):
            issue_invoices()
        assert self.states(*two) == [State.ISSUING, State.ISSUING]

    def test_with_our_key_is_seen_by_asking_for_one_invoice(self, standin):
        asked = {"api_base": standin.url, "requests_per_second": 1000, "seconds": 5}
        right, wrong = (StripeGateway(api_key=key, **asked) for key in (API_KEY, "sk_wrong"))
        right.ask()
        with pytest.raises(KeyRefused, match="TRUEBACK_STRIPE_API_KEY"):
            wrong.ask()
        for asking in (right, wrong):
            asking._client._requestor._client.close()

    def test_of_an_event_whose_object_is_gone_holds_up_no_other(self, two, standin):
        issue_invoices()
        paid, gone = two
        standin.client().v1.invoices.pay(self._id(paid), {"paid_out_of_band": True})
        with as_ops():
            Invoice.objects.filter(pk=gone.pk).update(stripe_status="open")
            for event_id, object_id in (("evt_0", "in_gone"), ("evt_1", self._id(paid))):
                StripeEvent.objects.create(
                    event_id=event_id, type="invoice.paid", object_id=object_id, payload={}
                )
        process_stripe_events()
        assert self.states(paid) == [State.PAID]
        with as_ops():
            assert not StripeEvent.objects.filter(processed_at=None).exists()

    def _id(self, invoice):
        with as_ops():
            return Invoice.objects.get(pk=invoice.pk).stripe_invoice_id

    def test_in_sending_leaves_an_issued_invoice_that_says_so(self, two, gateway, monkeypatch):
        def refuse(*_args, **_kwargs):
            raise RefusedByStripe("Stripe refuses: the customer has no e-mail.")

        monkeypatch.setattr(gateway, "send", refuse)
        issue_invoices()
        assert self.states(*two) == [State.ISSUED, State.ISSUED]
        with as_ops():
            log = Transition.objects.filter(invoice=two[0]).order_by("-sequence").first()
        assert "but not sent" in log.reason


class TestACustomer:
    def test_that_has_moved_is_told_to_stripe_before_its_next_invoice(self, invoice, standin):
        issue_invoices()
        with as_ops():
            Customer.objects.update(email="new@acme.example")
            contract = Contract.objects.get()
            make_invoice(contract, period="2026-11", state=State.ISSUING)
        issue_invoices()
        with as_ops():
            stripe_id = Customer.objects.get().stripe_customer_id
            assert Customer.objects.count() == 1
        there = standin.client().v1.customers.retrieve(stripe_id)
        assert there.email == "new@acme.example"

    def test_that_has_moved_back_is_told_to_stripe_each_time(self, invoice, standin):
        streets = ("1 Old Road", "2 New Road", "1 Old Road", "2 New Road")
        there = []
        for month, street in enumerate(streets, start=1):
            with as_ops():
                Customer.objects.update(address={"line1": street})
                make_invoice(Contract.objects.get(), period=f"2026-{month:02}", state=State.ISSUING)
            issue_invoices()
            with as_ops():
                stripe_id = Customer.objects.get().stripe_customer_id
            there.append(standin.client().v1.customers.retrieve(stripe_id).address.line1)
        assert tuple(there) == streets

    def test_after_a_restore_from_a_backup_gets_no_second_invoice(self, invoice, standin, settings):
        issue_invoices()
        with as_ops():  # the database as it was before the issue
            StripeOperation.objects.all().delete()
            Customer.objects.update(stripe_customer_id=None, stripe_digest="")
        _as_owner(
            "alter table invoicing_invoice disable trigger user",
            "update invoicing_invoice set state = 'issuing', number = '',"
            " stripe_invoice_id = null, version = version + 1",
            "truncate invoicing_ledgerentry",
            "alter table invoicing_invoice enable trigger user",
        )
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"stripe_look_first": True})
        issue_invoices()
        assert len(at_stripe(standin, invoice)) == 1
        with as_ops():
            invoice.refresh_from_db()
        assert invoice.state == State.ISSUED


def _as_owner(*statements):
    """What only a restore does: past the triggers, as the owner, with row security off for it."""
    with connection.cursor() as cursor:
        cursor.execute("set role invoicing_owner")
        cursor.execute("alter table invoicing_invoice no force row level security")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("alter table invoicing_invoice force row level security")
        cursor.execute("reset role")
