"""A closed month keeps the ruleset that it was closed by, until two people say otherwise."""

import pytest

from services.attribution.models import Job, Period, Ruleset, Run
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import close_period
from services.attribution.operations.remind_periods import remind_periods
from shared.audit.entries import audit_entries
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from shared.vocabulary.period_states import PeriodState
from tests.attribution.test_period import (
    ACME,
    LINES,
    NOW,
    RULESET,
    announce_bill,
    attributed,
    period,
    scratch,
    storage,
)
from tests.bills import focus_line
from tests.proposals import OLIVIA, OTTO
from tests.tokens import client_of

__all__ = ["attributed", "period", "scratch", "storage"]
OTHER_RULES = RULESET.replace("tag:customer", "tag:team")
PATH = "/api/v2/periods/2026-10/ruleset"


@pytest.fixture
def closed(attributed):
    with as_ops():
        close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)
        Job.objects.all().delete()
    return attributed


def apply_other_rules():
    with as_ops():
        apply_ruleset(content=OTHER_RULES, applied_by="olivia")


def standing():
    return client_of(Actor("olivia", "operator_viewer")).get("/api/v2/periods/2026-10").json()


def ask(actor=OLIVIA, reason="Teams were mapped to the wrong customers."):
    return client_of(actor).put(PATH, {"reason": reason}, "application/json")


def decide(proposal, decision, actor=OTTO):
    path = f"/api/v1/ruleset/proposals/{proposal['proposal_id']}/{decision}"
    return client_of(actor).post(path, {}, "application/json")


class TestAnotherRuleset:
    def test_leaves_a_closed_month_as_it_is(self, closed):
        apply_other_rules()
        remind_periods()
        with as_ops():
            assert not Job.objects.exists()
        attribute_period(period=closed)
        with as_ops():
            assert Run.objects.count() == 1
            assert Period.objects.get().state == PeriodState.CLOSED
        assert standing()["ruleset"] == {
            "digest": standing()["ruleset"]["digest"],
            "version": 1,
            "is_current": False,
            "is_kept": True,
        }

    def test_is_not_what_a_restated_bill_of_it_goes_by(self, closed, storage, tmp_path):
        apply_other_rules()
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **ACME)], version=2)
        attribute_period(period=closed)
        assert [cause["code"] for cause in standing()["revision_causes"]] == ["bill"]
        assert standing()["revised_tenants"] == ["acme"]
        checks = {check["name"]: check["passed"] for check in standing()["checks"]}
        assert checks["run_is_newest"]

    def test_attributes_an_open_month_again(self, attributed):
        apply_other_rules()
        attribute_period(period=attributed)
        with as_ops():
            assert Run.objects.count() == 2
        assert standing()["ruleset"]["is_current"]
        assert not standing()["ruleset"]["is_kept"]


class TestAReattribution:
    def test_waits_for_a_second_person_however_little_it_moves(self, closed):
        apply_other_rules()
        answer = ask()
        assert answer.status_code == 202
        waiting = answer.json()["proposal"]
        assert waiting["reach"] == {
            "period": "2026-10",
            "reason": "Teams were mapped to the wrong customers.",
            "tenants": 2,
        }
        assert [one["name"] for one in waiting["changes"]["first"]] == ["tenant"]
        assert decide(waiting, "confirm", OLIVIA).status_code == 403
        with as_ops():
            assert not Job.objects.exists()

    def test_that_is_confirmed_is_a_revision_by_the_rules(self, closed):
        apply_other_rules()
        answer = decide(ask().json()["proposal"], "confirm")
        assert answer.status_code == 200
        with as_ops():
            assert Job.objects.filter(kind="attribute_period", key=closed).exists()
        attribute_period(period=closed)
        after = standing()
        assert [cause["code"] for cause in after["revision_causes"]] == ["rules"]
        assert after["state"] == PeriodState.REOPENED
        assert after["ruleset"]["version"] == 2
        with as_ops():
            entry = audit_entries().objects.get(action="period.reattributed", outcome="done")
        assert (entry.actor, entry.object_id) == ("otto", closed)
        assert entry.details["asked_by"] == "olivia"

    def test_goes_by_the_ruleset_that_was_current_when_it_was_asked_for(self, closed):
        apply_other_rules()
        waiting = ask().json()["proposal"]
        with as_ops():
            apply_ruleset(content=RULESET.replace("Acme Corp", "Acme Inc"), applied_by="olivia")
        assert decide(waiting, "confirm").status_code == 200
        with as_ops():
            assert Period.objects.get().ruleset == Ruleset.objects.get(version=2)

    def test_waits_beside_a_change_of_the_ruleset(self, closed, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"second_person_above_tenants": 0}
        )
        apply_other_rules()
        proposed = client_of(OLIVIA).put(
            "/api/v1/ruleset", {"content": OTHER_RULES + "idle: proportional\n"}, "application/json"
        )
        assert (proposed.status_code, ask().status_code) == (202, 202)
        listed = client_of(OTTO).get("/api/v1/ruleset/proposals").json()["data"]
        assert {(one["subject"], one["state"]) for one in listed} == {
            ("ruleset", "waiting"),
            ("period_ruleset", "waiting"),
        }
        for one in listed:
            assert decide(one, "confirm").status_code == 200

    @pytest.mark.parametrize("is_confirmed", [True, False])
    def test_that_was_overtaken_is_not_confirmed(self, closed, is_confirmed):
        apply_other_rules()
        waiting = ask().json()["proposal"]
        with as_ops():
            newest = Ruleset.objects.get(is_current=True)
            Period.objects.update(ruleset=newest if is_confirmed else None)
        answer = decide(waiting, "confirm")
        assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "changed_since")

    def test_of_a_month_that_goes_by_the_current_rules_is_refused(self, closed):
        answer = ask()
        assert (answer.status_code, answer.json()["reason"]) == (409, {"code": "same_rules"})

    def test_of_a_month_that_was_never_closed_is_refused(self, period):
        answer = ask()
        assert (answer.status_code, answer.json()["reason"]) == (409, {"code": "never_closed"})

    def test_of_a_month_that_is_not_there_is_not_found(self, transactional_db):
        assert ask().status_code == 404

    def test_needs_a_reason_and_an_administrator(self, closed):
        apply_other_rules()
        assert ask(reason=" ").status_code == 400
        assert ask(Actor("ada", "operator_analyst")).status_code == 403
