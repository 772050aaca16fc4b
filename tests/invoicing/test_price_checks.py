"""What each plan would ask for a month: for staff, and only to compare."""

from decimal import Decimal

import pytest

from services.invoicing.models import Contract, Invoice, Plan
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from tests.invoicing.scenarios import make_customer
from tests.tokens import client_of

OLIVIA = Actor("olivia", "operator_viewer")
ANN = Actor("ann", "customer_admin", "acme")
ASKED = {
    "tenant": "acme",
    "period": "2026-10",
    "currency": "USD",
    "costs": {"Compute": "1000.00", "pool:nat": "234.565"},
}


@pytest.fixture
def plans(db):
    with as_ops():
        make_customer("acme")
        for key, version, components in (
            ("flat", 1, [{"kind": "flat_fee", "name": "Fee", "amount": "900.00"}]),
            ("plus", 1, [{"kind": "cost_plus", "name": "Usage", "percent": "99"}]),
            ("plus", 2, [{"kind": "cost_plus", "name": "Usage", "percent": "10"},
                         {"kind": "flat_fee", "name": "Fee", "amount": "50.00"}]),
        ):  # fmt: skip
            Plan.objects.create(
                plan_id=f"{key}-{version}",
                key=key,
                version=version,
                name=key.title(),
                currency="USD",
                components=components,
            )


def check(actor=OLIVIA, *, version=2, **changed):
    path = f"/api/v{version}/price-checks"
    return client_of(actor).post(path, ASKED | changed, "application/json")


def prices(**changed):
    return {row["plan"]: row for row in check(**changed).json()["data"]}


class TestAPriceCheck:
    def test_prices_the_newest_version_of_every_plan_line_by_line(self, plans):
        found = prices()
        # 1100.00 + 258.0215, each line rounded half up, + 50.00
        assert Decimal(found["plus"]["total"]) == Decimal("1408.02")
        assert found["plus"]["version"] == 2
        assert found["plus"]["terms"] == [
            {"kind": "cost_plus", "percent": "10"},
            {"kind": "flat_fee", "amount": "50.00", "every": "month"},
        ]
        assert prices(version=1)["plus"]["terms"] == ["cost plus 10%", "50.00 USD a month"]
        assert Decimal(found["flat"]["total"]) == Decimal("900.00")

    def test_takes_the_version_that_holds_in_the_month_and_marks_the_contracts(self, plans):
        with as_ops():
            Plan.objects.filter(key="plus", version=2).update(starts_on="2026-11-01")
            later = {"from": "2026-10-01", "plan": "plus-1", "name": "Plus"}
            Contract.objects.update(later_plans=[later])
        found = prices(period="2026-10")
        assert (found["plus"]["version"], found["plus"]["is_current"]) == (1, True)
        found = prices(period="2026-11")
        assert (found["plus"]["version"], found["plus"]["is_current"]) == (2, False)

    def test_of_version_1_writes_the_terms_with_their_thousands(self, plans):
        with as_ops():
            Plan.objects.filter(key="flat").update(
                components=[{"kind": "flat_fee", "name": "Fee", "amount": "6900"}]
            )
        assert prices(version=1)["flat"]["terms"] == ["6,900.00 USD a month"]

    def test_says_that_a_fee_is_of_a_year(self, plans):
        fee = {"kind": "flat_fee", "name": "Fee", "amount": "6900", "every": "year"}
        with as_ops():
            Plan.objects.filter(key="flat").update(components=[fee])
        [term] = prices()["flat"]["terms"]
        assert term == {"kind": "flat_fee", "amount": "6900", "every": "year"}

    def test_marks_the_plan_in_force_in_the_month(self, plans):
        in_force = [row["plan"] for row in check().json()["data"] if row["is_current"]]
        assert len(in_force) == 1
        assert in_force[0] not in {"flat", "plus"}

    def test_marks_none_for_a_tenant_without_a_contract(self, plans):
        assert not any(row["is_current"] for row in prices(tenant="trial").values())

    @pytest.mark.parametrize("tenant", ["acme", "trial"])
    def test_leaves_out_plans_in_another_currency_than_the_cost(self, plans, tenant):
        with as_ops():
            Plan.objects.filter(key="flat").update(currency="EUR")
        assert set(prices(tenant=tenant)) == {"plus", "standard"}

    def test_says_so_where_the_contract_is_in_another_currency_than_the_cost(self, plans):
        with as_ops():
            Contract.objects.update(currency="EUR")
        refused = check()
        assert refused.status_code == 409
        assert "The contract of acme is in EUR, the cost in USD." in refused.json()["detail"]
        assert refused.json()["reason"] == {
            "code": "contract_in_another_currency",
            "contract_currency": "EUR",
            "cost_currency": "USD",
        }

    def test_is_of_the_fees_alone_where_the_tenant_cost_nothing(self, plans):
        found = prices(costs={})
        assert Decimal(found["plus"]["total"]) == Decimal("50.00")

    def test_stores_nothing(self, plans):
        check()
        with as_ops():
            assert Invoice.objects.count() == 0

    @pytest.mark.parametrize(
        "wrong",
        [
            {"period": "2026-13"},
            {"period": "0000-01"},
            {"period": "9999-12"},
            {"currency": None},
            {"currency": "usd"},
            {"costs": None},
            {"costs": {"Compute": "much"}},
        ],
    )
    def test_refuses_what_it_can_not_read(self, plans, wrong):
        assert check(**wrong).status_code == 400

    def test_is_not_for_customers(self, plans):
        assert check(ANN).status_code == 404
