"""Leases, retries and reruns of heavy work, with a real runner and real child processes."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from services.attribution.models import Job
from shared.faults import BadInput
from shared.isolation.scope import as_ops
from shared.jobs.runner import Runner
from shared.jobs.work import ATTEMPTS_MAX, request_job, work


def request(period="2026-10", **payload):
    with as_ops():
        request_job(kind="attribute_period", key=period, payload={"period": period, **payload})


def the_job():
    with as_ops():
        return Job.objects.get()


def lease(job_id, lease_id):
    with as_ops():
        Job.objects.filter(job_id=job_id).update(state="running", lease=lease_id, attempts=1)


@pytest.fixture
def runner(transactional_db, tmp_path, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"scratch_dir": tmp_path})
    return Runner()


class TestARequest:
    def test_made_twice_is_one_job(self, transactional_db):
        request()
        request()
        assert the_job().state == Job.State.QUEUED

    def test_for_another_key_is_another_job(self, transactional_db):
        request("2026-10")
        request("2026-09")
        with as_ops():
            assert Job.objects.count() == 2

    def test_while_it_runs_makes_it_run_again_since_its_input_may_be_older(self, transactional_db):
        request()
        lease_id = "00000000-0000-4000-8000-000000000001"
        lease(the_job().job_id, lease_id)

        def handler(_payload):
            request()

        work(str(the_job().job_id), lease_id, {"attribute_period": handler})
        job = the_job()
        assert (job.state, job.lease, job.attempts) == (Job.State.QUEUED, None, 0)

    def test_at_the_same_time_by_many_is_one_job(self, transactional_db):
        def ask():
            request()
            connection.close()

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert the_job().state == Job.State.QUEUED


class TestWork:
    LEASE = "00000000-0000-4000-8000-000000000001"

    def run(self, handler):
        request()
        lease(the_job().job_id, self.LEASE)
        work(str(the_job().job_id), self.LEASE, {"attribute_period": handler})

    def test_that_ends_well_is_done(self, transactional_db):
        seen = []
        self.run(seen.append)
        assert (the_job().state, seen) == (Job.State.DONE, [{"period": "2026-10"}])

    def test_that_meets_bad_input_fails_at_once_and_says_why(self, transactional_db):
        def refuse(_payload):
            raise BadInput("the part is truncated.", file="part-1", remedy="Deliver it again.")

        self.run(refuse)
        job = the_job()
        assert job.state == Job.State.FAILED
        assert job.error == "part-1: the part is truncated. Deliver it again."

    def test_that_breaks_is_tried_again_later(self, transactional_db):
        with pytest.raises(ZeroDivisionError):
            self.run(lambda _payload: 1 / 0)
        job = the_job()
        assert (job.state, job.lease) == (Job.State.QUEUED, None)
        assert job.next_at > datetime.now(UTC)

    def test_that_breaks_for_the_last_time_stays_to_be_seen(self, transactional_db):
        request()
        lease(the_job().job_id, self.LEASE)
        with as_ops():
            Job.objects.update(attempts=ATTEMPTS_MAX)
        with pytest.raises(ZeroDivisionError):
            work(str(the_job().job_id), self.LEASE, {"attribute_period": lambda _: 1 / 0})
        assert the_job().state == Job.State.FAILED

    def test_under_a_lost_lease_is_not_done(self, transactional_db):
        request()
        lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")
        seen = []
        work(str(the_job().job_id), self.LEASE, {"attribute_period": seen.append})
        assert seen == []

    def test_whose_lease_is_lost_on_the_way_can_not_end_the_job(self, transactional_db):
        def slow(_payload):
            lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")

        self.run(slow)
        assert the_job().state == Job.State.RUNNING


class TestTheRunner:
    def test_runs_a_job_in_a_process_of_its_own(self, runner):
        request()
        assert runner.run_once() is True
        assert the_job().state == Job.State.DONE
        assert runner.run_once() is False

    def test_takes_over_a_job_whose_runner_has_died(self, runner):
        request()
        lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")
        with as_ops():
            Job.objects.update(next_at=datetime.now(UTC) - timedelta(seconds=1))
        assert runner.run_once() is True
        job = the_job()
        assert (job.state, job.attempts) == (Job.State.DONE, 2)

    def test_leaves_a_job_alone_that_another_holds(self, runner):
        request()
        lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")
        with as_ops():
            Job.objects.update(next_at=datetime.now(UTC) + timedelta(seconds=20))
        assert runner.run_once() is False

    def test_gives_up_a_job_that_kills_its_process_each_time(self, runner):
        request()
        with as_ops():
            Job.objects.update(attempts=ATTEMPTS_MAX)
        assert runner.run_once() is True
        assert (the_job().state, the_job().error) == (Job.State.FAILED, "it died each time")
