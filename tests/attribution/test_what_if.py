"""A changed ruleset on past runs: who would pay what, whose margin would turn, nothing stored."""

from decimal import Decimal

import pytest

from services.attribution.models import RevenueEntry, Ruleset, Run
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import close_period
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from tests.attribution.test_period import ACME, LINES, NOW, RULESET, announce_bill
from tests.attribution.test_questions import answer, asked, attributed, run, scratch, storage
from tests.bills import focus_line

__all__ = ["attributed", "run", "scratch", "storage"]

PATH = "/api/v1/what-if"
EVEN = RULESET.replace("{signal: nat_bytes}, ", "")


@pytest.fixture
def closed(run):
    with as_ops():
        close_period(period=run.period, closed_by="olivia", reasons={}, now=NOW)
        RevenueEntry.objects.create(
            tenant_id="globex",
            entry_id="e1",
            period=run.period,
            currency="USD",
            amount=Decimal("2.40"),
            basis="issued",
            invoice_id="inv_1",
            recorded_at=NOW,
        )
    return run


def tried(content=EVEN, *periods):
    told = answer(PATH, {"content": content, "periods": list(periods)})
    assert told.status_code == 200, told.json()
    return told.json()["answer"]["periods"]


class TestAWhatIf:
    def test_tells_what_each_tenant_would_have_cost_the_largest_difference_first(self, closed):
        [found] = tried()
        assert (found["period"], found["run_id"]) == (closed.period, closed.run_id)
        assert [
            (row["tenant"], row["cost_before"], row["cost_after"], row["difference"])
            for row in found["tenants"]
        ] == [
            ("acme", "3.7500000000", "3.5000000000", "-0.2500000000"),
            ("globex", "2.2500000000", "2.5000000000", "0.2500000000"),
        ]

    def test_tells_whose_margin_would_turn(self, closed):
        [found] = tried()
        turns = {row["tenant"]: (row["revenue"], row["margin_turns"]) for row in found["tenants"]}
        assert turns == {"acme": (None, ""), "globex": ("2.4000000000", "negative")}

    def test_stores_nothing(self, closed):
        tried()
        with as_ops():
            assert Run.objects.get() == closed
            assert Ruleset.objects.get().digest == closed.ruleset_digest

    def test_is_on_the_run_that_was_closed_whatever_came_since(self, closed, storage, tmp_path):
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **ACME)], version=2)
        attribute_period(period=closed.period)
        [found] = tried()
        assert found["run_id"] == closed.run_id

    def test_on_a_period_that_is_open_is_on_its_current_run(self, run):
        [found] = tried(EVEN, run.period)
        assert found["run_id"] == run.run_id

    def test_without_a_closed_period_or_of_an_unknown_one_is_refused(self, run):
        assert "no period is closed" in asked(PATH, {"content": EVEN}).json()["detail"]
        unknown = asked(PATH, {"content": EVEN, "periods": ["2020-01"]})
        assert "2020-01 was not attributed" in unknown.json()["detail"]

    def test_of_a_ruleset_with_a_fault_names_its_line(self, closed):
        told = asked(PATH, {"content": EVEN.replace("pools:", "pool:")})
        assert told.status_code == 400
        assert "field pool" in told.json()["detail"]

    def test_is_not_for_those_who_only_look(self, closed):
        told = asked(PATH, {"content": EVEN}, actor=Actor("vic", "operator_viewer"))
        assert told.status_code == 403
