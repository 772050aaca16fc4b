"""Which month a page shows when nobody has asked for one."""

from datetime import UTC, datetime

import pytest

from services.portal.models import PeriodSummary
from services.portal.operations.record_facts import record_invoice, record_period
from services.portal.queries.calendar import read_calendar
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.portal.scenarios import client_of, invoice_fact, period_fact

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
IN_NOVEMBER = datetime(2026, 11, 20, tzinfo=UTC)
IN_DECEMBER = datetime(2026, 12, 2, tzinfo=UTC)


@pytest.fixture
def two_months(month):
    with as_ops():
        record_period(period_fact(period="2026-11", run_id="run_11"))


def newest(now):
    with as_ops():
        return read_calendar(now).newest


class TestTheNewestMonth:
    def test_is_the_one_that_is_over_while_the_next_still_runs(self, two_months):
        assert newest(IN_NOVEMBER) == OCTOBER

    def test_is_the_next_as_soon_as_it_is_over(self, two_months):
        assert newest(IN_DECEMBER) == NOVEMBER

    def test_is_the_one_that_runs_where_there_is_no_other(self, two_months):
        with as_ops():
            PeriodSummary.objects.filter(period="2026-10").update(run_id="")
        assert newest(IN_NOVEMBER) == NOVEMBER


class TestTheInbox:
    def test_opens_on_all_months_and_on_one_where_that_is_asked_for(self, month):
        with as_ops():
            record_invoice(invoice_fact("acme", invoice_id="inv_old", period="2026-08"))
        page = client_of("clara").get("/invoices").content.decode()
        assert "Invoices, all months" in page
        assert '<option value="" selected>All months</option>' in page
        of_october = client_of("clara").get("/invoices?period=2026-10").content.decode()
        assert "Invoices, October 2026" in of_october
        assert '<option value="">All months</option>' in of_october
        assert "All months" not in client_of("olivia").get("/margins").content.decode()
