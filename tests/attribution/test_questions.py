"""Why an amount is what it is, and a run once more: of the very inputs a run was made of."""

import threading
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from services.attribution.domain.evidence import recompute
from services.attribution.domain.evidence_json import from_json
from services.attribution.engine import engine_digest
from services.attribution.handlers import JOBS
from services.attribution.models import InputSet, Job, Run, StatementLine
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.queries.run_inputs import InputsNotKept, inputs_of_run
from shared.auth.actors import Actor
from shared.faults import ProofFailed
from shared.isolation.scope import as_ops
from shared.money import from_quanta
from tests.attribution.test_period import (
    ACME,
    LINES,
    RULESET,
    announce_bill,
    attributed,
    current,
    period,
    scratch,
    storage,
)
from tests.bills import focus_line
from tests.tokens import client_of

__all__ = ["attributed", "period", "scratch", "storage"]

OLIVIA = Actor("olivia", "operator_admin")


@pytest.fixture
def run(attributed):
    return current()


@pytest.fixture
def restated(run, storage, tmp_path):
    """Another bill and another ruleset since; the run is not current any more."""
    announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **ACME)], version=2)
    with as_ops():
        apply_ruleset(content=RULESET.replace("{signal: nat_bytes}, ", ""), applied_by="olivia")
    attribute_period(period=run.period)
    assert current().run_id != run.run_id
    return run


def asked(path, body=None, *, actor=OLIVIA):
    client = client_of(actor)
    if body is None:
        return client.get(path)
    return client.post(path, body, content_type="application/json")


def answer(path, body=None):
    """Asked until it is answered, with the job in between."""
    first = asked(path, body)
    assert (first.status_code, first.json()["answer"]) == (202, None)
    with as_ops():
        job = Job.objects.get(kind__in=JOBS.keys() - {"attribute_period"}, state="queued")
    JOBS[job.kind](job.payload)
    with as_ops():
        job.delete()
    return asked(path, body)


def explanation(run, query, **more):
    path = f"/api/v1/periods/{run.period}/explanations?{query}"
    return answer(path, **more)


class TestAnExplanation:
    def test_gives_each_line_of_a_statement_from_its_evidence(self, run):
        found = from_json(explanation(run, "tenant=acme").json()["answer"])
        given = {
            (line.charge_group, line.method): sum(recompute(part.evidence) for part in line.parts)
            for line in found.lines
        }
        with as_ops():
            lines = StatementLine.objects.filter(tenant_id="acme")
            kept = {(line.charge_group, line.method): line.amount for line in lines}
        assert {key: from_quanta(quanta) for key, quanta in given.items()} == kept

    def test_names_all_that_the_run_was_made_of(self, run):
        made_of = explanation(run, "tenant=acme&charge_group=pool:nat").json()["answer"]["run"]
        assert made_of["run_id"] == run.run_id
        assert made_of["snapshots"] == run.snapshot_ids
        assert made_of["signals"] == run.signal_set_ids
        assert made_of["ruleset"] == f"{run.ruleset_digest} (version 1)"

    def test_of_a_run_that_is_not_current_is_as_it_was(self, restated):
        query = f"tenant=acme&run={restated.run_id}"
        assert explanation(restated, query).json()["answer"]["amount"] == "3.7500000000"
        now = explanation(restated, "tenant=acme").json()["answer"]
        assert Decimal(now["amount"]) == Decimal("7.5")

    def test_is_computed_once(self, run):
        explanation(run, "tenant=acme")
        path = f"/api/v1/periods/{run.period}/explanations?tenant=acme"
        assert asked(path).status_code == 200
        with as_ops():
            assert not Job.objects.filter(kind="explain_amount").exists()

    def test_of_what_is_not_there_is_a_404_that_says_what_is_near(self, run):
        told = explanation(run, "tenant=acmee")
        assert told.status_code == 404
        assert "Try acme" in told.json()["detail"]

    def test_of_another_amount_than_was_told_is_not_given(self, run):
        with as_ops():
            line = StatementLine.objects.get(tenant_id="acme", charge_group="pool:nat")
            line.delete()
            line.amount = 1
            line.save(force_insert=True)
        with pytest.raises(ProofFailed, match=r"0\.7500000000 now, and was 1"):
            explanation(run, "tenant=acme")

    def test_of_a_run_that_is_none_is_a_404(self, run):
        path = f"/api/v1/periods/{run.period}/explanations?tenant=acme&run=run_none"
        assert asked(path).status_code == 404

    def test_that_failed_says_why(self, run):
        path = f"/api/v1/periods/{run.period}/explanations?tenant=acme"
        asked(path)
        with as_ops():
            Job.objects.filter(kind="explain_amount").update(
                state="failed", error="the lake is gone", finished_at="2999-01-01T00:00:00Z"
            )
        told = asked(path)
        assert (told.status_code, told.json()["detail"]) == (409, "the lake is gone")

    @pytest.mark.parametrize("role", ["operator_viewer", "billing_clerk"])
    def test_is_for_the_operators_people(self, run, role):
        path = f"/api/v1/periods/{run.period}/explanations?tenant=acme"
        assert asked(path, actor=Actor("vic", role)).status_code == 202


