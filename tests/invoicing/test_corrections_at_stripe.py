"""A restated month ends as credit notes and debits at Stripe, in the books and on the invoice."""

import time
from decimal import Decimal

import pytest
from django.db.models import Sum

from services.invoicing.gateways.stripe import UnknownOutcome
from services.invoicing.models import CreditNote, Invoice, LedgerEntry, Outbox, TrueUpAccount
from services.invoicing.operations import issue_notes as issuing
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.process_stripe_events import (
    process_stripe_events,
    sweep_stripe_events,
)
from services.invoicing.queries.corrections import read_corrections
from shared.contracts.invoicing import INVOICE_CREDITED, REVENUE_RECORDED
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_accounts import issue
from tests.invoicing.test_drafting import drafts
from tests.invoicing.test_issue import one_gateway, standin
from tests.invoicing.test_settling import approve, costs, file, issued, month
from tests.recorded import record_rows_once

__all__ = ["month", "one_gateway", "standin"]
SOLD = {"acme": costs()["acme"]}


@pytest.fixture
def gateway(one_gateway, standin, monkeypatch, settings):
    for module in ("issue_invoices", "issue_notes", "process_stripe_events", "void_invoice"):
        monkeypatch.setattr(
            f"services.invoicing.operations.{module}.stripe_gateway", lambda: one_gateway
        )
    standin.control("DELETE", "faults")
    # With keys of their own tests have customers of their own at Stripe, with their balances.
    keyed = {"environment": new_id("env").replace("_", "-")}
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=keyed)
    # What tests before this one did at Stripe is nothing to it; each sweep would look at all of it.
    begun_at, events_since = int(time.time()), one_gateway.events_since
    monkeypatch.setattr(
        one_gateway, "events_since", lambda moment: events_since(max(moment, begun_at))
    )
    return one_gateway


@pytest.fixture
def october(month, gateway):
    """Issued at Stripe, and neither paid nor restated yet; others' months keep the brake off."""
    month.invoiced = lambda **terms: _invoiced(month, **terms)
    return month


def _invoiced(month, **terms):
    """Drafted and approved once, for each of what it is called with; issued for each test."""
    record_rows_once(("approved", repr(terms)), lambda: approve_drafts(month, **terms))
    month.number = 1
    issue_invoices()
    return acme()


def approve_drafts(month, **terms):
    with as_ops():
        apply_plans(content=file(**terms))
    month.close(costs())
    for tenant, draft in drafts().items():
        if tenant == "acme":
            issue(draft)
        else:
            issued(draft)


def acme():
    with as_ops():
        return Invoice.objects.get(customer="acme", kind="standard")


def pay(standin, invoice, **how):
    how = how or {"paid_out_of_band": True}
    standin.client().v1.invoices.pay(invoice.stripe_invoice_id, how)
    sweep_stripe_events()
    process_stripe_events()


def the_document():
    with as_ops():
        rows = read_corrections("2026-10")
    (document,) = [one for row in rows for one in row["documents"]]
    return document


def balance(account):
    with as_ops():
        of = LedgerEntry.objects.filter(customer_id="acme", account=account)
        return of.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


