"""A tenant's month under every plan, priced by the service that knows the plans."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape

import pytest

from services.portal.operations.record_facts import record_margin, record_period
from shared.auth.actors import Actor
from shared.configuration import parse_configuration
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import client_of, margin_fact, period_fact, record_month

FLAT = {
    "plan": "flat",
    "name": "Flat 2024",
    "version": 1,
    "is_current": True,
    "currency": "USD",
    "total": "90.00",
    "terms": [{"kind": "flat_fee", "amount": "90.00", "every": "month"}],
}
PLUS = FLAT | {"plan": "plus", "name": "Plus", "is_current": False, "total": "140.00"}
GROWTH = PLUS | {"plan": "growth", "name": "Growth", "total": "120.50"}


@pytest.fixture
def invoicing(cast):
    record_month()
    with running_invoicing() as running:
        running.answer = {"data": [PLUS, GROWTH, FLAT]}
        yield running


FILE = """
version: 1
currency: USD
tenants: [{{key: acme, name: Acme}}]
seller: {{key: us, name: Us}}
plans:
  - {{key: flat, name: Flat, version: 1, currency: USD,
     components: [{{kind: flat_fee, name: Fee, amount: 90.00}}]}}
  - {{key: growth, name: Growth, version: 1, currency: USD,
     components: [{{kind: flat_fee, name: Fee, amount: 120.50}}]}}
customers:
  - key: acme
    name: Acme
    email: ap@acme.example
    contracts:
      - {{plan: flat, tenants: [acme], from: 2026-01-01, {end}}}
      {new}
"""


def code_blocks(page):
    return [
        unescape(text) for text in re.findall(r"<pre [^>]*><code>(.*?)</code>", page, re.DOTALL)
    ]


def page(path="/tenants/acme/plans?period=2026-10", name="vic"):
    return client_of(name).get(path)


class TestTheMonthUnderOtherPlans:
    def test_asks_with_the_exact_cost_of_each_charge_group_in_the_persons_name(self, invoicing):
        page()
        [(actor, path, body)] = invoicing.calls
        assert (actor, path) == (Actor("vic", "operator_viewer"), "/api/v2/price-checks")
        assert (body["tenant"], body["period"], body["currency"]) == ("acme", "2026-10", "USD")
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

    def test_suggests_the_cheapest_plan_that_covers_the_cost(self, invoicing):
        shown = page().content.decode()
        assert "To move Acme to Growth" in shown
        assert "covers the cost" in shown

    def test_prints_lines_that_the_loader_takes(self, invoicing):
        end, new = code_blocks(page().content.decode())
        assert (end, new[:2]) == ("to: 2026-11-01", "- ")
        [customer] = parse_configuration(FILE.format(end=end, new=new)).customers
        today, following = customer.contracts
        assert today.to == following.from_ == date(2026, 11, 1)
        assert (following.plan, following.tenants) == ("growth", ("acme",))

    def test_suggests_nothing_for_a_month_that_still_runs(self, invoicing):
        month = str(Month.of(datetime.now(UTC)))
        with as_ops():
            record_period(period_fact(period=month, run_id="run_now"))
            record_margin(margin_fact("acme", period=month, run_id="run_now"))
        shown = page(f"/tenants/acme/plans?period={month}").content.decode()
        assert "This month still runs" in shown
        assert "To move Acme" not in shown
        assert "covers the cost" not in shown
        assert "marginbar" not in shown

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

    def test_says_why_where_the_contract_is_in_another_currency(self, invoicing):
        invoicing.status = 409
        invoicing.answer = {"detail": "The contract of acme is in EUR, the cost in USD."}
        assert "The contract of acme is in EUR, the cost in USD." in page().content.decode()

    def test_is_404_for_a_tenant_without_cost_in_the_month(self, invoicing):
        assert page("/tenants/nobody/plans").status_code == 404
        assert page("/tenants/acme/plans?period=2026-09").status_code == 404
