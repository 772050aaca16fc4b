"""What a date alone brings about: debits that no invoice has taken, accounts that are over."""

from datetime import UTC, date, datetime

import pytest

from services.invoicing.models import Debit, Invoice, Job
from services.invoicing.operations.meet_deadlines import meet_deadlines
from services.invoicing.operations.remind_invoicing import remind_invoicing
from services.invoicing.operations.settle_accounts import settle_accounts
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_settling import account, costs, debits, figures, month, notes

__all__ = ["month"]
CLOSED_ON = date(2026, 11, 20)


@pytest.fixture
def on(settings):
    """Do what is due on a business date, and settle what it asks for."""

    def run(day):
        as_it_was = settings.ENVIRONMENT
        shown = {"today": day, "today_since": datetime.now(UTC).date()}
        settings.ENVIRONMENT = as_it_was.model_copy(update=shown)
        meet_deadlines()
        # The month was closed long before: only what is due goes by the later date.
        settings.ENVIRONMENT = as_it_was
        settle_accounts(period="2026-10")

    return run


class TestADebitThatNoInvoiceTakes:
    def test_gets_an_invoice_of_its_own_after_45_days(self, month, on):
        month.invoiced()
        month.close(costs(compute="1260.75"), at=datetime(2026, 11, 20, tzinfo=UTC))
        on(date(2027, 1, 4))
        assert debits() == [("waiting", 7_230)]
        on(date(2027, 1, 5))
        with as_ops():
            extra = Invoice.objects.get(kind="supplementary")
            assert Debit.objects.get().invoice == extra
        assert (extra.state, extra.total_minor) == (State.ISSUING, 7_230)
        assert figures() == (188_499, 188_499, 0, 0)
        on(date(2027, 1, 6))
        with as_ops():
            assert Invoice.objects.filter(kind="supplementary").count() == 1

    def test_that_is_held_waits_for_a_person(self, month, on):
        month.invoiced()
        month.close(costs(compute="1260.75"))
        with as_ops():
            Debit.objects.update(parked_for=[{"code": "brake", "figures": {"number": "2"}}])
        on(date(2027, 3, 1))
        assert debits() == [("waiting", 7_230)]


class TestAnAccountWhoseLastDayIsOver:
    def test_gives_what_is_left_in_the_customers_favour(self, month, on):
        month.invoiced()
        month.close(costs(compute="1199.79"))
        assert (notes(), figures()[2]) == ([], -85)
        on(date(2028, 10, 31))
        assert account().state == "open"
        on(date(2028, 11, 1))
        assert account().state == "final"
        assert [lines for _, lines in notes()] == [{"Compute": 85}]

    def test_waives_what_the_customer_would_owe(self, month, on):
        month.invoiced()
        month.close(costs(compute="1200.90"))
        assert figures()[2] == 48
        on(date(2028, 11, 1))
        assert figures() == (181_317, 181_269, 0, 48)
        assert account().waived_why == "final"


def test_is_asked_for_once_a_day(month):
    remind_invoicing()
    remind_invoicing()
    with as_ops():
        asked = Job.objects.filter(kind="meet_deadlines")
        assert asked.count() == 1
        asked.update(state=Job.State.DONE)
    remind_invoicing()
    with as_ops():
        assert Job.objects.filter(kind="meet_deadlines").count() == 1
