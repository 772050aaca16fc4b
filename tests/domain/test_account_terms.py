"""What a month's cost asks for by the terms of its account."""

from datetime import date
from decimal import Decimal

from services.invoicing.domain.account_terms import AccountTerms, target_of
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.domain.pricing import ContractTerms
from services.invoicing.domain.true_up_terms import true_up_terms
from shared.periods import Month

OCTOBER = Month(2026, 10)
TERMS = AccountTerms(
    plan="standard",
    plan_version=1,
    prices=ContractTerms(
        tenants=["acme"],
        starts_on=date(2026, 1, 1),
        ends_on=None,
        currency="USD",
        components=[
            {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"},
            {"kind": "flat_fee", "name": "Platform fee", "amount": "499.00"},
        ],
    ),
    true_up=true_up_terms({}, "USD"),
)


def key(group):
    return LineKey("Cloud usage", "acme", group, date(2026, 10, 1), date(2026, 11, 1))


def test_is_by_line_and_without_fees():
    costs = {
        "acme": {"Compute": Decimal("1200.5"), "Storage": Decimal("310.0712345678")},
        "globex": {"Compute": Decimal(7)},
    }
    target = target_of(TERMS, OCTOBER, costs)
    assert target.lines == {key("Compute"): 144_060, key("Storage"): 37_209}
    assert (target.minor, target.below_zero_minor) == (181_269, 0)
    assert target.exact == Decimal("1812.6854814814")


def test_of_no_cost_is_nothing():
    assert target_of(TERMS, OCTOBER, {}).minor == 0
