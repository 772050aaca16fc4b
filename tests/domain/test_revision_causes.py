"""Why a closed month comes out otherwise: what its two runs were made of, side by side."""

from dataclasses import replace
from decimal import Decimal

import pytest

from services.attribution.domain.revision_causes import (
    Bill,
    Cause,
    Corrections,
    MadeOf,
    revision_causes,
)
from services.portal.domain.revision_causes import Cause as ReadCause
from services.portal.domain.revision_causes import cause_in_words
from shared.vocabulary.revision_causes import RevisionCause

NOTHING = Corrections()
TWO_LINES = Corrections(2, Decimal("-50.25"), Decimal("-50.25"))
BEFORE = MadeOf(
    bills={"aws": Bill("a1", NOTHING), "azure": Bill("z1", TWO_LINES)},
    signals={"usage": "u1"},
    workloads={"clusters": "w1"},
    ruleset_digest="r1",
    engine_digest="e1",
)


def causes(**changes):
    return revision_causes(BEFORE, replace(BEFORE, **changes))


def test_of_the_same_inputs_there_is_none():
    assert causes() == []


def test_a_bill_with_more_corrections_is_corrected_by_them():
    three = Corrections(3, Decimal("-60.25"), Decimal("-55.25"))
    corrected = {**BEFORE.bills, "azure": Bill("z2", three)}
    more = Corrections(1, Decimal("-10.00"), Decimal("-5.00"))
    assert causes(bills=corrected) == [Cause(RevisionCause.CORRECTION, "azure", more)]


def test_a_bill_that_takes_its_corrections_back_is_corrected_too():
    taken_back = {**BEFORE.bills, "azure": Bill("z2", NOTHING)}
    less = Corrections(-2, Decimal("50.25"), Decimal("50.25"))
    assert causes(bills=taken_back) == [Cause(RevisionCause.CORRECTION, "azure", less)]


def test_a_bill_with_the_same_corrections_is_restated():
    restated = {**BEFORE.bills, "azure": Bill("z2", TWO_LINES)}
    assert causes(bills=restated) == [Cause(RevisionCause.BILL, "azure")]


def test_lines_of_a_later_bill_are_a_correction_by_that_bill():
    came = {("2026-11", "aws"): Bill("m1", TWO_LINES)}
    assert causes(moved_in=came) == [Cause(RevisionCause.CORRECTION, "aws", TWO_LINES, "2026-11")]
    with_them = replace(BEFORE, moved_in=came)
    less = Corrections(-2, Decimal("50.25"), Decimal("50.25"))
    assert revision_causes(with_them, BEFORE) == [
        Cause(RevisionCause.CORRECTION, "aws", less, "2026-11")
    ]
    assert revision_causes(with_them, with_them) == []


def test_a_source_that_came_or_went_is_a_cause():
    bills = {"aws": BEFORE.bills["aws"], "gcp": Bill("g1", NOTHING)}
    assert [(cause.code, cause.source) for cause in causes(bills=bills)] == [
        (RevisionCause.CORRECTION, "azure"),
        (RevisionCause.BILL, "gcp"),
    ]


def test_all_kinds_are_named_in_their_order():
    changed = causes(
        bills={**BEFORE.bills, "aws": Bill("a2", NOTHING)},
        signals={"usage": "u2"},
        workloads={},
        ruleset_digest="r2",
        engine_digest="e2",
    )
    assert [(cause.code, cause.source) for cause in changed] == [
        (RevisionCause.BILL, "aws"),
        (RevisionCause.SIGNALS, "usage"),
        (RevisionCause.WORKLOADS, "clusters"),
        (RevisionCause.RULES, ""),
        (RevisionCause.SOFTWARE, ""),
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        *((each.value, None) for each in RevisionCause),
        (RevisionCause.BILL.value, "The bill of aws was restated"),
        ("moon_was_full", "Moon was full"),
    ],
)
def test_is_told_in_words_also_where_it_is_of_a_later_release(code, words):
    text = cause_in_words(ReadCause(code, "aws", 0, Decimal(0), "USD"))
    assert "_" not in text
    assert words in (None, text)


def test_a_later_bill_is_named_with_its_month():
    cause = ReadCause("correction", "aws", 2, Decimal(-3), "USD", "2026-11")
    assert cause_in_words(cause) == "The bill of aws for 2026-11 has lines of this month"
