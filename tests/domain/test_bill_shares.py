"""Shares of a bill, those included that credits leave nothing of."""

from decimal import Decimal

import pytest

from services.attribution.domain.bill_shares import share_of_bill


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [
        ("0", "0", "0"),
        ("0", "100", "0"),
        ("1", "3", "0.33333333"),
        ("2", "3", "0.66666667"),
        ("5", "-100", "-0.05"),
        ("9999.99999999", "1", "9999.99999999"),
        ("3000", "0.1", "9999.99999999"),
        ("3000", "0", "9999.99999999"),
        ("-3000", "0", "-9999.99999999"),
        ("-3000", "-0.0000000001", "9999.99999999"),
        ("3000", "-0.0000000001", "-9999.99999999"),
    ],
)
def test_is_never_more_than_what_a_column_holds(part, whole, share):
    assert share_of_bill(Decimal(part), Decimal(whole)) == Decimal(share)
