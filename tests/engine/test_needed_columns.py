"""A value that can't be read refuses a run whose ruleset needs its column, and no other."""

import pytest

from shared.faults import BadInput
from tests.bills import RULESET, amounts, focus_line, run_of, write_focus

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
