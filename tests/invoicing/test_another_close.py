"""A month is closed again: what is not issued is drafted anew, what is issued stays."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.invoicing.models import ClosedPeriod, Contract, Invoice, Outbox
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.move_invoice import held_for, move_invoice
from services.invoicing.operations.record_close import record_close
from services.invoicing.queries.invoice_fact import parked_for
from shared.contracts.attribution import PERIOD_CLOSED
from shared.contracts.invoicing import REVENUE_RECORDED, Cause
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_drafting import (
    COSTS,
    FILE,
    NOW,
    attributed,
    closed,
    discard,
    drafts,
    revised,
)

__all__ = ["closed"]
FIRST = replace(PERIOD_CLOSED.example, number=1, causes=[])
RESTATED_COSTS = {**COSTS, "acme": {"Compute": Decimal(130)}}


@pytest.fixture
def drafted(closed):
    draft_invoices(period="2026-10")
    return drafts()


def second_close():
    """After all that is drafted so far."""
    now = datetime.now(UTC)
    return replace(FIRST, version=4, number=2, run_id="run_2", run_version=2, closed_at=now)


def close_again(monkeypatch, costs=RESTATED_COSTS):
    """The run that the month was restated by is what it is closed on now."""
    monkeypatch.setattr(
        "services.invoicing.operations.draft_invoices.statement_costs", lambda *_a, **_k: costs
    )
    attributed(2, "run_2")
    revised("acme", "130")
    with as_ops():
        record_close(second_close())
    draft_invoices(period="2026-10")


def put(invoice, state, **fields):
    """As a person leaves it."""
    cause = Cause(CauseCode.PERSON, text="so")
    with as_ops():
        move_invoice(invoice, state, actor="clara", cause=cause, now=NOW, **fields)


def log_of(invoice):
    with as_ops():
        return [
            (item.to_state, item.actor, item.cause["code"])
            for item in invoice.transitions.order_by("sequence")
        ]


class TestAnotherClose:
    def test_drafts_anew_what_is_not_issued(self, drafted, monkeypatch):
        close_again(monkeypatch)
        after = drafts()
        assert {tenant: one.total_minor for tenant, one in after.items()} == {
            "acme": 14_300,
            "acme-eu": 5_500,
        }
        assert {one.state for one in after.values()} == {State.DRAFT}
        assert {one.run_id for one in after.values()} == {"run_2"}
        assert {one.restated_by_minor for one in after.values()} == {None}
        assert sorted(one.sequence for one in after.values()) == [1, 2]
        assert log_of(drafted["acme"])[-1] == ("void", "trueback", "closed_again")
        assert log_of(after["acme"]) == [("draft", "trueback", "closed_again")]

    def test_is_the_first_where_it_leaves_what_was_drafted_on_newer_cost(self, drafted):
        attributed(2, "run_2")
        revised("acme", "130")
        on_newer = discard("acme")
        discard("acme-eu")
        assert (on_newer.run_id, on_newer.total_minor) == ("run_2", 14_300)
        assert drafts()["acme"].invoice_id == on_newer.invoice_id

    def test_takes_back_the_revenue_of_what_gave_way(self, drafted, monkeypatch):
        close_again(monkeypatch)
        with as_ops():
            rows = Outbox.objects.filter(topic=REVENUE_RECORDED.name)
            entries = [row.payload for row in rows]
        acme = sum(Decimal(one["amount"]) for one in entries if one["tenant"] == "acme")
        assert acme == Decimal(143)

    def test_twice_drafts_once(self, drafted, monkeypatch):
        close_again(monkeypatch)
        before = {one.invoice_id for one in drafts().values()}
        draft_invoices(period="2026-10")
        assert {one.invoice_id for one in drafts().values()} == before

    def test_drafts_anew_what_was_in_review(self, drafted, monkeypatch):
        put(drafted["acme"], State.IN_REVIEW)
        close_again(monkeypatch)
        assert drafts()["acme"].total_minor == 14_300

    def test_holds_what_was_approved_meanwhile(self, drafted, monkeypatch):
        monkeypatch.setattr(
            "services.invoicing.operations.draft_invoices.statement_costs",
            lambda *_a, **_k: RESTATED_COSTS,
        )
        put(drafted["acme"], State.APPROVED)
        with as_ops():
            record_close(second_close())
        draft_invoices(period="2026-10")
        held = drafts()["acme"]
        assert (held.invoice_id, held.state) == (drafted["acme"].invoice_id, State.PARKED)
        assert held.parked_from == State.APPROVED
        assert [cause.code for cause in parked_for(held)] == ["approved_on_older_close"]

    def test_then_drafts_it_anew_when_a_person_discards_it(self, drafted, monkeypatch):
        self.test_holds_what_was_approved_meanwhile(drafted, monkeypatch)
        assert discard("acme").total_minor == 14_300

    @pytest.mark.parametrize("code", [CauseCode.PERSON, CauseCode.REFUSED_BY_STRIPE])
    def test_leaves_what_a_person_or_stripe_holds(self, drafted, monkeypatch, code):
        put(drafted["acme"], State.PARKED, parked_from="draft", **held_for([Cause(code)]))
        close_again(monkeypatch)
        held = drafts()["acme"]
        assert (held.invoice_id, held.total_minor) == (drafted["acme"].invoice_id, 11_000)
        assert [cause.code for cause in parked_for(held)] == [code, "restated"]

    def test_judges_anew_what_a_guardrail_held(self, drafted, monkeypatch):
        held = held_for([Cause(CauseCode.ABOVE_MEDIAN, {"times": "3.0"})])
        put(drafted["acme"], State.PARKED, parked_from="draft", **held)
        close_again(monkeypatch)
        assert drafts()["acme"].state == State.DRAFT

    @pytest.mark.parametrize("state", [State.ISSUING, State.ISSUED, State.PAID])
    def test_leaves_what_is_issued_and_says_by_how_much_it_is_off(
        self, drafted, monkeypatch, state
    ):
        put(drafted["acme"], state)
        close_again(monkeypatch)
        kept = drafts()["acme"]
        assert (kept.invoice_id, kept.state) == (drafted["acme"].invoice_id, state)
        assert (kept.total_minor, kept.restated_by_minor) == (11_000, 3_300)

    def test_makes_no_draft_of_a_tenant_that_costs_nothing_any_more(self, drafted, monkeypatch):
        close_again(monkeypatch, {"acme-eu": COSTS["acme-eu"]})
        assert list(drafts()) == ["acme-eu"]

    def test_holds_what_was_not_invoiced_at_the_first(self, closed, monkeypatch):
        with as_ops():
            apply_plans(content=FILE.replace("      - {plan: standard, tenants: [acme-eu]", "#"))
        draft_invoices(period="2026-10")
        assert list(drafts()) == ["acme"]
        with as_ops():
            apply_plans(content=FILE)
        close_again(monkeypatch)
        new = drafts()["acme-eu"]
        assert [cause.code for cause in parked_for(new)] == ["not_invoiced_before"]

    def test_bills_no_day_again_under_a_contract_that_was_replaced(self, drafted, monkeypatch):
        put(drafted["acme"], State.ISSUED)
        self.replace_contract()
        close_again(monkeypatch)
        with as_ops():
            live = Invoice.objects.exclude(state=State.VOID)
            acme = [one for one in live if one.lines.filter(tenant="acme").exists()]
        assert [one.invoice_id for one in acme] == [drafted["acme"].invoice_id]

    def test_drafts_under_the_contract_that_took_anothers_place(self, drafted, monkeypatch):
        self.replace_contract()
        close_again(monkeypatch)
        with as_ops():
            live = Invoice.objects.exclude(state=State.VOID)
            [new] = [one for one in live if one.lines.filter(tenant="acme").exists()]
            assert new.contract == Contract.objects.get(tenants=["acme", "globex"])
        assert (new.state, new.total_minor) == (State.DRAFT, 14_300)

    def test_drafts_under_the_old_one_where_none_took_its_place(self, drafted, monkeypatch):
        with as_ops():
            Contract.objects.filter(tenants=["acme"]).update(is_active=False)
        close_again(monkeypatch)
        assert drafts()["acme"].total_minor == 14_300

    def replace_contract(self):
        with as_ops():
            apply_plans(content=FILE.replace("tenants: [acme],", "tenants: [acme, globex],"))

    def test_is_kept_with_its_number(self, drafted, monkeypatch):
        close_again(monkeypatch)
        with as_ops():
            kept = ClosedPeriod.objects.get()
        assert (kept.number, kept.run_id, kept.is_drafted) == (2, "run_2", True)
