"""Tags come from every place that a format has for them, by the keys that people gave."""

import json
import random

import pytest

from shared.faults import BadInput
from tests.bills import (
    cur_line,
    focus_line,
    legacy_line,
    rows_of,
    snapshot_of,
    write_cur,
    write_focus,
    write_legacy,
)


def tags_of(path, folder):
    snapshot = snapshot_of(path, folder)
    return [
        tags for (tags,) in rows_of(snapshot.parts[0], "SELECT Tags FROM rows ORDER BY x_LineId")
    ]


def cur_2(folder, **columns):
    line = {name: json.dumps(value) if isinstance(value, dict) else value
            for name, value in (cur_line() | columns).items()}  # fmt: skip
    return write_focus(folder / "bill.csv", [line | {"bill_payer_account_name": "payer"}])


@pytest.mark.parametrize(
    ("columns", "tags"),
    [
        ({"resource_tags": {"user_user_id": "a", "aws_x": "b"}}, {"user_id": "a", "aws_x": "b"}),
        ({"cost_category": {"business_unit": "a"}}, {"costCategory/business_unit": "a"}),
        (
            {
                "resource_tags": {"user_app": "a"},
                "tags": {
                    "resourceTags/user_app": "later",
                    "resourceTags/user_team": "b",
                    "resourceTags/aws:x": "c",
                    "accountTag/customer": "d",
                    "userAttribute/department": "e",
                    "iamPrincipal/tenant": "f",
                    "costCategory/unit": "g",
                },
            },
            {
                "app": "a",
                "team": "b",
                "aws:x": "c",
                "accountTag/customer": "d",
                "userAttribute/department": "e",
                "iamPrincipal/tenant": "f",
                "costCategory/unit": "g",
            },
        ),
        (
            {"resource_tags_user_customer": "a", "cost_category_team": "b"},
            {"customer": "a", "costCategory/team": "b"},
        ),
        (
            {"resource_tags": {"user_customer": "a"}, "resource_tags_user_customer": "later"},
            {"customer": "a"},
        ),
        (
            {"resource_tags": {"user_customer": " "}, "resource_tags_user_customer": "a"},
            {"customer": "a"},
        ),
    ],
)
def test_of_cur_2(tmp_path, columns, tags):
    assert tags_of(cur_2(tmp_path, **columns), tmp_path) == [tags]


def test_of_a_legacy_cur(tmp_path):
    line = legacy_line(cur_line()) | {
        "resourceTags/user:user_id": "a",
        "resourceTags/aws:createdBy": "b",
        "costCategory/Team": "c",
        "accountTag/customer": "d",
    }
    assert tags_of(write_legacy(tmp_path / "bill.csv", [line]), tmp_path) == [
        {"user_id": "a", "aws:createdBy": "b", "costCategory/Team": "c", "accountTag/customer": "d"}
    ]


def test_of_focus_keep_their_names(tmp_path):
    line = focus_line(
        tags={"user_id": "a", "user:team": "b", "node": "c"},
        AllocatedTags=json.dumps({"node": "pod", "customer": "d"}),
        x_CostCategories=json.dumps({"Team": "e"}),
    )
    assert tags_of(write_focus(tmp_path / "bill.csv", [line]), tmp_path) == [
        {"user_id": "a", "user:team": "b", "node": "pod", "customer": "d", "costCategory/Team": "e"}
    ]


def test_one_set_of_tags_is_the_same_in_every_format(tmp_path):
    """Keys of lower case, which CUR 2.0 and Parquet keep."""
    chance = random.Random(11)  # noqa: S311 - a seed makes the same tags each time
    keys = ["customer", "user_id", "app", "x"]
    sets = [
        {key: f"v{chance.randrange(3)}" for key in chance.sample(keys, chance.randint(1, 4))}
        for _ in range(20)
    ]
    written = {
        "focus": write_focus(tmp_path / "focus.csv", [focus_line(tags=tags) for tags in sets]),
        "cur 2.0": write_cur(tmp_path / "cur.parquet", [cur_line(tags=tags) for tags in sets]),
        "legacy": write_legacy(
            tmp_path / "legacy.csv",
            [legacy_line(cur_line()) | of_legacy(keys, tags) for tags in sets],
        ),
    }
    for name, path in written.items():
        snapshot = snapshot_of(path, tmp_path / name)
        query = "SELECT Tags FROM rows ORDER BY CAST(split_part(x_LineId, ':', 2) AS INTEGER)"
        assert [tags for (tags,) in rows_of(snapshot.parts[0], query)] == sets, name


