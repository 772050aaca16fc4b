from decimal import Decimal

import pytest

from services.attribution.domain.proof import side_of
from services.attribution.domain.what_if import PeriodChange, compare, from_json, to_json


@pytest.mark.parametrize(
    ("recipient", "side"),
    [
        ("acme", "attributed"),
        ("overhead:engineering", "overhead"),
        ("excluded:marketplace", "excluded"),
        ("unallocated", "unallocated"),
        ("unmapped:gloobex", "unallocated"),
        ("unmetered:nat", "unallocated"),
        ("idle:blue", "unallocated"),
    ],
)
def test_each_recipient_is_on_one_side_of_the_proof(recipient, side):
    assert side_of(recipient) == side


def test_a_what_if_is_read_as_it_was_written():
    before = {"acme": Decimal("1.5"), "globex": Decimal(2)}
    changes = compare(before, {"acme": Decimal(3)}, {"acme": Decimal(2)})
    found = PeriodChange("2026-10", "run_1", "USD", changes)
    assert from_json(to_json(found)) == found
    assert [change.turns for change in changes] == ["", "negative"]
