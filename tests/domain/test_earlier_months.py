"""Which months a later bill may still change, and which of them it changes."""

import pytest

from services.attribution.domain.earlier_months import (
    MovedOut,
    changed_months,
    months_within_reach,
)

OCTOBER = MovedOut("2026-10", "aws", "s3://lake/a.parquet", "h1", 2, "-1.5", "-1")
AUGUST = MovedOut("2026-08", "aws", "s3://lake/b.parquet", "h2", 1, "3", "3")


@pytest.mark.parametrize(
    ("earlier", "within"),
    [
        ([], []),
        (["2026-10", "2026-08", "2026-10"], ["2026-08", "2026-10"]),
        (["2024-11", "2024-10", "2024-12"], ["2024-11", "2024-12"]),
        (["2026-11", "2026-12", "2027-01"], []),
    ],
    ids=["none", "each once", "24 months at most", "neither its own nor a later one"],
)
def test_months_within_reach(earlier, within):
    assert months_within_reach("2026-11", earlier) == within


def test_months_are_within_reach_over_a_year():
    assert months_within_reach("2027-01", ["2026-12", "2025-01", "2024-12"]) == [
        "2025-01",
        "2026-12",
    ]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ([OCTOBER], [OCTOBER], set()),
        ([], [OCTOBER, AUGUST], {"2026-10", "2026-08"}),
        ([OCTOBER, AUGUST], [AUGUST], {"2026-10"}),
        ([OCTOBER], [MovedOut("2026-10", "aws", "s3://lake/c.parquet", "h1", 2, "0", "0")], set()),
        ([OCTOBER], [MovedOut("2026-10", "aws", OCTOBER.uri, "h3", 2, "-1.5", "-1")], {"2026-10"}),
        ([OCTOBER], [MovedOut("2026-10", "gcp", OCTOBER.uri, "h1", 2, "-1.5", "-1")], {"2026-10"}),
    ],
    ids=["the same", "new", "taken back", "in another file", "other lines", "another source"],
)
def test_changed_months_are_given_other_lines(before, after, changed):
    assert changed_months(before, after) == changed


def test_is_read_as_it_was_written():
    assert MovedOut.from_json(OCTOBER.to_json()) == OCTOBER
