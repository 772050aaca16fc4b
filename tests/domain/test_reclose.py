"""When a restated month is closed again by itself, and what keeps it from that."""

from datetime import UTC, datetime

import pytest

from services.attribution.domain.close_checks import CheckResult
from services.attribution.domain.reclose import due_at, stand
from shared.configuration.billing import Reclose
from shared.periods import Month

OCTOBER = Month(2026, 10)
AUTOMATIC = Reclose()


def at(month, day, hour=6):
    return datetime(2026 if month > 9 else 2027, month, day, hour, tzinfo=UTC)


def failed(name, **figures):
    return CheckResult(name, passed=False, finding="", figures=figures)


def passed(name):
    return CheckResult(name, passed=True, finding="")


class TestItIsDue:
    def test_when_it_was_quiet_for_its_days(self):
        assert due_at(AUTOMATIC, OCTOBER, at(11, 12)) == at(11, 17)

    def test_at_once_without_quiet_days(self):
        assert due_at(Reclose(quiet_days=0), OCTOBER, at(11, 12)) == at(11, 12)

    def test_five_days_before_the_last_that_may_be_charged_at_the_latest(self):
        # October may be charged to 31 January.
        assert due_at(AUTOMATIC, OCTOBER, at(1, 25)) == at(1, 27, 0)

    def test_after_that_when_it_was_quiet_again(self):
        assert due_at(AUTOMATIC, OCTOBER, at(1, 27, 0)) == at(2, 1, 0)
        assert due_at(AUTOMATIC, OCTOBER, at(3, 3)) == at(3, 8)

    def test_never_where_a_person_closes(self):
        assert due_at(Reclose(mode="by_hand"), OCTOBER, at(11, 12)) is None


class TestAFailedCheck:
    def test_is_waited_for(self):
        checks = [passed("proof_holds"), failed("run_is_newest")]
        assert stand(checks, {}).waits_for == ["run_is_newest"]
        assert stand(checks[:1], {}).waits_for == []

    @pytest.mark.parametrize(
        ("name", "before", "same", "worse"),
        [
            ("unallocated_within_limit", {"share": "0.07"}, {"share": "0.07"}, {"share": "0.0701"}),
            ("unallocated_within_limit", {"share": "0.07"}, {"share": "-0.06"}, {"share": "-0.08"}),
            (
                "signals_complete",
                {"missing_meters": ["a", "b"]},
                {"missing_meters": ["b"]},
                {"missing_meters": ["c"]},
            ),
            ("bill_is_final", {"sources": ["aws"]}, {"sources": ["aws"]}, {"sources": ["azure"]}),
            (
                "no_quarantined_file",
                {"deliveries": [{"source": "aws", "error": "row 3"}]},
                {"deliveries": [{"source": "aws", "error": "row 3"}]},
                {"deliveries": [{"source": "aws", "error": "row 4"}]},
            ),
            (
                "nothing_vanished",
                {"sources": [{"source": "aws", "losses": [{"kind": "tag_key", "names": ["a"]}]}]},
                {"sources": ({"source": "aws", "losses": ({"kind": "tag_key", "names": ["a"]},)},)},
                {"sources": [{"source": "aws", "losses": []}, {"source": "azure", "losses": []}]},
            ),
            (
                "no_charge_twice",
                {"doubled": [{"sources": ["a", "b"], "shared": 3, "of": 9}]},
                {"doubled": [{"sources": ("a", "b"), "shared": 3, "of": 9}]},
                {"doubled": [{"sources": ["a", "b"], "shared": 4, "of": 9}]},
            ),
        ],
    )
    def test_that_was_overridden_is_no_hindrance_while_it_is_no_worse(
        self, name, before, same, worse
    ):
        known = {name: before}
        accepted = stand([failed(name, **same)], known)
        assert (accepted.accepted, accepted.waits_for) == ([name], [])
        assert stand([failed(name, **worse)], known).waits_for == [name]

    @pytest.mark.parametrize(
        ("name", "before"),
        [
            ("proof_holds", {"difference": "0.01"}),
            ("check_of_tomorrow", {}),
            ("signals_complete", {}),
            ("signals_complete", {"missing_meters": None}),
        ],
    )
    def test_of_which_nobody_knows_whether_it_is_worse_is_waited_for(self, name, before):
        known = {name: before}
        assert stand([failed(name, missing_meters=["a"])], known).waits_for == [name]
