"""From a closed period to drafts: who is billed, once, and by which contract."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.invoicing.models import (
    ClosedPeriod,
    Contract,
    Customer,
    Invoice,
    Job,
    Outbox,
    Plan,
    Transition,
)
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.record_close import RESTATED, park_restated, record_close
from services.invoicing.operations.record_revision import record_revision
from services.invoicing.operations.remind_invoicing import remind_invoicing
from services.invoicing.queries.invoice_fact import invoice_fact, parked_for
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_ATTRIBUTED, PERIOD_CLOSED, STATEMENT_REVISED
from shared.contracts.invoicing import REVENUE_RECORDED
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State

BRUNO = Actor("bruno", "billing_approver")
NOW = datetime(2026, 11, 5, tzinfo=UTC)
COSTS = {"acme": {"Compute": Decimal(100)}, "acme-eu": {"Compute": Decimal(50)}}
FILE = """
version: 1
currency: USD
tenants: [{key: acme}, {key: acme-eu}, {key: globex}]
labels: {tenant: ["tag:customer"]}
plans:
  - key: standard
    name: Standard
    version: 1
    currency: USD
    components: [{kind: cost_plus, name: Cloud usage, percent: 20}]
  - key: standard
    name: Standard
    version: 2
    currency: USD
    components: [{kind: cost_plus, name: Cloud usage, percent: 10}]
customers:
  - key: acme
    name: Acme
    email: ap@acme.example
    contracts:
      - {plan: standard, tenants: [acme], from: 2026-01-01}
      - {plan: standard, tenants: [acme-eu], from: 2026-01-01}
