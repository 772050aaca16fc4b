"""What attribution writes down of who did what."""

import pytest

from services.attribution.models import Audit, Period, Ruleset, Run
from shared.audit.counts import COUNTS
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from tests.tokens import client_of

ADA = Actor("ada", "operator_admin")
RULESET = 'version: 1\ncurrency: USD\ntenants: [{{key: {tenant}}}]\nlabels: {{tenant: ["tag:x"]}}\n'


@pytest.fixture(autouse=True)
def counts():
    COUNTS.forget()


def written():
    with as_ops():
        return list(Audit.objects.order_by("id"))


def apply(tenant):
    answer = client_of(ADA).put(
        "/api/v1/ruleset",
        {"content": RULESET.format(tenant=tenant)},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content


class TestARuleset:
    def test_has_an_entry_each_time_it_comes_into_force(self, db, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"second_person_above_tenants": 2}
        )
        for tenant in ("acme", "globex", "acme"):
            apply(tenant)
        assert [(row.actor, row.action, row.details) for row in written()] == [
            ("ada", "ruleset.applied", {"version": 1, "version_before": 0}),
            ("ada", "ruleset.applied", {"version": 2, "version_before": 1}),
            ("ada", "ruleset.applied", {"version": 1, "version_before": 2}),
        ]

    def test_that_is_refused_has_an_entry(self, db):
        client_of(ADA).put("/api/v1/ruleset", {"content": "{"}, content_type="application/json")
        [entry] = written()
        assert (entry.outcome, entry.actor) == ("refused", "ada")


class TestAClose:
    def test_that_is_refused_says_by_which_code(self, db):
        client_of(ADA).post("/api/v2/periods/2026-10/close", {}, content_type="application/json")
        [entry] = written()
        assert (entry.action, entry.object_id, entry.reason) == (
            "period.closed",
            "2026-10",
            "not_attributed",
        )

    def test_names_the_checks_that_were_overridden(self, db):
        apply("acme")
        with as_ops():
            ruleset = Ruleset.objects.get()
            Period.objects.create(period="2026-10")
            Run.objects.create(
                run_id="run_1",
                period="2026-10",
                version=1,
                state="proven",
                is_current=True,
                activation=1,
                input_digest="d",
                ruleset_digest=ruleset.digest,
                snapshot_ids=[],
                signal_set_ids=[],
                cost_measure="EffectiveCost",
                currency="USD",
                proof={"difference": "0"},
            )
        checks = client_of(ADA).get("/api/v2/periods/2026-10").json()["checks"]
        failed = {check["name"]: "it is so" for check in checks if not check["passed"]}
        answer = client_of(ADA).post(
            "/api/v2/periods/2026-10/close", {"reasons": failed}, content_type="application/json"
        )
        assert answer.status_code == 200, answer.content
        entry = written()[-1]
        assert entry.details == {
            "was_closed": False,
            "run": "run_1",
            "overridden": sorted(failed),
        }
