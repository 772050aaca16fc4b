"""What the API says of a month's corrections: in few statements, and all of a close at once."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from services.invoicing.models import CreditNote, Invoice
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.queries.corrections import read_close, read_corrections
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.waiting_corrections import read_waiting
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import Role
from tests.invoicing.test_drafting import drafts
from tests.invoicing.test_many_customers import file_of
from tests.invoicing.test_settling import account, as_issued, costs, issued, month
from tests.recorded import record_rows_once
from tests.tokens import client_of

__all__ = ["month"]
BRUNO, CLARA = Actor("bruno", Role.BILLING_APPROVER), Actor("clara", Role.BILLING_CLERK)
PATH = "/api/v1/corrections?period=2026-10"


def read(actor=CLARA):
    return client_of(actor).get(PATH).json()


def waiting(actor=CLARA):
    return client_of(actor).get("/api/v1/corrections/waiting").json()["data"]


def the_row(answer, customer="acme"):
    (row,) = [one for one in answer["data"] if one["customer"] == customer]
    return row


@pytest.fixture
def fifty(month):
    """Each costs 300 less by the second close: 360 to give back, too much to go by itself."""
    record_rows_once("fifty", lambda: _fifty(month))


def _fifty(month):
    with as_ops():
        apply_plans(content=file_of(50))
    month.close(of_each(10_000), at=datetime(2026, 11, 3, tzinfo=UTC))
    for draft in drafts().values():
        issued(draft)
    month.close(of_each(9_700))


def of_each(cost):
    return {f"c{number}": {"Compute": Decimal(cost)} for number in range(50)}


class TestFiftyAtOnce:
    def test_wait_and_are_approved_by_one_click(self, fifty):
        (row,) = waiting()
        assert (row["period"], row["close"], row["in_review"]) == ("2026-10", 2, 50)
        assert row["sums"] == [{"currency": "USD", "credits": "18000.00", "debits": "0.00"}]
        answer = client_of(BRUNO).post(
            "/api/v1/corrections/2026-10/approve", {"close": 2}, content_type="application/json"
        )
        assert answer.json() == {"count": 50, "left": 0}
        assert waiting() == []
        with as_ops():
            assert CreditNote.objects.filter(state=State.ISSUING).count() == 50

    def test_are_listed_in_as_many_statements_as_few(self, fifty):
        with as_ops(), CaptureQueriesContext(connection) as asked:
            rows = read_corrections("2026-10")
        assert len(rows) == 50
        assert len(asked) <= 12


class TestAnAnswer:
    def test_names_the_close_and_what_the_bill_has_moved(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        close = read()["close"]
        assert (close["number"], close["causes"], close["unsettled"]) == (2, ["bill"], 0)
        moved = Decimal(close["bill"]) - Decimal(close["bill_before"])
        assert moved == Decimal("-50.25")

    def test_says_of_how_many_accounts_a_close_is_not_settled(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        month.close(costs(compute="1140.25"))
        # Acme's note is on its way to Stripe: what is right now waits for the answer.
        with as_ops():
            assert read_close("2026-10")["unsettled"] == 1

    def test_of_a_month_that_was_never_closed_has_no_close(self, month):
        assert read() == {"data": [], "close": None}

    def test_has_a_notes_lines_and_where_its_money_would_go(self, month, settings):
        month.invoiced()
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"stripe_api_key": None})
        month.close(costs(compute="1150.25", storage="340"))
        row = the_row(read())
        (note,) = row["documents"]
        assert note["lines"] == [{"description": "Cloud usage: Compute (acme)", "amount": "24.39"}]
        assert [(one["charged"], one["corrected"]) for one in note["detail"]] == [
            ("1440.60", "1380.30"),
            ("372.09", "408.00"),
        ]
        assert note["expected"] == {
            "remaining": "24.39",
            "balance": "0.00",
            "refund": "0.00",
            "out_of_band": "0.00",
        }
        assert (note["close"], note["causes"], row["threshold"]) == (2, ["bill"], "1.00")

    @pytest.mark.parametrize(
        ("terms", "place"),
        [({}, "balance"), ({"true_up": "{down_paid: refund}"}, "refund")],
    )
    def test_of_a_paid_invoice_goes_by_the_contract(self, month, settings, terms, place):
        month.invoiced(**terms)
        with as_ops():
            Invoice.objects.filter(customer="acme").update(state=State.PAID)
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"stripe_api_key": None})
        month.close(costs(compute="1150.25"))
        (note,) = the_row(read())["documents"]
        assert {name: amount for name, amount in note["expected"].items() if amount != "0.00"} == {
            place: "60.30"
        }

    def test_of_what_is_issued_expects_nothing(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        with as_ops():
            CreditNote.objects.update(settlement={"remaining": 6_030})
        as_issued()
        (note,) = the_row(read())["documents"]
        assert (note["expected"], note["remaining"]) == (None, "60.30")

    def test_names_the_invoice_that_a_debit_stands_on(self, month):
        month.invoiced()
        month.close(costs(compute="1260.75"))
        (debit,) = the_row(read())["documents"]
        assert (debit["on_period"], debit["on_kind"], debit["state"]) == ("", "", "waiting")
        assert debit["lines"] == [{"description": "Cloud usage Compute", "amount": "72.30"}]
        month.close(costs(), period="2026-11")
        (debit,) = the_row(read())["documents"]
        assert (debit["on_period"], debit["on_kind"]) == ("2026-11", "standard")


class TestAnInvoiceThatChargesMore:
    def test_says_of_which_month_and_why(self, month):
        original = month.invoiced(true_up="{up: supplementary}")
        month.close(costs(compute="1260.75"))
        with as_ops():
            (charge,) = invoice_fact(Invoice.objects.get(kind="supplementary")).charges
        assert (charge.period, charge.causes, charge.corrects) == (
            "2026-10",
            ["bill"],
            original.number,
        )
        assert charge.net == Decimal("72.30")
        (changed,) = charge.changes
        assert changed.description == "Cloud usage: Compute (acme)"
        assert changed.corrected - changed.charged == Decimal("72.30")


class TestWhatWaits:
    def test_is_by_month_with_its_sums(self, month):
        month.invoiced(true_up="{up: supplementary}")
        month.close(costs(compute="1400.00"))
        (row,) = waiting()
        assert (row["in_review"], row["parked"], row["causes"]) == (1, 0, ["bill"])
        assert row["sums"] == [{"currency": "USD", "credits": "0.00", "debits": "239.40"}]

    def test_has_what_is_held_and_accounts_that_a_person_decides_about(self, month):
        month.invoiced()
        month.close(costs(compute="600.00"))
        with as_ops():
            stopped = account("t0")
            stopped.state = "stopped"
            stopped.save()
            zero = account("t1")
            zero.below_zero_minor = zero.waived_minor = -100
            zero.save()
            (row,) = read_waiting()
        assert (row["in_review"], row["parked"]) == (0, 1)
        assert (row["stopped"], row["below_zero"]) == (1, 1)

    def test_is_not_for_customers(self, month):
        ann = Actor("ann", Role.CUSTOMER_ADMIN, "acme")
        answer = client_of(ann).get("/api/v1/corrections/waiting")
        assert answer.status_code == 404