VIC = Actor("vic", "operator_viewer")


class TestQuestionsOfOnePerson:
    def path(self, run, number):
        return f"/api/v1/periods/{run.period}/explanations?tenant=acme&rows={number}"

    def test_are_so_many_at_once_and_no_more(self, run):
        answers = [asked(self.path(run, number), actor=VIC) for number in range(1, 41)]
        assert [answer.status_code for answer in answers] == [202] * 3 + [429] * 37
        assert answers[-1].json()["reason"] == {"code": "too_many_questions"}
        assert answers[-1].headers["Retry-After"]
        with as_ops():
            assert Job.objects.filter(kind="explain_amount").count() == 3

    def test_hold_up_nobody_else_and_are_answered_together_where_they_are_the_same(self, run):
        for number in (1, 2, 3):
            asked(self.path(run, number), actor=VIC)
        assert asked(self.path(run, 3), actor=OLIVIA).status_code == 202
        assert asked(self.path(run, 4), actor=OLIVIA).status_code == 202
        with as_ops():
            assert Job.objects.filter(requested_by="olivia").count() == 1

    def test_asked_by_many_at_the_same_time_are_still_counted(self, run, transactional_db):
        codes = []

        def one(number):
            codes.append(asked(self.path(run, number), actor=VIC).status_code)
            connection.close()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(1, 11)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(codes) == [202] * 3 + [429] * 7

    def test_can_be_cancelled_by_who_asked_and_make_room(self, run):
        waiting = [asked(self.path(run, number), actor=VIC).json() for number in (1, 2, 3)]
        gone = client_of(VIC).delete(f"/api/v1/questions/{waiting[0]['question']}")
        assert gone.status_code == 204
        assert asked(self.path(run, 4), actor=VIC).status_code == 202
        with as_ops():
            assert Job.objects.get(key=waiting[0]["question"]).state == Job.State.CANCELLED

    def test_are_not_cancelled_by_another_but_by_an_administrator(self, run):
        question = asked(self.path(run, 1), actor=VIC).json()["question"]
        path = f"/api/v1/questions/{question}"
        assert client_of(Actor("bill", "billing_clerk")).delete(path).status_code == 404
        assert client_of(OLIVIA).delete(path).status_code == 204
        assert client_of(OLIVIA).delete(path).status_code == 404

    def test_that_were_cancelled_may_be_asked_again(self, run):
        question = asked(self.path(run, 1), actor=VIC).json()["question"]
        client_of(VIC).delete(f"/api/v1/questions/{question}")
        assert explanation(run, "tenant=acme&rows=1").status_code == 200


