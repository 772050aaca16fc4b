"""A month that was restated is closed again: on another run, by the checks of the first close."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError

from services.attribution.models import Period, PeriodClose, Run
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import UnableToClose, close_period
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_CLOSED, STATEMENT_REVISED
from shared.contracts.ingestion import Loss
from shared.isolation.scope import as_ops
from shared.vocabulary.period_states import PeriodState
from tests.attribution.test_period import (
    ACME,
    GLOBEX,
    LINES,
    NOW,
    announce_bill,
    attributed,
    facts,
    period,
    scratch,
    storage,
)
from tests.bills import focus_line
from tests.tokens import client_of

__all__ = ["attributed", "period", "scratch", "storage"]
LATER = datetime(2026, 11, 12, 8, 0, tzinfo=UTC)


def closes():
    """Each consumer is sent its own."""
    return list({fact["version"]: fact for fact in facts(PERIOD_CLOSED)}.values())


class TestAnotherClose:
    @pytest.fixture
    def restated(self, attributed, storage, tmp_path):
        with as_ops():
            close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **ACME)], version=2)
        attribute_period(period=attributed)
        return attributed

    def close(self, **given):
        with as_ops():
            return close_period(
                period="2026-10", now=LATER, **{"closed_by": "otto", "reasons": {}, **given}
            )

    def test_is_on_the_run_that_it_was_restated_by(self, restated):
        self.close()
        with as_ops():
            record = Period.objects.get()
            assert (record.state, record.closed_by) == (PeriodState.CLOSED, "otto")
            assert record.closed_run == Run.objects.get(is_current=True)
            assert record.revised_tenants == []
        first, second = closes()
        assert (first["number"], first["causes"]) == (1, [])
        assert second["number"] == 2
        assert second["causes"] == [
            {
                "code": "bill",
                "source": "aws",
                "billed": "0",
                "effective": "0",
                "bill_period": None,
            }
        ]
        assert second["version"] > first["version"]
        assert second["run_version"] > first["run_version"]

    def test_keeps_those_before(self, restated):
        client = client_of(Actor("olivia", "operator_viewer"))
        self.close()
        closes = client.get("/api/v2/periods/2026-10").json()["closes"]
        assert [(one["number"], one["closed_by"]) for one in closes] == [(1, "olivia"), (2, "otto")]
        assert len({one["run_id"] for one in closes}) == 2
        assert closes[1]["causes"][0]["code"] == "bill"

    def test_twice_is_once(self, restated):
        self.close()
        self.close(closed_by="carl")
        assert [fact["closed_by"] for fact in closes()] == ["olivia", "otto"]

    def test_of_a_month_that_was_not_restated_changes_nothing(self, attributed):
        with as_ops():
            close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)
        assert self.close().closed_by == "olivia"

    def test_of_another_run_than_was_seen_is_refused(self, restated):
        with as_ops():
            seen = Run.objects.get(is_current=False).run_id
        with pytest.raises(UnableToClose, match="attributed anew since you looked"):
            self.close(run_id=seen)

    def test_has_the_checks_of_the_first(self, restated, storage, tmp_path):
        loss = Loss("tag_key", 1, 2, ["team"])
        lines = [*LINES, focus_line(cost="5", **ACME)]
        announce_bill(storage, tmp_path, lines, version=3, losses=[loss])
        attribute_period(period=restated)
        with pytest.raises(UnableToClose, match="aws lacks 1 of 2 tag_keys"):
            self.close()
        record = self.close(reasons={"nothing_vanished": "that team is gone"})
        assert [one["check"] for one in record.overridden_checks] == ["nothing_vanished"]

    def test_is_what_a_later_restatement_is_measured_by(self, restated, storage, tmp_path):
        self.close()
        lines = [*LINES, focus_line(cost="4", **ACME), focus_line(cost="1", **GLOBEX)]
        announce_bill(storage, tmp_path, lines, version=3)
        attribute_period(period=restated)
        *_, fact = sorted(facts(STATEMENT_REVISED), key=lambda fact: fact["version"])
        with as_ops():
            record = Period.objects.get()
        assert fact["tenant"] == "globex"
        assert fact["closed_run_id"] == record.closed_run_id
        assert record.revised_tenants == ["globex"]

    def test_is_never_changed_nor_deleted(self, restated):
        self.close()
        for change in (
            lambda: PeriodClose.objects.update(closed_by="eve"),
            lambda: PeriodClose.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), as_ops():
                change()
