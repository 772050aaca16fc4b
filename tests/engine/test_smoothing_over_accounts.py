"""Smoothing over accounts moves cost between them, and the proof says how much."""

import json
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.configuration import parse_configuration
from shared.faults import BadConfiguration
from tests.bills import RULESET, amounts, focus_line, run_of, sums_of
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

GROUPS = {"a": ("1", "2"), "b": ("3",)}
QUANTUM = Fraction(1, 10**10)
lines = st.lists(
    st.tuples(
        st.sampled_from("1234"),
        st.sampled_from(["m5", "c5"]),
        st.sampled_from(["Used", "", "", "Unused"]),
        st.integers(1, 50),
        st.decimals(0, 50, places=10),
    ),
    min_size=1,
    max_size=12,
)


def scope_of(account: str, scope: str) -> str:
    if scope == "group":
        return next((name for name, each in GROUPS.items() if account in each), account)
    return account if scope == "account" else ""


def expected(bill, scope: str) -> dict[str, Fraction]:
    """By account, with fractions: one rate in each scope and kind that has something covered."""
    kinds = defaultdict(list)
    by_account: defaultdict[str, Fraction] = defaultdict(Fraction)
    for account, kind, status, quantity, cost in bill:
        by_account[account] += Fraction(cost)
        if status != "Unused":
            kinds[scope_of(account, scope), kind].append((account, status, quantity, cost))
    for parts in kinds.values():
        if any(status == "Used" for _, status, _, _ in parts):
            whole = sum(Fraction(cost) for *_, cost in parts)
            of_all = sum(quantity for _, _, quantity, _ in parts)
            for account, _, quantity, cost in parts:
                by_account[account] += whole * quantity / of_all - Fraction(cost)
    return dict(by_account)


def run(work, bill, scope: str):
    written = [
        focus_line(
            SubAccountId=account,
            SkuMeter=kind,
            CommitmentDiscountStatus=status,
            ConsumedQuantity=f"{quantity}",
            EffectiveCost=f"{cost:f}",
        )
        for account, kind, status, quantity, cost in bill
    ]
    groups = "" if scope != "group" else f"commitment_groups: {json.dumps(GROUPS)}\n"
    rules = f"{RULESET}commitments: {{smoothed: {scope}}}\n{groups}"
    return run_of(write_normalised(work / "bill", written), work, rules, is_prepared=True)


class TestSmoothingOverAccounts:
    @examples(1 / 10)
    @given(lines, st.sampled_from(["account", "group", "payer"]))
    def test_gives_one_rate_in_each_scope_and_moves_nothing_out_of_it(self, bill, scope):
        with work_folder() as work:
            proof = run(work, bill, scope).proof
            rows = sums_of(work / "run/allocations.parquet", "account, sum(amount)")
            given_to = {account: Fraction(amount) for account, amount in rows}
        assert proof.holds
        assert proof.moved == 0
        for account, cost in expected(bill, scope).items():
            assert abs(given_to.get(account, Fraction(0)) - cost) < len(bill) * QUANTUM
        for group in proof.per:
            assert group.bill + group.moved == group.out
            assert scope != "account" or group.moved == 0

    @pytest.mark.parametrize(
        "kinds",
        [
            [{"x_Operation": "RunInstances"}, {"x_Operation": "RunInstances:0002"}],
            [{"SkuId": "linux"}, {"SkuId": "windows"}],
            [{"x_Operation": "RunInstances", "SkuId": "one"}, {"x_Operation": "", "SkuId": "two"}],
        ],
    )
    def test_leaves_what_has_another_price_apart(self, tmp_path, kinds):
        covered, on_demand = kinds
        bill = [
            focus_line(
                CommitmentDiscountStatus="Used",
                ConsumedQuantity="1",
                EffectiveCost="0.06",
                tags={"customer": "acme"},
                **covered,
            ),
            focus_line(
                ConsumedQuantity="1",
                EffectiveCost="0.188",
                tags={"customer": "globex"},
                **on_demand,
            ),
        ]
        rules = f"{RULESET}commitments: smoothed\n"
        smoothed = run_of(write_normalised(tmp_path / "bill", bill), tmp_path, rules)
        assert amounts(smoothed) == {"acme": Decimal("0.06"), "globex": Decimal("0.188")}

    def test_is_in_the_proof_by_account(self, tmp_path):
        bill = [("1", "m5", "Used", 10, Decimal(6)), ("2", "m5", "", 10, Decimal(10))]
        run(tmp_path, bill, "payer")
        proof = json.loads((tmp_path / "run/proof.json").read_text())
        found = {
            each["account"]: (each["bill"], each["moved"], each["out"]) for each in proof["per"]
        }
        assert {account: tuple(map(Decimal, each)) for account, each in found.items()} == {
            "1": (6, 2, 8),
            "2": (10, -2, 8),
        }
        assert proof["difference"] == "0"


@pytest.mark.parametrize(
    ("written", "field", "words"),
    [
        ("commitments: {smoothed: region}", "commitments.smoothed", "account"),
        ("commitments: {smoothed: group}", "commitments.smoothed", "which accounts share"),
        (
            'commitments: {smoothed: group}\ncommitment_groups: {a: ["1"], b: ["2", "1"]}',
            "commitment_groups.b[1]",
            "in the group 'a' already",
        ),
        ("commitment_groups: {a: []}", "commitment_groups.a", "at least 1"),
    ],
)
def test_a_scope_that_can_not_be_is_refused(written, field, words):
    with pytest.raises(BadConfiguration) as refused:
        parse_configuration(f"{RULESET}{written}\n")
    assert refused.value.field == field
    assert words in str(refused.value)