"""


@pytest.fixture
def closed(transactional_db, monkeypatch):
    monkeypatch.setattr(
        "services.invoicing.operations.draft_invoices.statement_costs", lambda *_a, **_k: COSTS
    )
    with as_ops():
        apply_plans(content=FILE)
        record_close(replace(PERIOD_CLOSED.example, number=1, causes=[]))


def revised(tenant, cost, *, version=2, run_id="run_2"):
    example = STATEMENT_REVISED.dump(STATEMENT_REVISED.example)
    lines = [{"charge_group": "Compute", "method": "label", "amount": cost}]
    changed = {"tenant": tenant, "version": version, "run_id": run_id, "lines": lines}
    with as_ops():
        record_revision(STATEMENT_REVISED.load({**example, **changed}))


def drafts():
    with as_ops():
        return {
            invoice.contract.tenants[0]: invoice
            for invoice in Invoice.objects.exclude(state=State.VOID).select_related("contract")
        }


class TestDrafting:
    def test_makes_an_invoice_for_each_contract_of_a_customer(self, closed):
        draft_invoices(period="2026-10")
        found = drafts()
        assert {tenant: invoice.total_minor for tenant, invoice in found.items()} == {
            "acme": 11_000,
            "acme-eu": 5_500,
        }
        assert sorted(invoice.sequence for invoice in found.values()) == [1, 2]

    def test_again_makes_none(self, closed):
        draft_invoices(period="2026-10")
        before = {invoice.invoice_id for invoice in drafts().values()}
        draft_invoices(period="2026-10")
        assert {invoice.invoice_id for invoice in drafts().values()} == before

    def test_goes_on_where_one_contract_is_in_another_currency_and_says_so(self, closed):
        with as_ops():
            Contract.objects.filter(tenants=["acme"]).update(currency="EUR")
        with pytest.raises(BadConfiguration, match="the contract of acme for acme is in EUR"):
            draft_invoices(period="2026-10")
        assert list(drafts()) == ["acme-eu"]

    def test_is_asked_for_until_it_is_done(self, closed):
        with as_ops():
            Job.objects.all().delete()
        remind_invoicing()
        with as_ops():
            assert Job.objects.filter(kind="draft_invoices").count() == 1
            Job.objects.all().delete()
        draft_invoices(period="2026-10")
        remind_invoicing()
        with as_ops():
            assert not Job.objects.filter(kind="draft_invoices").exists()

    def test_parks_what_a_newer_run_has_overtaken(self, closed):
        newer = PERIOD_ATTRIBUTED.dump(PERIOD_ATTRIBUTED.example)
        with as_ops():
            park_restated(PERIOD_ATTRIBUTED.load({**newer, "version": 2, "run_id": "run_2"}))
        draft_invoices(period="2026-10")
        found = {(i.state, i.parked_for[0]["code"]) for i in drafts().values()}
        assert found == {("parked", RESTATED.code)}

    def test_measures_against_a_revision_that_came_before(self, closed):
        revised("acme", "130")
        draft_invoices(period="2026-10")
        found = drafts()
        # 130 plus 10 % is 143.00, drafted on 100 plus 10 %.
        assert (found["acme"].total_minor, found["acme"].restated_by_minor) == (11_000, 3_300)
        assert found["acme-eu"].restated_by_minor is None


def attributed(version, run_id):
    newer = PERIOD_ATTRIBUTED.dump(PERIOD_ATTRIBUTED.example)
    with as_ops():
        park_restated(PERIOD_ATTRIBUTED.load({**newer, "version": version, "run_id": run_id}))


def discard(tenant):
    """And what the job drafts instead."""
    old = drafts()[tenant]
    with as_ops():
        act_on_invoice(
            invoice_id=old.invoice_id,
            action="discard",
            actor=BRUNO,
            version=old.version,
            reason="stale",
            now=NOW,
        )
    draft_invoices(period="2026-10")
    return drafts()[tenant]


class TestADiscardedDraft:
    def test_makes_room_for_a_new_one_and_takes_its_revenue_back(self, closed):
        draft_invoices(period="2026-10")
        old = drafts()["acme"]
        assert discard("acme").invoice_id != old.invoice_id
        with as_ops():
            messages = Outbox.objects.filter(topic=REVENUE_RECORDED.name, payload__tenant="acme")
            assert sum(Decimal(message.payload["amount"]) for message in messages) == Decimal(110)

    def test_of_a_restated_bill_is_drafted_on_the_newest_cost(self, closed):
        draft_invoices(period="2026-10")
        revised("acme", "130")
        attributed(2, "run_2")
        new = discard("acme")
        # 130 plus 10 %.
        assert (new.total_minor, new.restated_by_minor, new.run_id) == (14_300, None, "run_2")
        assert (new.state, new.parked_reasons) == (State.DRAFT, [])
        with as_ops():
            [first] = Transition.objects.filter(invoice=new)
            assert first.reason == "Drafted anew on the restated cost."

    def test_leaves_the_others_on_the_closed_run(self, closed):
        draft_invoices(period="2026-10")
        revised("acme", "130")
        revised("acme-eu", "60")
        attributed(2, "run_2")
        discard("acme")
        other = drafts()["acme-eu"]
        # 50 plus 10 % as drafted, 60 plus 10 % by the newest cost.
        assert (other.total_minor, other.restated_by_minor) == (5_500, 1_100)
        assert (other.state, parked_for(other)) == (State.PARKED, [RESTATED])

    def test_says_by_how_much_the_next_restatement_would_change_it_alone(self, closed):
        draft_invoices(period="2026-10")
        revised("acme", "130")
        discard("acme")
        revised("acme", "125", version=3, run_id="run_3")
        # 125 plus 10 % is 137.50, drafted anew on 143.00.
        assert drafts()["acme"].restated_by_minor == -550

    def test_is_parked_by_a_run_that_is_newer_than_what_it_is_drafted_on(self, closed):
        draft_invoices(period="2026-10")
        revised("acme", "130")
        discard("acme")
        attributed(3, "run_3")
        assert drafts()["acme"].state == State.PARKED

    def test_is_not_parked_by_the_late_news_of_a_run_that_is_older(self, closed):
        draft_invoices(period="2026-10")
        revised("acme", "130", version=3, run_id="run_3")
        discard("acme")
        attributed(2, "run_2")
        attributed(3, "run_3")
        assert drafts()["acme"].state == State.DRAFT

    def test_without_a_restatement_stays_on_the_closed_run(self, closed):
        draft_invoices(period="2026-10")
        new = discard("acme")
        assert (new.total_minor, new.run_id) == (11_000, PERIOD_CLOSED.example.run_id)


class TestTheFile:
    def apply(self, content):
        with as_ops():
            apply_plans(content=content)

    def test_binds_contracts_to_the_highest_version_of_their_plan(self, closed):
        with as_ops():
            assert {contract.plan.version for contract in Contract.objects.all()} == {2}

    def test_that_names_a_customer_no_more_bills_it_no_more(self, closed):
        self.apply(FILE[: FILE.index("customers:")])
        draft_invoices(period="2026-10")
        assert drafts() == {}
        with as_ops():
            assert not Customer.objects.filter(is_active=True).exists()

    def test_that_changes_a_contracts_tenants_replaces_the_contract(self, closed):
        self.apply(FILE.replace("tenants: [acme-eu]", "tenants: [globex]"))
        with as_ops():
            active = Contract.objects.filter(is_active=True)
            assert sorted(contract.tenants[0] for contract in active) == ["acme", "globex"]

    def test_that_gives_contracts_keys_keeps_them_whatever_else_changes(self, closed):
        draft_invoices(period="2026-10")
        with as_ops():
            before = {one.tenants[0]: one.contract_id for one in Contract.objects.all()}
        keyed = FILE.replace("[acme-eu],", "[acme-eu], key: eu,").replace(
            "[acme],", "[acme], key: main,"
        )
        self.apply(keyed)
        self.apply(
            keyed.replace("[acme-eu], key: eu, from: 2026-01", "[globex], key: eu, from: 2026-02")
        )
        with as_ops():
            after = {one.key: one for one in Contract.objects.filter(is_active=True)}
            assert {key: one.contract_id for key, one in after.items()} == {
                "main": before["acme"],
                "eu": before["acme-eu"],
            }
            assert (after["eu"].tenants, str(after["eu"].starts_on)) == (["globex"], "2026-02-01")
            assert Contract.objects.count() == 2

    def test_keeps_what_a_contract_says_of_corrections_rate_and_tax(self, closed):
        said = (
            "currency: EUR, fx: {rate: 0.9214, source: ECB, date: 2026-10-30},"
            " tax: {category: standard, percent: 19, place: DE},"
            " true_up: {up: never, threshold: 2.00, charge_max_percent: null}"
        )
        self.apply(FILE.replace("[acme-eu],", f"[acme-eu], {said},"))
        with as_ops():
            contract = Contract.objects.get(tenants=["acme-eu"])
            assert contract.fx == {"rate": "0.9214", "source": "ECB", "date": "2026-10-30"}
            assert contract.tax == {"category": "standard", "percent": "19", "place": "DE"}
            assert contract.true_up == {"up": "never", "threshold": "2.00"}
            assert contract.grants == []
        self.apply(FILE)
        with as_ops():
            contract.refresh_from_db()
            assert (contract.fx, contract.tax, contract.true_up) == ({}, {}, {})

    def test_that_bills_a_tenant_twice_is_refused_whole(self, closed):
        twice = FILE.replace("tenants: [acme-eu]", "tenants: [acme-eu, acme]")
        with pytest.raises(BadConfiguration, match="tenant acme is under two contracts at once"):
            self.apply(twice)
        with as_ops():
            assert Contract.objects.filter(is_active=True).count() == 2

    def test_may_follow_one_contract_by_another(self, closed):
        self.apply(
            FILE.replace(
                "{plan: standard, tenants: [acme], from: 2026-01-01}",
                "{plan: standard, tenants: [acme], from: 2026-01-01, to: 2026-11-01}\n"
                "      - {plan: standard, tenants: [acme], from: 2026-11-01}",
            )
        )
        draft_invoices(period="2026-10")
        assert drafts()["acme"].total_minor == 11_000

    def test_can_name_a_customer_without_a_contract(self, closed):
        bare = "  - {key: globex, name: Globex, email: ap@globex.example, contracts: []}"
        self.apply(f"{FILE}{bare}\n")
        with as_ops():
            assert Customer.objects.filter(is_active=True).count() == 2

    def test_can_not_change_a_plan_version_that_is_in_use(self, closed):
        with pytest.raises(BadConfiguration, match="Give the changed plan a new version"):
            self.apply(FILE.replace("percent: 10", "percent: 15"))
        with as_ops():
            assert Plan.objects.count() == 2

    @pytest.mark.parametrize(
        ("first", "minor", "name"),
        [("2026-10-01", 13_000, "Better"), ("2026-11-01", 11_000, "Standard")],
    )
    def test_binds_a_month_to_the_plan_version_in_force_on_its_first_day(
        self, closed, first, minor, name
    ):
        better = f"""
  - key: standard
    name: Better
    version: 3
    from: {first}
    currency: USD
    components: [{{kind: cost_plus, name: Cloud usage, percent: 30}}]
customers:"""
        self.apply(FILE.replace("\ncustomers:", better))
        draft_invoices(period="2026-10")
        invoice = drafts()["acme"]
        with as_ops():
            assert (invoice.total_minor, invoice_fact(invoice).plan) == (minor, name)
            assert invoice.contract.plan.version == 2

    def test_can_not_move_a_plan_version_that_is_in_use(self, closed):
        with pytest.raises(BadConfiguration, match="in use with another `from`"):
            self.apply(FILE.replace("version: 2", "version: 2\n    from: 2026-10-01"))

    def test_applied_twice_changes_and_tells_nothing(self, closed):
        with as_ops():
            before = Outbox.objects.count()
        self.apply(FILE)
        with as_ops():
            assert Outbox.objects.count() == before
            assert ClosedPeriod.objects.count() == 1
