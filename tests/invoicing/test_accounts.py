"""The month of a contract keeps the terms that it was invoiced by."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from services.invoicing.gateways.stripe import RefusedByStripe
from services.invoicing.models import (
    ClosedPeriod,
    Contract,
    Invoice,
    Job,
    Plan,
    TrueUpAccount,
    TrueUpTenant,
)
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.open_account import open_missing_accounts
from services.invoicing.operations.record_close import record_close
from services.invoicing.operations.remind_invoicing import remind_invoicing
from services.invoicing.queries.account_terms import read_lines, read_terms
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_CLOSED
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice
from tests.invoicing.test_drafting import COSTS, FILE, closed, drafts, revised

__all__ = ["closed"]
CLARA = Actor("clara", "billing_clerk")
OCTOBER = DateRange(date(2026, 10, 1), date(2026, 11, 1))


def issue(invoice):
    """As a clerk does, once it is approved."""
    with as_ops():
        Invoice.objects.filter(pk=invoice.pk).update(state=State.APPROVED)
        invoice.refresh_from_db()
        return act_on_invoice(
            invoice_id=invoice.invoice_id,
            action="issue",
            actor=CLARA,
            version=invoice.version,
            reason="",
            now=NOW,
        )


def account():
    with as_ops():
        return TrueUpAccount.objects.get()


def dearer(contract):
    """The contract's plan is moved to 30 % after the invoice was issued."""
    plan = Plan.objects.get(pk=contract.plan_id)
    contract.plan = Plan.objects.create(
        plan_id="standard@2",
        key=plan.key,
        version=2,
        name=plan.name,
        currency=plan.currency,
        components=[{**plan.components[0], "percent": "30"}, plan.components[1]],
    )
    contract.save()


class TestIssuing:
    def test_opens_the_account_of_the_month(self, closed):
        draft_invoices(period="2026-10")
        issued = issue(drafts()["acme"])
        opened = account()
        assert opened.invoice_id == issued.invoice_id
        assert (opened.base_minor, opened.target_run) == (11_000, issued.run_id)
        assert (opened.close_number, opened.state, opened.waived_minor) == (1, "open", 0)
        assert opened.costs == {"acme": {"Compute": "100"}}
        ((key, minor),) = read_lines(opened.target_lines).items()
        assert (key.component, key.tenant, key.charge_group, minor) == (
            *("Cloud usage", "acme", "Compute"),
            11_000,
        )
        terms = read_terms(opened.terms)
        assert (terms.plan, terms.plan_version, terms.prices.tenants) == ("standard", 2, ["acme"])
        with as_ops():
            assert list(TrueUpTenant.objects.values_list("tenant", "days")) == [("acme", OCTOBER)]

    def test_keeps_no_fee_in_the_base(self, as_staff):
        issue(make_invoice(make_customer("acme")))
        assert account().base_minor == 12_140

    def test_gives_no_day_of_a_tenant_to_a_second_account(self, as_staff):
        issue(make_invoice(make_customer("acme")))
        other = make_customer("globex")
        other.tenants = ["acme", "globex"]
        other.save()
        with pytest.raises(IntegrityError, match="account_tenant_days"), transaction.atomic():
            issue(make_invoice(other))
        assert TrueUpAccount.objects.count() == 1

    def test_leaves_no_account_where_stripe_refuses(self, transactional_db, monkeypatch):
        with as_ops():
            invoice = make_invoice(make_customer("acme"))
        issue(invoice)

        def refuse(*_args):
            raise RefusedByStripe("no", answer="no")

        monkeypatch.setattr("services.invoicing.operations.issue_invoices.stripe_gateway", object)
        monkeypatch.setattr("services.invoicing.operations.issue_invoices._issue", refuse)
        issue_invoices()
        with as_ops():
            assert Invoice.objects.get().state == State.PARKED
            assert not TrueUpAccount.objects.exists()
            assert not TrueUpTenant.objects.exists()


class TestTheTermsOfAnAccount:
    def test_price_what_is_restated_later_though_the_plan_has_changed(self, as_staff):
        contract = make_customer("acme")
        invoice = issue(make_invoice(contract))
        dearer(contract)
        revised("acme", "90.00")
        invoice.refresh_from_db()
        # 90.00 plus 20 % is 108.00; the contract as it is now would ask for 117.00.
        assert invoice.restated_by_minor == 10_800 - 12_140

    def test_are_still_those_of_the_contract_before_it_is_issued(self, as_staff):
        contract = make_customer("acme")
        invoice = make_invoice(contract)
        dearer(contract)
        revised("acme", "90.00")
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == 11_700 - 12_140

    def test_change_only_with_their_version(self, as_staff):
        issue(make_invoice(make_customer("acme")))
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            TrueUpAccount.objects.update(terms={})
        assert TrueUpAccount.objects.update(terms={}, terms_version=2) == 1

    @pytest.mark.parametrize("field", ["period", "currency", "seller", "contract_id"])
    def test_never_become_those_of_another_month_or_contract(self, as_staff, field):
        issue(make_invoice(make_customer("acme")))
        other = make_customer("globex").pk if field == "contract_id" else "ANO"
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            TrueUpAccount.objects.update(**{field: other})


