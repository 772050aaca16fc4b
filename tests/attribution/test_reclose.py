"""A restated month is closed again by itself: quiet, and as good as at the close before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import F

from services.attribution.models import Period, PeriodClose, Ruleset, Run
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import close_period
from services.attribution.operations.reclose_periods import reclose_periods
from shared.auth.actors import Actor
from shared.contracts.ingestion import Loss
from shared.isolation.scope import as_ops
from shared.vocabulary.period_states import PeriodState
from tests.attribution.test_another_close import closes
from tests.attribution.test_period import (
    ACME,
    LINES,
    NOW,
    RULESET,
    announce_bill,
    attributed,
    scratch,
    storage,
)
from tests.bills import focus_line
from tests.tokens import client_of

__all__ = ["attributed", "scratch", "storage"]
MORE = [*LINES, focus_line(cost="4", **ACME)]
LOST = Loss("tag_key", 1, 2, ["team"])


@pytest.fixture
def restated(attributed, storage, tmp_path):
    with as_ops():
        close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)
    announce_bill(storage, tmp_path, MORE, version=2)
    attribute_period(period=attributed)
    return attributed


def wait(days):
    with as_ops():
        Period.objects.update(content_since=F("content_since") - timedelta(days=days))


def reclose():
    """The month as it is afterwards."""
    reclose_periods()
    with as_ops():
        return Period.objects.get()


def standing():
    return client_of(Actor("olivia", "operator_viewer")).get("/api/v2/periods/2026-10").json()


class TestARestatedMonth:
    def test_is_closed_once_it_was_quiet_for_five_days(self, restated):
        assert reclose().state == PeriodState.REOPENED
        wait(days=4)
        assert reclose().state == PeriodState.REOPENED
        wait(days=1)
        record = reclose()
        assert (record.state, record.closed_by) == (PeriodState.CLOSED, "trueback")
        with as_ops():
            assert record.closed_run == Run.objects.get(is_current=True)
        assert [fact["closed_by"] for fact in closes()] == ["olivia", "trueback"]

    def test_is_over_and_quiet_by_the_business_date(self, restated, settings):
        before = {"today": date(2026, 10, 20), "today_since": datetime.now(UTC).date()}
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=before)
        wait(days=5)
        assert reclose().state == PeriodState.REOPENED
        assert standing()["reclose"]["waits_for"] == ["month_is_over"]
        after = {"today": date(2031, 1, 23), "today_since": datetime.now(UTC).date()}
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update=after)
        record = reclose()
        assert record.state == PeriodState.CLOSED
        # When it was closed is a time like any other.
        assert record.closed_at.date() == datetime.now(UTC).date()

    def test_is_closed_once(self, restated):
        wait(days=5)
        reclose()
        reclose()
        assert len(closes()) == 2

    def test_that_changes_meanwhile_waits_anew(self, restated, storage, tmp_path):
        wait(days=5)
        announce_bill(storage, tmp_path, [*MORE, focus_line(cost="1", **ACME)], version=3)
        attribute_period(period=restated)
        assert reclose().state == PeriodState.REOPENED

    def test_that_is_delivered_anew_as_it_was_does_not(self, restated, storage, tmp_path):
        wait(days=5)
        announce_bill(storage, tmp_path, MORE, version=3, content_hash="another")
        attribute_period(period=restated)
        with as_ops():
            assert Run.objects.count() == 3
        assert reclose().state == PeriodState.CLOSED

    def test_says_when_it_will_be(self, restated):
        reclose = standing()["reclose"]
        with as_ops():
            due_at = Period.objects.get().content_since + timedelta(days=5)
        due = f"{due_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        assert reclose == {"due_at": due, "accepted": [], "waits_for": []}
        wait(days=5)
        reclose_periods()
        assert standing()["reclose"] is None

    def test_waits_for_a_check_that_fails(self, restated, storage, tmp_path):
        announce_bill(storage, tmp_path, [*MORE, LINES[0]], version=3, losses=[LOST])
        attribute_period(period=restated)
        wait(days=9)
        assert reclose().state == PeriodState.REOPENED
        assert standing()["reclose"]["waits_for"] == ["nothing_vanished"]

    def test_accepts_what_was_accepted_at_the_close_before(self, attributed, storage, tmp_path):
        announce_bill(storage, tmp_path, MORE, version=2, losses=[LOST])
        attribute_period(period=attributed)
        reasons = {"nothing_vanished": "that team is gone"}
        with as_ops():
            close_period(period=attributed, closed_by="olivia", reasons=reasons, now=NOW)
        announce_bill(storage, tmp_path, LINES, version=3, losses=[LOST])
        attribute_period(period=attributed)
        assert standing()["reclose"]["accepted"] == ["nothing_vanished"]
        wait(days=5)
        record = reclose()
        kept = {"check": "nothing_vanished", "reason": "that team is gone", "by": "olivia"}
        assert record.overridden_checks == [kept]
        with as_ops():
            [first, second] = PeriodClose.objects.order_by("number")
        assert first.figures == second.figures

    def test_is_left_to_a_person_where_the_file_says_so(self, restated):
        by_hand = f"{RULESET}billing: {{reclose: {{mode: by_hand}}}}\n"
        with as_ops():
            apply_ruleset(content=by_hand, applied_by="olivia")
        wait(days=90)
        assert reclose().state == PeriodState.REOPENED
        assert standing()["reclose"]["due_at"] is None

    def test_is_left_to_a_person_where_the_file_can_not_be_read_any_more(self, restated):
        with as_ops():
            Ruleset.objects.update(is_current=False)
            Ruleset.objects.create(digest="unreadable", version=2, content="version: 0")
        wait(days=90)
        assert reclose().state == PeriodState.REOPENED
        assert standing()["reclose"]["due_at"] is None

    def test_is_quiet_for_as_long_as_the_file_says(self, restated):
        with as_ops():
            apply_ruleset(
                content=f"{RULESET}billing: {{reclose: {{quiet_days: 0}}}}\n", applied_by="olivia"
            )
        assert reclose().state == PeriodState.CLOSED


class TestHealth:
    def troubles(self):
        analyst = client_of(Actor("ada", "operator_analyst"))
        listed = analyst.get("/api/v1/health").json()["data"]
        return [
            (one["code"], one["subject"], one["figures"])
            for one in listed
            if one["kind"] == "reopened_period"
        ]

    def test_says_what_a_quiet_month_waits_for(self, restated, storage, tmp_path):
        announce_bill(storage, tmp_path, [*MORE, LINES[0]], version=3, losses=[LOST])
        attribute_period(period=restated)
        assert self.troubles() == []
        wait(days=5)
        assert self.troubles() == [("checks_fail", restated, {"checks": "nothing_vanished"})]

    def test_says_that_a_person_is_to_close(self, restated):
        by_hand = f"{RULESET}billing: {{reclose: {{mode: by_hand}}}}\n"
        with as_ops():
            apply_ruleset(content=by_hand, applied_by="olivia")
        assert self.troubles() == [("closed_by_hand", restated, {})]

    def test_says_nothing_of_a_month_that_is_closed_again_by_itself(self, restated):
        assert self.troubles() == []
        wait(days=5)
        assert self.troubles() == []
