from decimal import Decimal

import pytest

from services.attribution.domain.proof import prove, side_of
from services.attribution.domain.what_if import PeriodChange, compare, from_json, to_json
from shared.contracts.raw_totals import RawTotal


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


def test_a_part_that_differs_is_not_proven_by_a_total_that_is_right():
    billed = {"1": Decimal(2), "2": Decimal(3)}
    proof = prove(
        period="2026-10",
        currency="USD",
        cost_measure="EffectiveCost",
        raw_totals=[
            RawTotal("bill", account, "EC2", "Usage", cost, cost, cost, cost)
            for account, cost in billed.items()
        ],
        out_by_recipient={"acme": Decimal(5)},
        out_by_group={
            ("bill", "1", "EC2", "Usage"): Decimal(3),
            ("bill", "2", "EC2", "Usage"): Decimal(2),
        },
    )
    assert proof.difference == 0
    assert [group.account for group in proof.unproven] == ["1", "2"]
    assert not proof.holds


def test_a_what_if_is_read_as_it_was_written():
    before = {"acme": Decimal("1.5"), "globex": Decimal(2)}
    changes = compare(before, {"acme": Decimal(3)}, {"acme": Decimal(2)})
    found = PeriodChange("2026-10", "run_1", "USD", changes)
    assert from_json(to_json(found)) == found
    assert [change.turns for change in changes] == ["", "negative"]
