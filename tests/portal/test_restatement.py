"""A closed month that AWS has restated: the pages say so, and by how much."""

from decimal import Decimal

from services.portal.models import PeriodSummary
from services.portal.operations.record_facts import (
    record_close,
    record_invoice,
    record_revision,
)
from shared.contracts.attribution import PERIOD_CLOSED, STATEMENT_REVISED
from shared.isolation.scope import as_ops
from tests.portal import scenarios


def revised(tenant="acme", *, before="100", after="112.5", version=2, is_changed=None):
    example = STATEMENT_REVISED.dump(STATEMENT_REVISED.example)
    fact = {
        **example,
        "tenant": tenant,
        "cost_before": before,
        "cost_after": after,
        "version": version,
        "is_changed": is_changed,
    }
    record_revision(STATEMENT_REVISED.load(fact))


def sums():
    summary = PeriodSummary.objects.get(period="2026-10")
    return summary.revised_tenant_count, summary.revised_by


class TestRevisions:
    def test_add_up_over_the_tenants_that_changed(self, as_staff):
        revised("acme", before="100", after="112.5")
        revised("globex", before="50", after="40")
        revised("initech", before="7", after="7")
        assert sums() == (2, Decimal("2.5"))

    def test_that_are_taken_back_are_none(self, as_staff):
        revised(after="112.5", version=2)
        revised(after="100", version=3)
        assert sums() == (0, 0)

    def test_that_change_once_more_count_once(self, as_staff):
        revised(after="112.5", version=2)
        revised(after="110", version=3)
        assert sums() == (1, 10)

    def test_of_a_part_alone_count_a_tenant(self, as_staff):
        revised(before="100", after="100", is_changed=True)
        assert sums() == (1, 0)
        revised(before="100", after="100", is_changed=False, version=3)
        assert sums() == (0, 0)

    def test_that_come_late_are_no_news(self, as_staff):
        revised(after="100", version=3)
        revised(after="112.5", version=2)
        assert sums() == (0, 0)


class TestThePages:
    def test_say_that_a_closed_month_was_restated(self, db):
        with as_ops():
            scenarios.put_cast()
            scenarios.record_month()
            record_close(PERIOD_CLOSED.example)
            revised("acme", before="100", after="112.5")
        page = scenarios.client_of("olivia").get("/margins?period=2026-10").content.decode()
        assert "AWS has restated the bill since the close: +12.50 USD for 1 tenant" in page

    def test_say_on_an_invoice_by_how_much_and_never_to_its_customer(self, db):
        with as_ops():
            scenarios.put_cast()
            fact = scenarios.invoice_fact("acme", "issued", restated_by=Decimal("-13.37"))
            record_invoice(fact)
        staff = scenarios.client_of("clara").get(f"/invoices/{fact.invoice_id}").content.decode()
        assert "AWS has restated this month" in staff
        assert "13.37" in staff
        path = f"/account/invoices/{fact.invoice_id}"
        customer = scenarios.client_of("ann").get(path)
        assert customer.status_code == 200
        assert "13.37" not in customer.content.decode()
