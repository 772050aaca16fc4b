"""Invoices of contracts that price more than a percentage: what is stored, booked and held."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.invoicing.models import Contract, Invoice, InvoiceLine, LedgerEntry, TrueUpAccount
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.book_entries import book_issued
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.open_account import open_account
from services.invoicing.queries.account_terms import read_lines
from services.invoicing.queries.invoice_fact import invoice_fact
from shared.contracts.bases import Adjusted, Adjustment, Markup, MinimumRest
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_drafting import FILE, closed, drafts

__all__ = ["closed"]
NOW = datetime(2026, 11, 5, tzinfo=UTC)
TEN = "{kind: cost_plus, name: Cloud usage, percent: 10}"
ACME = "{plan: standard, tenants: [acme], from: 2026-01-01}"


def priced_by(*components, contract=""):
    """A third version of the plan; `contract` is what the contract of acme has besides."""
    version = f"""
  - key: standard
    name: Standard
    version: 3
    currency: USD
    components: [{", ".join(components)}]
customers:"""
    text = FILE.replace("\ncustomers:", version)
    with as_ops():
        apply_plans(content=text.replace(ACME, f"{ACME[:-1]}{contract}}}"))


def drafted(costs, monkeypatch):
    monkeypatch.setattr(
        "services.invoicing.operations.draft_invoices.statement_costs", lambda *_a, **_k: costs
    )
    draft_invoices(period="2026-10")
    return drafts().get("acme")


def acme(**groups):
    return {"acme": {group: Decimal(cost) for group, cost in groups.items()}}


def rows(invoice):
    with as_ops():
        lines = InvoiceLine.objects.filter(invoice=invoice).order_by("position")
        return [(line.kind, line.amount_minor, line.exact_amount) for line in lines]


def booked(invoice):
    with as_ops():
        invoice.number = "ACME-0001"
        book_issued(invoice)
        entries = LedgerEntry.objects.filter(document=f"{invoice.invoice_id}:issued")
        assert sum(entry.amount for entry in entries) == 0
        return {entry.account: entry.amount for entry in entries}


class TestAnInvoice:
    def test_has_a_minimums_rest_as_a_line_that_says_so(self, closed, monkeypatch):
        priced_by(TEN, "{kind: minimum, amount: 200.00}")
        invoice = drafted(acme(Compute="100.0041"), monkeypatch)
        assert rows(invoice) == [
            ("cost_plus", 11_000, Decimal("110.0045100000")),
            ("minimum", 9_000, Decimal(90)),
        ]
        with as_ops():
            fact = invoice_fact(invoice)
        assert (fact.total, fact.lines[1].basis) == (
            Decimal("200.00"),
            MinimumRest(Decimal("200.00")),
        )

    def test_books_what_a_line_was_rounded_by_and_nothing_that_a_cap_cut_off(
        self, closed, monkeypatch
    ):
        priced_by(TEN, "{kind: flat_fee, name: Fee, amount: 5.00}")
        rounded = drafted(acme(Compute="100.0041"), monkeypatch)
        assert booked(rounded) == {
            "receivable": Decimal(115),
            "revenue": Decimal("-115.0045100000"),
            "rounding": Decimal("0.0045100000"),
        }

    def test_books_a_capped_amount_as_it_is(self, closed, monkeypatch):
        priced_by(TEN, "{kind: cap, amount: 100.00}")
        capped = drafted(acme(Compute="100.0041", Storage="50"), monkeypatch)
        assert [minor for _, minor, _ in rows(capped)] == [6_667, 3_333]
        assert booked(capped) == {"receivable": Decimal(100), "revenue": Decimal(-100)}

    def test_in_another_currency_is_by_the_contracts_rate(self, closed, monkeypatch):
        said = ", currency: EUR, fx: {rate: 0.50505, source: ECB, date: 2026-10-30}"
        priced_by(TEN, contract=said)
        invoice = drafted(acme(Compute="100"), monkeypatch)
        with as_ops():
            fact = invoice_fact(invoice)
            account = open_account(invoice, now=NOW)
        [line] = fact.lines
        assert (fact.currency, fact.total) == ("EUR", Decimal("55.56"))
        assert (line.cost, line.basis) == (
            Decimal("50.5050000000"),
            Adjusted(Markup(Decimal(10)), [Adjustment("rate", Decimal("0.50505"))]),
        )
        assert fact.costs == {"Compute": Decimal("50.5050000000")}
        assert (account.currency, account.base_minor) == ("EUR", 5_556)
        assert account.costs == {"acme": {"Compute": "100"}}
        assert account.terms["prices"]["rate"] == "0.50505"

    def test_without_a_rate_is_not_made_and_with_one_to_its_own_currency_neither(
        self, closed, monkeypatch
    ):
        with as_ops():
            Contract.objects.filter(tenants=["acme"]).update(fx={"rate": "0.5"})
        with pytest.raises(BadConfiguration, match="acme for acme is in USD, the bill in USD"):
            drafted(acme(Compute="100"), monkeypatch)
        assert list(drafts()) == []


class TestCreditsLargerThanTheUsage:
    def test_leave_the_fee_and_hold_the_invoice_with_what_is_left(self, closed, monkeypatch):
        priced_by(TEN, "{kind: flat_fee, name: Fee, amount: 5.00}")
        invoice = drafted(acme(Compute=-100, Storage=40), monkeypatch)
        assert rows(invoice) == [("flat_fee", 500, Decimal(5))]
        with as_ops():
            assert invoice_fact(invoice).costs is None
        assert (invoice.state, invoice.restated_by_minor) == (State.PARKED, None)
        [cause] = invoice.parked_for
        assert (cause["code"], cause["figures"]) == (
            "below_zero",
            {"amount": "66.00", "currency": "USD"},
        )
        with as_ops():
            account = open_account(invoice, now=NOW)
        assert (account.base_minor, account.below_zero_minor) == (0, -6_600)
        assert (account.waived_minor, account.waived_why) == (-6_600, "below_zero")
        assert account.target_exact == Decimal(-66)

    def test_are_kept_with_the_account_where_there_is_no_invoice(self, closed, monkeypatch):
        priced_by(TEN)
        assert drafted(acme(Compute=-100), monkeypatch) is None
        with as_ops():
            account = TrueUpAccount.objects.get(contract__tenants=["acme"])
        assert (account.invoice_id, account.base_minor) == (None, 0)
        assert (account.below_zero_minor, account.waived_minor) == (-11_000, -11_000)
        assert account.costs == {"acme": {"Compute": "-100"}}
        assert read_lines(account.target_lines) == {}


class TestSteps:
    STEPS = "{kind: graduated, name: Cloud usage, steps: [{to: 100, percent: 30}, {percent: 10}]}"

    def test_are_one_line_and_bill_no_tenant_of_theirs_again(self, closed, monkeypatch):
        costs = {"acme": {"Compute": Decimal(100)}, "acme-eu": {"Compute": Decimal(50)}}
        first, _, second = FILE.partition("      - {plan: standard, tenants: [acme-eu]")
        monkeypatch.setattr(f"{__name__}.FILE", first.replace("[acme],", "[acme, acme-eu],"))
        monkeypatch.setattr(f"{__name__}.ACME", "{plan: standard, tenants: [acme, acme-eu]}")
        priced_by(self.STEPS)
        invoice = drafted(costs, monkeypatch)
        assert rows(invoice) == [("graduated", 18_500, Decimal(185))]
        with as_ops():
            assert invoice_fact(invoice).costs == {"Compute": Decimal(150)}
        monkeypatch.setattr(
            f"{__name__}.FILE", f"{first}      - {{plan: standard, tenants: [acme-eu]{second}"
        )
        priced_by(self.STEPS)
        draft_invoices(period="2026-10")
        with as_ops():
            assert Contract.objects.filter(is_active=True).count() == 2
            assert list(Invoice.objects.exclude(state=State.VOID)) == [invoice]
