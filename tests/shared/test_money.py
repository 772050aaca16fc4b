from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.money import (
    Money,
    currency_exponent,
    from_quanta,
    split_by_largest_remainder,
    to_quanta,
)

weights = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 10**12), min_size=1
).filter(lambda found: sum(found.values()) > 0)
totals = st.integers(-(10**24), 10**24)


class TestSplit:
    @given(total=totals, shares=weights)
    def test_gives_everything_and_nothing_more(self, total, shares):
        assert sum(split_by_largest_remainder(total, shares).values()) == total

    @given(total=totals, shares=weights)
    def test_is_less_than_one_from_exact_for_everybody(self, total, shares):
        whole = sum(shares.values())
        for key, part in split_by_largest_remainder(total, shares).items():
            assert abs(part - Fraction(total * shares[key], whole)) < 1

    @given(total=totals, shares=weights, factor=st.integers(1, 1000))
    def test_does_not_change_with_the_scale_of_the_weights(self, total, shares, factor):
        scaled = {key: weight * factor for key, weight in shares.items()}
        assert split_by_largest_remainder(total, scaled) == split_by_largest_remainder(
            total, shares
        )

    @given(total=totals, shares=weights)
    def test_does_not_change_with_the_order_of_the_weights(self, total, shares):
        turned = dict(reversed(list(shares.items())))
        assert split_by_largest_remainder(total, turned) == split_by_largest_remainder(
            total, shares
        )

    def test_breaks_ties_by_key(self):
        assert split_by_largest_remainder(2, {"c": 1, "a": 1, "b": 1}) == {"a": 1, "b": 1, "c": 0}

    @pytest.mark.parametrize("shares", [{}, {"a": 0}, {"a": -1, "b": 2}])
    def test_of_weights_that_are_none_is_refused(self, shares):
        with pytest.raises(ValueError, match="weights"):
            split_by_largest_remainder(1, shares)


class TestQuanta:
    @given(quanta=st.integers(-(10**30), 10**30))
    def test_there_and_back_is_the_same(self, quanta):
        assert to_quanta(from_quanta(quanta)) == quanta

    def test_finer_than_a_quantum_is_refused(self):
        with pytest.raises(ValueError, match="finer than"):
            to_quanta(Decimal("0.00000000001"))


class TestMoney:
    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("1.005", "USD", 101),
            ("-1.005", "USD", -101),
            ("1.004999", "USD", 100),
            ("100.5", "JPY", 101),
            ("1.2345", "KWD", 1230),
            ("1.2355", "BHD", 1240),
            ("10.5", "ISK", 1100),
            ("10.49", "HUF", 1000),
            ("0", "EUR", 0),
        ],
    )
    def test_rounds_half_up_to_the_step_of_its_currency(self, amount, currency, minor):
        assert Money(Decimal(amount), currency).to_minor() == minor

    @given(minor=st.integers(-(10**15), 10**15), currency=st.sampled_from(["USD", "JPY", "EUR"]))
    def test_minor_units_there_and_back_are_the_same(self, minor, currency):
        assert Money.from_minor(minor, currency).to_minor() == minor

    def test_of_two_currencies_is_never_added(self):
        with pytest.raises(ValueError, match="never added"):
            Money.zero("USD") + Money.zero("EUR")

    def test_is_never_a_float(self):
        with pytest.raises(TypeError):
            Money(1.5, "USD")  # type: ignore[arg-type]

    @pytest.mark.parametrize("code", ["usd", "US", "EURO", ""])
    def test_has_a_code_of_three_capitals(self, code):
        with pytest.raises(ValueError, match="ISO 4217"):
            Money(Decimal(1), code)

    def test_is_subtracted(self):
        assert Money(Decimal(3), "USD") - Money(Decimal(1), "USD") == Money(Decimal(2), "USD")

    def test_has_the_exponent_of_its_currency(self):
        assert [currency_exponent(code) for code in ("USD", "JPY", "KWD", "ISK")] == [2, 0, 3, 2]