@pytest.mark.parametrize(
    ("columns", "tags"),
    [
        ({"user:team": "a", "user:team ": "b"}, {"team": "a", "team ": "b"}),
        ({"user:team": "a", " user:team": "b"}, {"team": "a", " team": "b"}),
        ({"user:team": "a", "user: team": "b"}, {"team": "a", " team": "b"}),
        ({"user:team": "a", "user:team ": ""}, {"team": "a"}),
        ({"user:team": "", "user:team ": "b"}, {"team": "b"}),
        ({"user: team": "b"}, {"team": "b"}),
        ({"user:team": "a", "user:team ": "a", "team": "a"}, {"team": "a", "team ": "a"}),
        ({"user:cafe\u0301": "a", "user:caf\u00e9": "b"}, {"cafe\u0301": "a", "caf\u00e9": "b"}),
    ],
)
def test_the_prefix_is_taken_off_each_key_by_itself(tmp_path, columns, tags):
    line = legacy_line(cur_line()) | {f"resourceTags/{key}": of for key, of in columns.items()}
    written = write_legacy(tmp_path / "bill.csv", [line])
    assert tags_of(written, tmp_path / "legacy") == [tags]


def test_the_prefix_of_a_map_is_taken_off_each_key_by_itself(tmp_path):
    path = cur_2(tmp_path, resource_tags={"user_team": "a", "user_team ": "b"})
    assert tags_of(path, tmp_path) == [{"team": "a", "team ": "b"}]


@pytest.mark.parametrize(
    ("columns", "tags"),
    [
        ({"resource_tags": {"user_team": "a", "team": "b"}}, "'user_team' and 'team'"),
        (
            {"resource_tags_user_team": "a", "resource_tags_team": "b"},
            "'resourceTags/user_team' and 'resourceTags/team'",
        ),
        ({"tags": {"resourceTags/user_team": "a", "user:team": "b"}}, "'user:team'"),
    ],
)
def test_two_tags_of_one_key_and_different_values_are_refused(tmp_path, columns, tags):
    with pytest.raises(BadInput, match="both the key 'team'") as raised:
        tags_of(cur_2(tmp_path, **columns), tmp_path)
    assert tags in raised.value.message
    assert "1 row has that" in raised.value.message
    assert raised.value.row == 1


def test_two_columns_of_one_key_are_refused_by_row_unless_they_agree(tmp_path):
    lines = [
        legacy_line(cur_line()) | {"resourceTags/user:team": a, "resourceTags/team": b}
        for a, b in [("", "x"), ("x", ""), ("x", "x"), ("x", "y"), ("z", "y")]
    ]
    agreeing = write_legacy(tmp_path / "agreeing.csv", lines[:3])
    assert tags_of(agreeing, tmp_path) == [{"team": "x"}] * 3
    with pytest.raises(BadInput, match="2 rows have that") as raised:
        tags_of(write_legacy(tmp_path / "bill.csv", lines), tmp_path)
    assert raised.value.row == 4


@pytest.mark.parametrize(
    ("other", "written"),
    [
        ("cust\u200bomer", "'cust\\u200bomer'"),
        ("customer\ufe0f", "'customer\\ufe0f'"),
        ("cus\u3164tomer", "'cus\\u3164tomer'"),
        ("customer\u00a0", "'customer\\xa0'"),
        ("\uff23ustomer", "'\uff23ustomer'"),
        ("Customer", "'Customer'"),
    ],
)
def test_keys_that_look_alike_are_noted_with_what_can_not_be_seen(tmp_path, other, written):
    lines = [focus_line(tags={"customer": "acme"}), focus_line(tags={other: "acme"})]
    snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
    [note] = [each.message for each in snapshot.findings if each.kind == "tag-clash"]
    assert written in note
    assert "'customer'" in note


def of_legacy(keys, tags):
    return {f"resourceTags/user:{key}": tags.get(key, "") for key in keys}
