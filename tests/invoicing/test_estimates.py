"""A month that is not closed: what each customer would be charged so far, told to the portal."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.invoicing.handlers import HANDLERS, JOBS
from services.invoicing.models import Contract, Customer, Job, Outbox, Plan
from services.invoicing.operations.estimate_charges import estimate_charges
from services.invoicing.operations.record_close import record_close
from services.invoicing.operations.remind_invoicing import remind_invoicing
from shared.contracts.attribution import PERIOD_ATTRIBUTED, PERIOD_CLOSED
from shared.contracts.invoicing import CHARGES_ESTIMATED
from shared.isolation.scope import as_ops
from tests.invoicing.scenarios import make_customer

ATTRIBUTED = replace(PERIOD_ATTRIBUTED.example, period="2026-10")
COSTS = {"acme": {"Compute": Decimal(100), "pool:nat": Decimal(10)}, "nobody": {"S3": Decimal(9)}}

COST_PLUS = {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"}


@pytest.fixture
def customers(transactional_db, monkeypatch):
    monkeypatch.setattr(
        "services.invoicing.operations.estimate_charges.statement_costs", lambda *_a, **_k: COSTS
    )
    with as_ops():
        make_customer("acme")
        make_customer("globex")


def attributed(**changed):
    with as_ops():
        HANDLERS[PERIOD_ATTRIBUTED.name](replace(ATTRIBUTED, **changed))


def closed_on(version):
    with as_ops():
        record_close(replace(PERIOD_CLOSED.example, period="2026-10", run_version=version))


def asked_for():
    with as_ops():
        return list(Job.objects.filter(kind="estimate_charges").values_list("payload", flat=True))


def estimates():
    with as_ops():
        found = Outbox.objects.filter(topic=CHARGES_ESTIMATED.name).order_by("pk")
        return [CHARGES_ESTIMATED.load(message.payload) for message in found]


def estimate():
    [payload] = asked_for()
    JOBS["estimate_charges"](payload)


class TestAnEstimate:
    def test_is_priced_as_the_invoice_would_be(self, customers):
        attributed(version=7)
        estimate()
        acme, globex = estimates()
        assert (acme.customer, acme.period, acme.version) == ("acme", "2026-10", 7)
        assert [(line.description, line.amount) for line in acme.lines] == [
            ("Cloud usage: Compute", Decimal("120.00")),
            ("Cloud usage: shared NAT", Decimal("12.00")),
            ("Platform fee", Decimal("499.00")),
        ]
        assert acme.total == Decimal("631.00")
        assert (globex.customer, globex.total) == ("globex", Decimal("499.00"))

    def test_holds_no_cost(self, customers):
        attributed()
        estimate()
        with as_ops():
            message = Outbox.objects.filter(topic=CHARGES_ESTIMATED.name).first()
        assert "cost" not in str(message.payload)

    def test_is_asked_for_once_for_several_runs(self, customers):
        attributed(version=1)
        attributed(version=2, run_id="run_2")
        [payload] = asked_for()
        assert payload["version"] == 2

    def test_is_not_made_of_a_run_after_the_close(self, customers):
        closed_on(version=7)
        attributed(version=8)
        assert asked_for() == []

    def test_is_not_told_where_the_month_was_closed_on_an_earlier_run_meanwhile(self, customers):
        attributed(version=8)
        closed_on(version=7)
        estimate()
        assert estimates() == []

    def test_is_told_where_the_month_was_closed_on_its_run_at_once(self, customers):
        attributed(version=7)
        closed_on(version=7)
        estimate()
        assert [(fact.customer, fact.version) for fact in estimates()] == [
            ("acme", 7),
            ("globex", 7),
        ]

    def test_is_asked_for_where_the_close_comes_before_its_run(self, customers):
        closed_on(version=7)
        attributed(version=7)
        estimate()
        assert [fact.version for fact in estimates()] == [7, 7]

    def test_leaves_out_a_contract_in_another_currency(self, customers):
        with as_ops():
            Contract.objects.filter(customer_id="acme").update(currency="EUR")
        estimate_charges(
            period="2026-10",
            version=1,
            currency="USD",
            statements_uri="s3://x/y",
            attributed_at="2026-11-01T00:00:00+00:00",
        )
        assert [(fact.customer, fact.total) for fact in estimates()] == [
            ("acme", 0),
            ("globex", Decimal("499.00")),
        ]

    def test_is_in_the_currency_of_the_contract_and_never_of_two(self, customers):
        with as_ops():
            later = make_customer("acme_eu")
            later.customer_id = "acme"
            later.save()
            Contract.objects.filter(pk="con_acme").update(currency="EUR", fx={"rate": "0.5"})
        attributed(version=7)
        estimate()
        acme = estimates()[0]
        assert (acme.customer, acme.currency, acme.total) == ("acme", "EUR", Decimal("565.00"))
        assert [line.amount for line in acme.lines[:2]] == [Decimal("60.00"), Decimal("6.00")]

    def test_of_nothing_is_told_where_a_corrected_run_leaves_no_cost(self, customers, monkeypatch):
        monkeypatch.setattr(
            "services.invoicing.operations.estimate_charges.statement_costs", lambda *_a, **_k: {}
        )
        with as_ops():
            Plan.objects.update(components=[COST_PLUS])
        attributed(version=8)
        estimate()
        assert [(fact.customer, fact.version, fact.total, fact.lines) for fact in estimates()] == [
            ("acme", 8, 0, []),
            ("globex", 8, 0, []),
        ]

    def test_of_nothing_is_told_to_a_customer_whose_contract_has_ended(self, customers):
        with as_ops():
            Contract.objects.filter(customer_id="acme").update(is_active=False)
            Customer.objects.filter(customer_id="acme").update(is_active=False)
        attributed()
        estimate()
        acme, globex = estimates()
        assert (acme.customer, acme.total, acme.lines) == ("acme", 0, [])
        assert globex.total == Decimal("499.00")


class TestAnEstimateThatFailed:
    @pytest.fixture
    def failed(self, customers):
        attributed(version=7)
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        with as_ops():
            Job.objects.filter(kind="estimate_charges").update(
                state="failed", finished_at=long_ago, created_at=long_ago
            )

    def waiting(self):
        with as_ops():
            return [
                job.payload["version"]
                for job in Job.objects.filter(kind="estimate_charges", state="queued")
            ]

    def test_is_asked_for_again(self, failed):
        remind_invoicing()
        remind_invoicing()
        assert self.waiting() == [7]

    def test_is_forgotten_where_a_later_run_was_estimated(self, failed):
        attributed(version=8, run_id="run_8")
        with as_ops():
            Job.objects.filter(kind="estimate_charges", state="queued").update(
                state="done", finished_at=datetime.now(UTC) - timedelta(minutes=30)
            )
        remind_invoicing()
        assert self.waiting() == []

    def test_is_forgotten_where_the_month_was_closed_on_an_earlier_run(self, failed):
        closed_on(version=6)
        remind_invoicing()
        assert self.waiting() == []

    def test_is_asked_for_again_where_the_month_was_closed_on_its_run(self, failed):
        closed_on(version=7)
        remind_invoicing()
        assert self.waiting() == [7]
