from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from shared.exact import exact_sum, shortened, whole_weights

AMOUNTS = st.decimals(
    min_value=Decimal("1e-10"), max_value=Decimal("1e25"), places=10, allow_nan=False
)


@given(st.lists(AMOUNTS))
def test_a_sum_is_exact_beyond_28_digits(amounts):
    assert Fraction(exact_sum(amounts)) == sum(map(Fraction, amounts))


@given(st.dictionaries(st.text(max_size=3), AMOUNTS, min_size=1))
def test_whole_weights_are_in_the_same_proportions(weights):
    whole = whole_weights(weights)
    first = next(iter(weights))
    for key, weight in weights.items():
        assert Fraction(whole[key]) * Fraction(weights[first]) == Fraction(weight) * whole[first]


def test_a_shortened_number_has_no_trailing_zeros_and_no_exponent():
    assert [str(shortened(Decimal(text))) for text in ("1.500", "10", "1e3", "2.0")] == [
        *("1.5", "10", "1000", "2"),
    ]
