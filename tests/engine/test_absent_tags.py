"""A tag key that rules name and no line has is noted by the rule by which the key is looked up."""

import json

import pytest

from services.attribution.engine.inputs.misspelt_labels import misspelt_labels
from shared.configuration import load_configuration
from tests.bills import (
    RULESET,
    cur_line,
    focus_line,
    legacy_line,
    run_of,
    snapshot_of,
    write_cur,
    write_focus,
    write_legacy,
)


def notes(bill, work, ruleset):
    (work / "trueback.yaml").write_text(ruleset)
    snapshot = snapshot_of(bill, work)
    return [
        each.message
        for each in misspelt_labels(
            run_of(snapshot, work, ruleset),
            snapshot_parts=snapshot.parts,
            config=load_configuration(work / "trueback.yaml"),
            scratch_dir=work / "labels",
            memory_limit_mb=512,
        )
    ]


def written(work, form, key):
    match form:
        case "focus":
            return write_focus(work / "bill.csv", [focus_line(tags={key: "acme"})])
        case "legacy":
            line = legacy_line(cur_line()) | {f"resourceTags/user:{key}": "acme"}
            return write_legacy(work / "bill.csv", [line])
    return write_cur(work / "bill.parquet", [cur_line(tags={key: "acme"})])


@pytest.mark.parametrize("form", ["focus", "legacy"])
@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("Customer", "customer"),
        ("CUSTOMER", "customer"),
        (" customer", "customer"),
        ("Cost-Center", "cost_center"),
        ("CostCenter", "cost_center"),
        ("cost_center", "Cost-Center"),
        ("custmer", "customer"),
    ],
)
def test_a_key_that_the_lookup_does_not_meet_is_noted(tmp_path, form, asked, key):
    ruleset = RULESET.replace('"tag:customer"', json.dumps(f"tag:{asked}"))
    [note] = notes(written(tmp_path, form, key), tmp_path, ruleset)
    assert note.startswith(
        f"Label tenant: no line has the tag `{asked}`. Did you mean `{key}`? 1.0000000000 USD are"
    )


@pytest.mark.parametrize("asked", ["Customer", " customer", "customer"])
def test_a_key_that_it_meets_as_aws_writes_it_is_not(tmp_path, asked):
    ruleset = RULESET.replace('"tag:customer"', json.dumps(f"tag:{asked}"))
    assert notes(written(tmp_path, "cur 2.0", "customer"), tmp_path, ruleset) == []


def test_a_key_that_a_rule_selects_by_is_noted_likewise(tmp_path):
    rule = "{name: a, when: {tags: {Customer: [acme]}}, assign: {overhead: x}}"
    bill = written(tmp_path, "focus", "customer")
    assert notes(bill, tmp_path, f"{RULESET}rules: [{rule}]\n") == [
        "Rule a: no line has the tag `Customer`. Did you mean `customer`?"
    ]
