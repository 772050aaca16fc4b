from datetime import date
from decimal import Decimal

import pytest

from services.invoicing.domain.true_up_terms import TrueUpTerms, policy_of, true_up_terms
from shared.periods import Month
from shared.vocabulary.true_up import DownPaid, Up


@pytest.mark.parametrize(
    ("currency", "threshold", "auto_approve"),
    [("USD", 100, 10_000), ("KWD", 1_000, 100_000), ("JPY", 100, 10_000), ("HUF", 100, 10_000)],
)
def test_defaults_are_those_of_the_currencys_decimals(currency, threshold, auto_approve):
    assert true_up_terms({}, currency) == TrueUpTerms(
        threshold_minor=threshold,
        auto_approve_below_minor=auto_approve,
        up=Up.NEXT_INVOICE,
        down_paid=DownPaid.BALANCE,
        charge_within_months=3,
        credit_within_months=24,
        charge_max_percent=None,
        notice_days=0,
    )


def test_what_a_contract_says_holds():
    given = {
        "up": "supplementary",
        "down_paid": "refund",
        "threshold": "0.00",
        "auto_approve_below": "25.5",
        "charge_within_months": 0,
        "credit_within_months": 12,
        "charge_max_percent": "5.5",
        "notice_days": 14,
    }
    assert true_up_terms(given, "USD") == TrueUpTerms(
        threshold_minor=0,
        auto_approve_below_minor=2_550,
        up=Up.SUPPLEMENTARY,
        down_paid=DownPaid.REFUND,
        charge_within_months=0,
        credit_within_months=12,
        charge_max_percent=Decimal("5.5"),
        notice_days=14,
    )


class TestThePolicyOfAMonth:
    def policy(self, currency="USD", **given):
        return policy_of(true_up_terms(given, currency), Month(2026, 10), currency)

    def test_counts_months_to_their_last_day(self):
        policy = self.policy()
        assert (policy.charge_until, policy.credit_until) == (date(2027, 1, 31), date(2028, 10, 31))

    def test_without_months_ends_with_the_month_itself(self):
        assert self.policy(charge_within_months=0).charge_until == date(2026, 10, 31)

    def test_is_in_steps_of_the_currency(self):
        assert (self.policy().step_minor, self.policy("KWD").step_minor) == (1, 10)
        assert (self.policy().threshold_minor, self.policy("JPY").threshold_minor) == (100, 100)

    def test_never_charges_who_is_never_charged(self):
        assert self.policy().may_charge
        assert not self.policy(up="never").may_charge
