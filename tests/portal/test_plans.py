"""A tenant's month under every plan, priced by the service that knows the plans."""

from decimal import Decimal

import pytest

from shared.auth.actors import Actor
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.world import client_of, record_month

FLAT = {
    "plan": "flat",
    "name": "Flat 2024",
    "version": 1,
    "is_current": True,
    "currency": "USD",
    "total": "90.00",
    "terms": ["90.00 USD a month"],
}
PLUS = FLAT | {"plan": "plus", "name": "Plus", "is_current": False, "total": "140.00"}
GROWTH = PLUS | {"plan": "growth", "name": "Growth", "total": "120.50"}


@pytest.fixture
def invoicing(cast):
    record_month()
    with running_invoicing() as running:
        running.answer = {"data": [PLUS, GROWTH, FLAT]}
        yield running


def page(path="/tenants/acme/plans?period=2026-10", name="vic"):
    return client_of(name).get(path)


class TestTheMonthUnderOtherPlans:
    def test_asks_with_the_exact_cost_of_each_charge_group_in_the_persons_name(self, invoicing):
        page()
        [(actor, path, body)] = invoicing.calls
        assert (actor, path) == (Actor("vic", "operator_viewer"), "/api/v1/price-checks")
        assert (body["tenant"], body["period"]) == ("acme", "2026-10")
        costs = {group: Decimal(cost) for group, cost in body["costs"].items()}
        assert costs == {
            "Compute": Decimal("81.1676666666"),
            "pool:nat": Decimal("20.0000000001"),
        }

    def test_shows_revenue_margin_and_the_change_of_each(self, invoicing):
        rows = {row.key: row for row in page().context["rows"]}
        assert rows["flat"].margin.amount == Decimal("90.00") - Decimal("101.1676666667")
        assert rows["flat"].change is None
        assert rows["growth"].change.amount == Decimal("30.50")

    def test_suggests_the_cheapest_plan_that_covers_the_cost_and_the_lines_for_it(self, invoicing):
        shown = page().content.decode()
        assert "To move Acme to Growth" in shown
        assert "{plan: flat, tenants: [acme], to: 2026-11-01}" in shown
        assert "{plan: growth, tenants: [acme], from: 2026-11-01}" in shown

    @pytest.mark.parametrize(
        "rows",
        [
            [FLAT | {"total": "500.00"}, GROWTH],
            [FLAT, GROWTH | {"total": "95.00"}],
            [FLAT | {"is_current": False}, GROWTH],
        ],
    )
    def test_suggests_nothing_where_nothing_is_wrong_or_nothing_helps(self, invoicing, rows):
        invoicing.answer = {"data": rows}
        assert "To move Acme" not in page().content.decode()

    def test_compares_no_two_currencies(self, invoicing):
        invoicing.answer = {"data": [FLAT, GROWTH | {"currency": "EUR"}]}
        assert [row.key for row in page().context["rows"]] == ["flat"]

    def test_says_so_when_the_prices_can_not_be_had(self, invoicing):
        invoicing.status = 503
        answer = page()
        assert answer.status_code == 200
        assert "does not answer" in answer.content.decode()

    def test_is_404_for_a_tenant_without_cost_in_the_month(self, invoicing):
        assert page("/tenants/nobody/plans").status_code == 404
        assert page("/tenants/acme/plans?period=2026-09").status_code == 404
