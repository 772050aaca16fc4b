"""The independent checker finds nothing to say of what is issued, and something of each fault."""

from dataclasses import replace
from decimal import Decimal

import pytest

from deploy.true_up_checker import differences
from services.invoicing.models import ClosedPeriod, Invoice, TrueUpAccount
from services.invoicing.operations import issue_invoices as issuing
from services.invoicing.operations import settle_accounts as settling
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.process_stripe_events import (
    process_stripe_events,
    sweep_stripe_events,
)
from services.invoicing.queries.corrections import read_corrections
from shared.isolation.scope import as_ops
from tests.invoicing.test_accounts import issue
from tests.invoicing.test_corrections_at_stripe import (
    acme,
    approve_drafts,
    gateway,
    one_gateway,
)
from tests.invoicing.test_issue import standin
from tests.invoicing.test_settling import costs, month

__all__ = ["gateway", "month", "one_gateway", "standin"]


@pytest.fixture
def october(month, gateway):
    """Not put there again: invoices at Stripe are looked for by their id, so each has its own."""

    def invoiced(**terms):
        approve_drafts(month, **terms)
        issue_invoices()
        return acme()

    month.invoiced = invoiced
    return month


@pytest.fixture
def off_by(standin):
    """Acme's difference, by the statements of its newest close."""

    def off_by(of):
        with as_ops():
            rows = [row for row in read_corrections("2026-10") if row["customer"] == "acme"]
        (difference,) = differences(
            rows,
            read=lambda _uri: statements(of),
            control=lambda name: standin.control("GET", name),
        )
        return difference

    return off_by


def statements(of):
    rows = [
        f"{tenant},{group},{amount}"
        for tenant, groups in of.items()
        for group, amount in groups.items()
    ]
    return "\n".join(["tenant,charge_group,amount", *rows])


LOW, HIGH = costs(compute="1150.25"), costs(compute="1260.75")


class TestNothingIsOff:
    def test_once_a_note_is_issued_nor_before(self, october, gateway, off_by):
        october.invoiced()
        october.close(LOW)
        assert off_by(LOW) == 0
        issue_notes()
        assert off_by(LOW) == 0

    def test_of_a_debit_that_waits_and_stands_on_the_next_invoice(self, october, gateway, off_by):
        october.invoiced()
        october.close(HIGH)
        assert off_by(HIGH) == 0
        october.close(costs(), period="2026-11")
        with as_ops():
            draft = Invoice.objects.get(customer="acme", period="2026-11")
        issue(draft)
        issue_invoices()
        assert off_by(HIGH) == 0

    def test_of_a_supplementary_invoice(self, october, gateway, off_by):
        october.invoiced(true_up="{up: supplementary}")
        october.close(HIGH)
        issue_invoices()
        assert off_by(HIGH) == 0

    def test_of_what_is_waived(self, october, gateway, off_by):
        october.invoiced(true_up="{up: never}")
        october.close(HIGH)
        assert off_by(HIGH) == 0

    def test_of_what_was_voided_by_hand(self, october, gateway, off_by, standin):
        invoice = october.invoiced()
        october.close(LOW)
        issue_notes()
        standin.client().v1.invoices.void_invoice(invoice.stripe_invoice_id)
        sweep_stripe_events()
        process_stripe_events()
        assert off_by(LOW) == 0


class TestIsSeen:
    def test_a_cent_that_a_settlement_lost(self, october, gateway, off_by, monkeypatch):
        october.invoiced()
        target_of = settling.target_of

        def short(*of):
            target = target_of(*of)
            (key, amount), *rest = sorted(target.lines.items())
            return replace(target, lines={key: amount - 1, **dict(rest)})

        monkeypatch.setattr(settling, "target_of", short)
        october.close(LOW)
        assert off_by(LOW) == Decimal("0.01")

    def test_a_note_that_was_booked_and_never_made(self, october, gateway, off_by, monkeypatch):
        october.invoiced()
        monkeypatch.setattr(settling, "make_credit_notes", lambda *_of: None)
        monkeypatch.setattr(settling, "book_settled", lambda *_of: None)
        october.close(LOW)
        assert off_by(LOW) == Decimal("-60.30")

    def test_a_line_that_stripe_has_twice(self, october, gateway, off_by, monkeypatch):
        require = issuing._require_equality

        def twice(invoice, lines, there, to):
            require(invoice, lines, there, to)
            line = {"amount": 100, "metadata": {"trueback_account": account().account_id}}
            to.add_lines(there.stripe_id, {"lines": [line]}, key=f"again {invoice.pk}")

        monkeypatch.setattr(issuing, "_require_equality", twice)
        october.invoiced()
        assert off_by(costs()) == Decimal("-1.00")

    def test_another_plan_than_the_frozen_one(self, october, gateway, off_by):
        october.invoiced()
        with as_ops():
            known = account()
            for component in known.terms["prices"]["components"]:
                if "percent" in component:
                    component["percent"] = "30"
            known.terms_version += 1
            known.save()
        assert off_by(costs()) == Decimal("151.05")

    def test_a_close_that_nobody_settled(self, october, gateway, off_by):
        october.invoiced()
        with as_ops():
            ClosedPeriod.objects.update(number=2)
        assert off_by(LOW) == Decimal("-60.30")


def account():
    with as_ops():
        return TrueUpAccount.objects.get(invoice=acme())
