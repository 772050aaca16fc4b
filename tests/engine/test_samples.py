"""`make test-data` notices a bill that is taken for what it is not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.bills import cur_line, focus_line, legacy_line, write_focus, write_legacy
from tests.samples import oracle
from tests.samples.judge import Sample, judge
from tests.samples.sets import given

LINES = [
    focus_line(cost="3.00000000005", tags={"customer": "acme"}),
    focus_line(cost="5", tags={"customer": "globex"}),
    focus_line(cost="-1"),
]


@pytest.fixture
def sample(tmp_path):
    bill = write_focus(tmp_path / "bill.csv", LINES)
    return Sample("three lines", bill, "2026-10", label="customer")


def test_a_bill_of_right_total_and_owners_is_taken(sample, tmp_path):
    judged = judge(sample, tmp_path / "work")
    assert (judged.verdict, judged.reason) == ("taken", "")
    assert (judged.lines, judged.total) == (3, Decimal("7.00000000005"))


def test_a_total_that_is_off_by_a_digit_is_wrong(sample, tmp_path, monkeypatch):
    answer = oracle.read(sample.bill, period="2026-10", cost="BilledCost", label="customer")
    answer.total += Decimal("1E-11")
    monkeypatch.setattr(oracle, "read", lambda *_, **__: answer)
    assert judge(sample, tmp_path / "work").verdict == "wrong_totals"


def test_an_amount_of_another_owner_is_wrong(sample, tmp_path, monkeypatch):
    answer = oracle.read(sample.bill, period="2026-10", cost="BilledCost", label="customer")
    answer.owners["acme"], answer.owners["globex"] = (
        answer.owners["globex"],
        answer.owners["acme"],
    )
    monkeypatch.setattr(oracle, "read", lambda *_, **__: answer)
    assert judge(sample, tmp_path / "work").verdict == "wrong_owners"


@pytest.mark.parametrize(
    ("lines", "refusal", "verdict"),
    [
        (LINES, "several currencies", "unexpected"),
        ([*LINES, focus_line(BillingCurrency="EUR")], "several currencies", "refused"),
        ([*LINES, focus_line(BillingCurrency="EUR")], "not a bill", "unexpected"),
        ([*LINES, focus_line(BillingCurrency="EUR")], "", "unexpected"),
        ([*LINES, focus_line(BillingCurrency="EUR")], None, "refused"),
    ],
)
def test_a_refusal_is_right_for_its_own_reason_alone(sample, tmp_path, lines, refusal, verdict):
    bill = write_focus(tmp_path / "other.csv", lines)
    asked = replace(sample, bill=bill, refusal=refusal)
    assert judge(asked, tmp_path / "work").verdict == verdict


def test_a_savings_plan_costs_what_it_says_where_cost_is_amortised(tmp_path):
    effective = {"savings_plan_savings_plan_effective_cost": 2.0}
    lines = [
        cur_line(3.0, type="SavingsPlanCoveredUsage", tags={"customer": "acme"}, **effective),
        cur_line(-3.0, type="SavingsPlanNegation"),
        cur_line(7.0, type="SavingsPlanUpfrontFee"),
    ]
    bill = write_legacy(tmp_path / "bill.csv.gz", [legacy_line(line) for line in lines])
    sample = Sample("a plan", bill, "2026-10", cost="EffectiveCost", label="customer")
    judged = judge(sample, tmp_path / "work")
    assert (judged.verdict, judged.total) == ("taken", 2)


def test_files_of_your_own_are_read_by_their_month_and_currency(tmp_path):
    write_focus(tmp_path / "may.csv.gz", [focus_line(BillingPeriodStart="2026-05-01T00:00:00Z")])
    write_focus(tmp_path / "below" / "euro.csv", [focus_line(BillingCurrency="EUR")])
    sets = {(each.title, each.period, each.currency, each.cost) for each in given(tmp_path)}
    assert sets == {
        (name, period, currency, cost)
        for name, period, currency in (
            ("may.csv.gz", "2026-05", "USD"),
            ("below/euro.csv", "2026-10", "EUR"),
        )
        for cost in ("BilledCost", "EffectiveCost")
    }


@pytest.mark.parametrize(
    "changes", [{"EffectiveCost": ""}, {"BillingPeriodStart": "soon"}, {"BillingCurrency": "$"}]
)
def test_a_file_of_your_own_that_is_not_whole_is_refused_and_no_crash(tmp_path, changes):
    write_focus(tmp_path / "bill.csv", [focus_line(**changes)])
    [_, effective] = given(tmp_path)
    assert judge(effective, tmp_path / "work").verdict == "refused"
