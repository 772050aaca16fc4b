"""A value that can't be read refuses a run whose ruleset needs its column, and no other."""

import pytest

from shared.faults import BadInput
from tests.bills import (
    RULESET,
    amounts,
    cur_line,
    focus_line,
    legacy_line,
    legacy_name,
    run_of,
    snapshot_of,
    write_focus,
    write_legacy,
)

POOL = "pools: [{name: nat, when: {service: [NAT]}, drivers: [{even: true}]}]\n"
BY_REGION = "rules: [{name: eu, when: {region: ['eu-*']}, assign: {tenant: acme}}]\n"


@pytest.mark.parametrize(
    ("values", "more", "why"),
    [
        ({"EffectiveCost": "NaN"}, "", "`cost: EffectiveCost`"),
        ({"ChargePeriodEnd": "infinity"}, POOL, "a split by the time"),
        ({"ConsumedQuantity": "N/A"}, "commitments: smoothed\n", "`commitments: smoothed`"),
    ],
)
def test_a_run_that_needs_the_column_is_refused(tmp_path, values, more, why):
    bill = write_focus(tmp_path / "bill.csv", [focus_line(), focus_line(**values)])
    with pytest.raises(BadInput) as refused:
        run_of(bill, tmp_path, ruleset=RULESET + more)
    [(field, value)] = values.items()
    assert (refused.value.file, refused.value.row, refused.value.field) == ("bill.csv", 2, field)
    assert why in refused.value.message
    assert repr(value) in refused.value.message


@pytest.mark.parametrize(
    ("values", "more"),
    [
        ({"EffectiveCost": "NaN"}, "cost: BilledCost\n" + POOL),
        ({"EffectiveCost": ""}, "cost: BilledCost\n"),
        ({"ChargePeriodEnd": "infinity"}, BY_REGION),
        ({"ConsumedQuantity": "N/A"}, POOL),
        ({"ListCost": "N/A"}, POOL + BY_REGION),
    ],
)
def test_a_run_that_does_not_need_it_is_proven(tmp_path, values, more):
    tags = {"customer": "acme"}
    bill = write_focus(
        tmp_path / "bill.csv", [focus_line(tags=tags), focus_line(tags=tags, **values)]
    )
    assert amounts(run_of(bill, tmp_path, ruleset=RULESET + more)) == {"acme": 2}


@pytest.mark.parametrize(
    ("written", "account"),
    [
        ("222222222222.0", "222222222222"),
        ("2.22222222222E+11", "222222222222"),
        ("22222222222", "022222222222"),
        ("22222222222.0", "022222222222"),
        ("2222-2222-2222", "222222222222"),
        ('="222222222222"', "222222222222"),
        ("'222222222222", "222222222222"),
        ("4711.0", "000000004711"),
        ("x-4711", "x-4711"),
    ],
)
def test_an_account_that_a_tool_has_changed_is_the_account_it_was(tmp_path, written, account):
    ruleset = RULESET + f"defaults: {{accounts: {{'{account}': acme}}}}\n"
    line = focus_line(SubAccountId=written, ProviderName="Amazon Web Services")
    bill = write_focus(tmp_path / "bill.csv", [line])
    assert amounts(run_of(bill, tmp_path, ruleset=ruleset)) == {"acme": 1}


def test_an_account_of_another_provider_keeps_its_digits(tmp_path):
    ruleset = RULESET + "defaults: {accounts: {'4711': acme}}\n"
    lines = [focus_line(SubAccountId=each, ProviderName="Other") for each in ("4711", "4711.0")]
    bill = write_focus(tmp_path / "bill.csv", lines)
    assert amounts(run_of(bill, tmp_path, ruleset=ruleset)) == {"acme": 2}


class TestAColumnThatCountsOnSomeLinesAlone:
    """Data frames write `None` into it on all the others."""

    EFFECTIVE = RULESET + "cost: EffectiveCost\n"
    SMOOTHED = RULESET + "commitments: smoothed\n"
    PLAN = "savings_plan_savings_plan_effective_cost"

    def run(self, work, lines, ruleset):
        return run_of(
            write_legacy(work / "bill.csv.gz", legacy_lines(lines)), work, ruleset=ruleset
        )

    @pytest.mark.parametrize(
        ("line", "column", "ruleset"),
        [
            ({}, PLAN, EFFECTIVE),
            ({}, "reservation_effective_cost", EFFECTIVE),
            ({"type": "DiscountedUsage"}, PLAN, EFFECTIVE),
            ({}, "split_line_item_split_cost", EFFECTIVE),
            ({"type": "Tax"}, "line_item_usage_amount", SMOOTHED),
        ],
    )
    @pytest.mark.parametrize("written", ["None", "nan"])
    def test_is_not_needed_on_the_others(self, tmp_path, line, column, ruleset, written):
        tags = {"customer": "acme"}
        own = {"reservation_effective_cost": 1.0} if line else {}
        lines = [cur_line(tags=tags, **(own | line | {column: written})), cur_line(tags=tags)]
        run = self.run(tmp_path, lines, ruleset)
        assert amounts(run) == {"acme": 2}

    @pytest.mark.parametrize(
        ("line", "column", "ruleset"),
        [
            ({"type": "SavingsPlanCoveredUsage"}, PLAN, EFFECTIVE),
            ({"type": "DiscountedUsage"}, "reservation_effective_cost", EFFECTIVE),
            ({"line_item_operation": "EKSPod-EC2"}, "split_line_item_split_cost", EFFECTIVE),
            ({}, "line_item_usage_amount", SMOOTHED),
        ],
    )
    def test_refuses_a_run_by_the_first_line_that_needs_it(self, tmp_path, line, column, ruleset):
        lines = [
            cur_line(type="Tax", **{column: "None"}),
            cur_line(**(line | {column: "None"})),
            cur_line(**(line | {column: "None"})),
        ]
        with pytest.raises(BadInput, match="'None' can't be read, in 2 rows") as refused:
            self.run(tmp_path, lines, ruleset)
        assert refused.value.row == 2

    def test_has_a_finding_for_lines_that_need_nothing_of_it(self, tmp_path):
        lines = [cur_line(**{self.PLAN: "None"}), cur_line(**{self.PLAN: "None"})]
        snapshot = snapshot_of(
            write_legacy(tmp_path / "bill.csv.gz", legacy_lines(lines)), tmp_path
        )
        [unreadable] = snapshot.unreadable
        assert unreadable.column == unreadable.field == legacy_name(self.PLAN)
        assert unreadable.row_count == 2
        assert snapshot.effective_total == 2

    def test_may_be_absent_on_a_row_that_restates_a_part_of_its_instance(self, tmp_path):
        split = {"type": "DiscountedUsage", "line_item_operation": "EKSPod-EC2"}
        tags = {"customer": "acme"}
        lines = [cur_line(tags=tags), cur_line(tags=tags, **split)]
        assert amounts(self.run(tmp_path, lines, self.EFFECTIVE))["acme"] == 1

    def test_that_is_empty_is_missing(self, tmp_path):
        lines = [cur_line(type="DiscountedUsage")]
        with pytest.raises(BadInput, match="the value is missing, in 1 row"):
            self.run(tmp_path, lines, self.EFFECTIVE)


def legacy_lines(lines):
    return [legacy_line(line) for line in lines]
