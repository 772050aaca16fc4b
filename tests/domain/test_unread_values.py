import pytest

from services.attribution.domain.unread_values import refused
from shared.contracts.unreadable import Unreadable


@pytest.mark.parametrize(
    ("value", "row_count", "words"),
    [
        ("n/a", 1, "'n/a' can't be read, in 1 row, and `cost` needs EffectiveCost."),
        ("", 7, "the value is missing, in 7 rows, and `cost` needs EffectiveCost."),
    ],
)
def test_a_value_that_is_needed_is_refused_with_its_place(value, row_count, words):
    unread = Unreadable("EffectiveCost", "bill.csv", "cost", 3, value, row_count)
    fault = refused(unread, "`cost`", remedy="Correct it.")
    assert (fault.message, fault.file, fault.row, fault.field) == (words, "bill.csv", 3, "cost")
    assert fault.remedy == "Correct it."