class TestACreditNote:
    def test_of_an_open_invoice_lowers_what_is_to_pay(self, october, gateway):
        invoice = october.invoiced()
        october.close(costs(compute="1150.25"))
        issue_notes()
        document = the_document()
        assert (document["state"], document["net"]) == ("issued", "60.30")
        assert (document["remaining"], document["balance"]) == ("60.30", "0.00")
        assert gateway.invoice(invoice.stripe_invoice_id).remaining_minor == 225_139
        (there,) = gateway.credit_notes(invoice.stripe_invoice_id)
        assert (there.number, there.net_minor) == (document["number"], 6_030)

    def test_of_a_paid_one_is_on_the_balance(self, october, gateway, standin):
        invoice = october.invoiced()
        pay(standin, invoice)
        october.close(costs(compute="1150.25"))
        issue_notes()
        assert (the_document()["remaining"], the_document()["balance"]) == ("0.00", "60.30")
        assert balance("customer_credit") == Decimal("-60.30")

    def test_balances_the_books(self, october, gateway):
        october.invoiced()
        october.close(costs(compute="1150.25"))
        issue_notes()
        assert balance("true_up") == 0
        assert balance("receivable") == Decimal("2251.39")
        # 1,752.39 before its lines were rounded, and the fee.
        assert balance("revenue") + balance("rounding") == Decimal("-2251.39")

    def test_is_on_the_invoice_and_lowers_its_revenue(self, october, gateway):
        invoice = october.invoiced()
        october.close(costs(compute="1150.25"))
        issue_notes()
        with as_ops():
            fact = Outbox.objects.filter(topic=INVOICE_CREDITED.name).get().payload
            told = Outbox.objects.filter(topic=REVENUE_RECORDED.name)
            earned = [Decimal(one.payload["amount"]) for one in told.order_by("message_id")]
            invoice.refresh_from_db()
        (credit,) = fact["credits"]
        assert (Decimal(credit["net"]), credit["causes"]) == (Decimal("60.30"), ["bill"])
        (changed,) = credit["changes"]
        assert (
            changed["description"],
            Decimal(changed["charged"]),
            Decimal(changed["corrected"]),
        ) == (
            "Cloud usage: Compute (acme)",
            Decimal("1440.60"),
            Decimal("1380.30"),
        )
        assert fact["version"] <= invoice.version
        assert invoice.restated_by_minor in {None, 0}
        assert earned[-1] == Decimal("-60.30")

    def test_is_made_once_though_it_was_killed_after_stripe_had_it(
        self, october, gateway, monkeypatch
    ):
        invoice = october.invoiced()
        october.close(costs(compute="1150.25"))
        with monkeypatch.context() as killed:
            killed.setattr(issuing, "_conclude", _lost)
            with pytest.raises(UnknownOutcome):
                issue_notes()
        issue_notes()
        assert the_document()["state"] == "issued"
        assert len(gateway.credit_notes(invoice.stripe_invoice_id)) == 1

    def test_on_an_invoice_that_was_voided_meanwhile_is_held_and_the_account_stops(
        self, october, gateway, standin
    ):
        invoice = october.invoiced()
        october.close(costs(compute="1150.25"))
        standin.client().v1.invoices.void_invoice(invoice.stripe_invoice_id)
        issue_notes()
        assert the_document()["state"] == "parked"
        sweep_stripe_events()
        process_stripe_events()
        with as_ops():
            account = TrueUpAccount.objects.get(invoice=invoice)
        assert (account.state, account.stopped_for["code"]) == ("stopped", "voided_by_hand")
        # Nothing of the month is billed: its account carries all of it.
        assert balance("true_up") == Decimal("1752.39")
        assert balance("receivable") == 0
        october.close(costs(compute="1160.25"))
        with as_ops():
            unissued = CreditNote.objects.filter(state=State.ISSUING)
            assert not unissued.exists()


class TestTheBooks:
    def test_take_the_balance_that_stripe_put_on_the_next_invoice(self, october, gateway, standin):
        pay(standin, october.invoiced())
        october.close(costs(compute="1150.25"))
        issue_notes()
        october.close(costs(), period="2026-11")
        with as_ops():
            november = Invoice.objects.get(customer="acme", period="2026-11")
        issue(november)
        issue_invoices()
        assert balance("customer_credit") == 0
        with as_ops():
            november.refresh_from_db()
        remaining = gateway.invoice(november.stripe_invoice_id).remaining_minor
        assert balance("receivable") == Decimal(remaining) / 100 == Decimal("2251.39")

    def test_give_the_customer_what_was_paid_too_much(self, october, gateway, standin):
        invoice = october.invoiced()
        october.close(costs(compute="1150.25"))
        issue_notes()
        standin.control(
            "POST", "pay", {"invoice": invoice.stripe_invoice_id, "amount": invoice.total_minor}
        )
        sweep_stripe_events()
        process_stripe_events()
        assert balance("receivable") == 0
        assert balance("cash") == Decimal("2311.69")
        assert balance("customer_credit") == Decimal("-60.30")


class TestADebit:
    def test_of_its_own_is_an_invoice_at_stripe(self, october, gateway):
        original = october.invoiced(true_up="{up: supplementary}")
        october.close(costs(compute="1260.75"))
        issue_invoices()
        document = the_document()
        assert (document["kind"], document["state"], document["net"]) == (
            *("debit", "issued"),
            "72.30",
        )
        assert document["corrects"] == original.number
        assert balance("true_up") == 0
        assert balance("receivable") == Decimal("2311.69") + Decimal("72.30")

    def test_is_credited_first_where_the_month_falls_again(self, october, gateway):
        """Golden case 5."""
        original = october.invoiced(true_up="{up: supplementary}")
        october.close(costs(compute="1260.75"))
        issue_invoices()
        october.close(costs(compute="1190.00"))
        # With the debit that nobody looked at it is more than goes by itself.
        assert approve(close=3).count == 2
        issue_notes()
        with as_ops():
            given = dict(CreditNote.objects.values_list("invoice__kind", "net_minor"))
        assert given == {"supplementary": 7_230, "standard": 1_260}
        with as_ops():
            # What the month is off by is said by its standard invoice alone.
            said = Invoice.objects.filter(kind="supplementary").values_list("restated_by_minor")
            assert not any(restated_by for (restated_by,) in said)
        october.close(costs(compute="1205.50"))
        with as_ops():
            second = Invoice.objects.get(kind="supplementary", sequence=2)
        assert (second.total_minor, second.period) == (1_860, original.period)


def _lost(*_args):
    raise UnknownOutcome("killed")