class TestAMonthWithNothingToInvoice:
    @pytest.fixture
    def empty(self, closed, monkeypatch):
        monkeypatch.setattr(
            "services.invoicing.operations.draft_invoices.statement_costs",
            lambda *_a, **_k: {"acme-eu": COSTS["acme-eu"]},
        )
        draft_invoices(period="2026-10")

    def test_has_an_account_without_a_document(self, empty):
        opened = account()
        assert (opened.invoice_id, opened.base_minor, opened.target_lines) == (None, 0, [])
        assert read_terms(opened.terms).prices.tenants == ["acme"]

    def test_is_not_drafted_at_a_later_close(self, empty, monkeypatch):
        monkeypatch.setattr(
            "services.invoicing.operations.draft_invoices.statement_costs", lambda *_a, **_k: COSTS
        )
        with as_ops():
            again = replace(PERIOD_CLOSED.example, version=4, number=2, run_id="run_2")
            record_close(replace(again, run_version=2, closed_at=NOW))
        draft_invoices(period="2026-10")
        assert list(drafts()) == ["acme-eu"]

    def test_before_the_contract_begins_has_none(self, closed):
        with as_ops():
            Contract.objects.update(starts_on=date(2026, 11, 1))
        draft_invoices(period="2026-10")
        with as_ops():
            assert not TrueUpAccount.objects.exists()


class TestAnotherDraft:
    def test_is_not_made_of_what_was_voided_by_hand(self, closed):
        draft_invoices(period="2026-10")
        issued = issue(drafts()["acme"])
        with as_ops():
            Invoice.objects.filter(pk=issued.pk).update(state=State.VOID, number="ACME-0001")
            ClosedPeriod.objects.update(is_drafted=False)
        draft_invoices(period="2026-10")
        assert list(drafts()) == ["acme-eu"]

    def test_is_not_made_under_a_contract_that_took_the_place_of_what_was_voided(self, closed):
        draft_invoices(period="2026-10")
        issued = issue(drafts()["acme"])
        with as_ops():
            Invoice.objects.filter(pk=issued.pk).update(state=State.VOID, number="ACME-0001")
            apply_plans(content=FILE.replace("tenants: [acme],", "tenants: [acme, globex],"))
            ClosedPeriod.objects.update(is_drafted=False)
        draft_invoices(period="2026-10")
        assert list(drafts()) == ["acme-eu"]


class TestWhatAnEarlierReleaseHasIssued:
    """It has no account, and its lines alone say what it was priced on."""

    def issued(self, contract, **fields):
        with as_ops():
            return make_invoice(
                contract, **{"state": State.ISSUED, "number": "A-1", "issued_at": NOW, **fields}
            )

    @pytest.fixture
    def contract(self, transactional_db):
        with as_ops():
            return make_customer("acme")

    def test_gets_one_by_a_job_that_is_asked_for_until_it_is_done(self, contract):
        self.issued(contract)
        for expected in (1, 0):
            remind_invoicing()
            with as_ops():
                assert Job.objects.filter(kind="open_accounts").count() == expected
                Job.objects.all().delete()
            open_missing_accounts()
        opened = account()
        assert (opened.base_minor, opened.state, opened.stopped_for) == (12_140, "open", None)
        assert opened.costs == {"acme": {"Compute": "101.1676666667"}}

    def test_gets_it_once(self, contract):
        self.issued(contract)
        open_missing_accounts()
        open_missing_accounts()
        assert account().base_minor == 12_140

    def test_is_stopped_where_its_lines_are_not_what_the_terms_ask_for(self, contract):
        self.issued(contract)
        with as_ops():
            dearer(contract)
        open_missing_accounts()
        opened = account()
        assert (opened.state, opened.base_minor) == ("stopped", 12_140)
        assert opened.stopped_for["code"] == "other_terms"
        assert opened.stopped_for["figures"] == {"plan": "standard v2"}

    def test_is_stopped_where_it_was_voided_by_hand(self, contract):
        self.issued(contract, state=State.VOID)
        open_missing_accounts()
        assert (account().state, account().stopped_for["code"]) == ("stopped", "voided_by_hand")

    def test_is_that_of_the_invoice_that_took_the_place_of_a_void_one(self, contract):
        self.issued(contract, state=State.VOID)
        live = self.issued(contract, number="A-2")
        open_missing_accounts()
        assert (account().invoice_id, account().state) == (live.invoice_id, "open")

    def test_is_stopped_where_a_line_is_negative(self, contract):
        invoice = self.issued(contract)
        with as_ops():
            line = invoice.lines.get(position=1)
            line.pk, line.position = None, 3
            line.charge_group, line.cost = "Credits", Decimal(-10)
            line.amount_minor, line.exact_amount = -1_200, Decimal(-12)
            line.save(force_insert=True)
        open_missing_accounts()
        assert (account().state, account().stopped_for["code"]) == ("stopped", "negative_line")

    @pytest.mark.parametrize("state", [State.DRAFT, State.APPROVED, State.PARKED])
    def test_has_none_before_it_is_issued(self, contract, state):
        with as_ops():
            make_invoice(contract, state=state)
        open_missing_accounts()
        with as_ops():
            assert not TrueUpAccount.objects.exists()

    def test_has_none_where_a_draft_was_discarded(self, contract):
        with as_ops():
            make_invoice(contract, state=State.VOID)
        open_missing_accounts()
        with as_ops():
            assert not TrueUpAccount.objects.exists()
