import io
from decimal import Decimal

import pytest

from services.attribution.domain.proof import prove, side_of
from services.attribution.domain.what_if import (
    HEADER,
    Change,
    PeriodChange,
    compare,
    costs_by_tenant,
    from_json,
    rows,
    to_json,
)
from shared.contracts.raw_totals import RawTotal
from shared.csv_files import write_rows


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


class TestExchangedLines:
    """What a month's bill has of other months, and what their bills have of it."""

    OWN = ("bill", "1", "EC2", "Usage")
    OTHER = ("bill", "2", "EC2", "Usage")

    def proof(self, **exchanged):
        billed = Decimal(5)
        return prove(
            period="2026-11",
            currency="USD",
            cost_measure="EffectiveCost",
            raw_totals=[RawTotal("bill", "1", "EC2", "Usage", *[billed] * 4)],
            out_by_recipient={"acme": Decimal(4)},
            out_by_group={self.OWN: Decimal(3), self.OTHER: Decimal(1)},
            **exchanged,
        )

    def test_are_part_of_the_proof(self):
        proof = self.proof(
            moved_in={"2026-12": {self.OTHER: Decimal(1)}},
            moved_out={"2026-09": {self.OWN: Decimal(3)}, "2026-10": {self.OWN: Decimal(-1)}},
        )
        assert (proof.difference, proof.holds) == (0, True)
        written = proof.to_json()
        assert written["moved_in"] == {"2026-12": "1"}
        assert written["moved_out"] == {"2026-09": "3", "2026-10": "-1"}
        assert [(one["moved_in"], one["moved_out"]) for one in written["per"]] == [
            ("0", "2"),
            ("1", "0"),
        ]

    def test_of_another_part_prove_nothing(self):
        proof = self.proof(moved_out={"2026-10": {self.OTHER: Decimal(1)}})
        assert (proof.difference, proof.holds) == (0, False)

    def test_are_not_written_where_there_are_none(self):
        assert {"moved_in", "moved_out"}.isdisjoint(self.proof().to_json())


def test_a_what_if_is_read_as_it_was_written():
    before = {"acme": Decimal("1.5"), "globex": Decimal(2)}
    changes = compare(before, {"acme": Decimal(3)}, {"acme": Decimal(2)})
    found = PeriodChange("2026-10", "run_1", "USD", changes)
    assert from_json(to_json(found)) == found
    assert [change.turns for change in changes] == ["", "negative"]


def test_a_what_if_has_a_row_per_tenant_with_its_numbers():
    changes = (
        Change("acme", Decimal(3), Decimal("1.50"), Decimal(2)),
        Change("globex", Decimal("0E-10"), Decimal(0)),
    )
    file = io.StringIO()
    write_rows(file, HEADER, rows(PeriodChange("2026-10", "run_1", "USD", changes)))
    assert file.getvalue().splitlines()[1:] == [
        "2026-10,run_1,USD,acme,3,1.50,-1.50,2,positive",
        "2026-10,run_1,USD,globex,0,0,0,,",
    ]


def test_a_tenants_amounts_are_one_cost():
    amounts = [("acme", Decimal("1.5")), ("globex", Decimal(2)), ("acme", Decimal("-0.25"))]
    assert costs_by_tenant(amounts) == {"acme": Decimal("1.25"), "globex": Decimal(2)}


def test_a_proof_is_written_with_its_sums_and_its_way_from_the_bill():
    written = prove(
        period="2026-10",
        currency="USD",
        cost_measure="EffectiveCost",
        raw_totals=[
            RawTotal(
                source="bill",
                account="1",
                service="EC2",
                charge_category="Usage",
                effective=Decimal(2),
                effective_exact=Decimal("2.00000000004"),
                billed=Decimal(3),
                billed_exact=Decimal(3),
            )
        ],
        out_by_recipient={"acme": Decimal(1), "overhead:x": Decimal(1)},
        out_by_group={("bill", "1", "EC2", "Usage"): Decimal(2)},
    ).to_json()
    assert (written["period"], written["currency"]) == ("2026-10", "USD")
    assert Decimal(written["quantisation"]) == Decimal("0.00000000004")
    assert Decimal(written["attributed_total"]) == Decimal(written["overhead_total"]) == 1
    assert written["difference"] == "0"
    names = {"source": "bill", "account": "1", "service": "EC2", "charge_category": "Usage"}
    assert written["per"] == [names | {"bill": "2", "out": "2"}]
    assert written["bridge"] == [{"charge_category": "Usage", "effective": "2", "billed": "3"}]


class TestAMargin:
    @pytest.mark.parametrize(
        ("before", "after", "revenue", "turns"),
        [
            (1, 3, 2, "negative"),
            (3, 1, 2, "positive"),
            (1, 2, 2, ""),
            (2, 3, 2, "negative"),
            (3, 4, 2, ""),
            (1, 3, None, ""),
        ],
    )
    def test_turns_where_its_sign_changes(self, before, after, revenue, turns):
        known = None if revenue is None else Decimal(revenue)
        assert Change("acme", Decimal(before), Decimal(after), known).turns == turns

    def test_of_who_is_only_in_one_of_both_is_compared_with_nothing(self):
        [gone, new] = compare({"gone": Decimal(2)}, {"new": Decimal(2)}, {})
        assert (gone.difference, new.difference) == (-2, 2)


def moved_proof(of_first: str, of_second: str):
    groups = {account: ("bill", account, "EC2", "Usage") for account in ("1", "2")}
    return prove(
        period="2026-10",
        currency="USD",
        cost_measure="EffectiveCost",
        raw_totals=[RawTotal(*group, *[Decimal(5)] * 4) for group in groups.values()],
        out_by_recipient={"acme": Decimal(10)},
        out_by_group={groups["1"]: Decimal(6), groups["2"]: Decimal(4)},
        moved_by_group={groups["1"]: Decimal(of_first), groups["2"]: Decimal(of_second)},
    )


def test_what_is_moved_between_accounts_is_in_the_proof_of_each():
    proof = moved_proof("1", "-1")
    assert proof.holds
    assert [each["moved"] for each in proof.to_json()["per"]] == ["1", "-1"]


def test_what_is_moved_and_is_nobodys_is_not_proven():
    assert not moved_proof("1", "0").holds
    assert not moved_proof("0", "0").holds
