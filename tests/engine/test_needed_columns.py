"""A value that can't be read refuses a run whose ruleset needs its column, and no other."""

from functools import cache

import pytest

from shared.faults import BadInput
from tests.bills import (
    RULESET,
    amounts,
    cur_line,
    focus_line,
    legacy_line,
    legacy_name,
    rows_of,
    run_of,
    snapshot_of,
    write_focus,
    write_legacy,
)
from tests.work_folder import work_folder

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


ACCOUNTS = [
    ("222222222222.0", "222222222222"),
    ("2.22222222222E+11", "222222222222"),
    ("22222222222", "022222222222"),
    ("22222222222.0", "022222222222"),
    ("2222-2222-2222", "222222222222"),
    ('="222222222222"', "222222222222"),
    ("'222222222222", "222222222222"),
    ("4711.0", "000000004711"),
    ("x-4711", "x-4711"),
]


@pytest.fixture(scope="module")
def owners(tmp_path_factory):
    """Of a line of each account as it is written, which is also its service's name."""
    work = tmp_path_factory.mktemp("accounts")
    keys = {account: f"t{at}" for at, account in enumerate(sorted(set(dict(ACCOUNTS).values())))}
    lines = [
        focus_line(SubAccountId=written, ServiceName=written, ProviderName="Amazon Web Services")
        for written, _ in ACCOUNTS
    ]
    tenants = ", ".join(f"{{key: {key}}}" for key in keys.values())
    accounts = ", ".join(f"'{account}': {key}" for account, key in keys.items())
    ruleset = (
        f"version: 1\ncurrency: USD\ntenants: [{tenants}]\nlabels: {{tenant: ['tag:customer']}}\n"
        f"defaults: {{accounts: {{{accounts}}}}}\n"
    )
    run_of(write_focus(work / "bill.csv", lines), work, ruleset=ruleset)
    query = "SELECT service, tenant, sum(amount) FROM rows GROUP BY ALL"
    rows = rows_of(work / "run/allocations.parquet", query)
    accounts_of = {key: account for account, key in keys.items()}
    return {(service, accounts_of.get(tenant, tenant), amount) for service, tenant, amount in rows}


@pytest.mark.parametrize(("written", "account"), ACCOUNTS)
def test_an_account_that_a_tool_has_changed_is_the_account_it_was(owners, written, account):
    assert {row for row in owners if row[0] == written} == {(written, account, 1)}


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
        ("line_type", "column", "ruleset"),
        [
            ("Usage", PLAN, EFFECTIVE),
            ("Usage", "reservation_effective_cost", EFFECTIVE),
            ("DiscountedUsage", PLAN, EFFECTIVE),
            ("Usage", "split_line_item_split_cost", EFFECTIVE),
            ("Tax", "line_item_usage_amount", SMOOTHED),
        ],
    )
    @pytest.mark.parametrize(("written", "tenant"), [("None", "acme"), ("nan", "globex")])
    def test_is_not_needed_on_the_others(self, line_type, column, ruleset, written, tenant):
        found = of_lines_that_need_nothing(line_type, column, ruleset)
        assert found.keys() == {"acme", "globex", "unallocated"}
        assert (found[tenant], found["unallocated"]) == (1, 1), written

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


@cache
def of_lines_that_need_nothing(line_type, column, ruleset):
    """By tenant, of a bill with each word in a line of its own, and of a line without one."""
    own = {} if line_type == "Usage" else {"reservation_effective_cost": 1.0}
    lines = [
        cur_line(tags={"customer": tenant}, type=line_type, **own, **{column: written})
        for written, tenant in (("None", "acme"), ("nan", "globex"))
    ]
    with work_folder("needed") as work:
        path = write_legacy(work / "bill.csv.gz", legacy_lines([*lines, cur_line()]))
        return amounts(run_of(path, work, ruleset=ruleset))