class TestAReplay:
    def replay(self, run):
        path = f"/api/v1/runs/{run.run_id}/replays"
        return answer(path, {"replay_id": str(uuid4())}).json()["answer"]

    def test_gives_the_same_bytes_whatever_came_since(self, restated):
        told = self.replay(restated)
        assert told["is_same"]
        assert set(told["hashes"].values()) == {restated.content_hash}

    def test_of_a_run_of_which_days_were_taken_from_an_earlier_one_is_the_same_too(
        self, run, storage, tmp_path
    ):
        later = {"ChargePeriodStart": "2026-10-05T04:00:00Z"}
        later |= {"ChargePeriodEnd": "2026-10-05T05:00:00Z"}
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **ACME, **later)], version=2)
        attribute_period(period=run.period)
        assert self.replay(current())["is_same"]

    def test_of_a_run_by_an_older_engine_shows_both_and_that_the_amounts_are_equal(self, run):
        with as_ops():
            Run.objects.update(engine_digest="")
        answered = self.replay(run)
        assert answered["engine"] == {"recorded": "", "current": engine_digest()}
        assert answered["has_same_amounts"]

    def test_of_a_run_whose_engine_wrote_texts_otherwise_compares_what_they_say(
        self, run, storage, tmp_path
    ):
        named = focus_line(cost="4", ServiceCategory="=1+1", **ACME)
        announce_bill(storage, tmp_path, [*LINES, named], version=2)
        attribute_period(period=run.period)
        uri = f"{current().folder_uri}/statements.csv"
        written = storage.read(uri)
        storage.write(written.replace(b"'=1+1", b"=1+1"), uri)
        assert storage.read(uri) != written
        assert self.replay(current())["has_same_amounts"]

    def test_of_a_run_that_was_tampered_with_shows_it(self, run, storage):
        uri = f"{run.folder_uri}/allocations.parquet"
        storage.write(storage.read(uri) + b" ", uri)
        told = self.replay(run)
        assert not told["is_same"]
        assert told["hashes"]["kept"] != told["hashes"]["replayed"] == run.content_hash

    def test_is_not_for_those_who_only_look(self, run):
        path = f"/api/v1/runs/{run.run_id}/replays"
        body = {"replay_id": str(uuid4())}
        assert asked(path, body, actor=Actor("vic", "operator_viewer")).status_code == 403


class TestFocusCharges:
    def test_lie_beside_the_runs_allocations(self, restated, storage):
        told = answer(f"/api/v1/runs/{restated.run_id}/focus").json()["answer"]
        assert set(told["files"]) == {"focus.csv", "focus.parquet", "metadata.json"}
        assert all(uri.startswith(restated.folder_uri) for uri in told["files"].values())
        written = storage.read(told["files"]["focus.csv"]).decode()
        assert len(written.splitlines()) == told["metadata"]["RowCount"] + 1
        assert restated.run_id in written

    def test_of_one_tenant_are_its_parts_of_bill_lines(self, run, storage):
        path = f"/api/v1/runs/{run.run_id}/focus?tenant=acme"
        told = answer(path).json()["answer"]
        written = storage.read(told["files"]["focus.csv"]).decode().splitlines()
        assert len(written) == 1 + 2  # its own line, and its part of the pool's
        assert asked(f"/api/v1/runs/{run.run_id}/focus?day=2026-10-03").status_code == 400

    def test_of_a_tenant_that_is_none_are_a_404(self, run):
        assert answer(f"/api/v1/runs/{run.run_id}/focus?tenant=nobody").status_code == 404


class TestARunsInputs:
    def test_are_kept_with_it(self, restated):
        with as_ops():
            inputs = inputs_of_run(Run.objects.get(run_id=restated.run_id))
            newest = InputSet.objects.get(kind="snapshot").part_uris
        assert inputs.digest == restated.input_digest
        assert inputs.snapshots[0].part_uris != newest

    def test_of_a_run_before_they_were_are_missing_and_said_to_be(self, run):
        run.inputs = {}
        with pytest.raises(InputsNotKept, match="was not kept"):
            inputs_of_run(run)
