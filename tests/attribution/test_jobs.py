"""Leases, retries and reruns of heavy work, with a real runner and real child processes."""

import errno
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from services.attribution.job_lanes import LANES
from services.attribution.models import Job
from shared.columnar import DiskFull
from shared.faults import BadInput
from shared.isolation.scope import as_ops
from shared.jobs import child, runner
from shared.jobs.lanes import Lane
from shared.jobs.lease import require_lease
from shared.jobs.runner import Runner
from shared.jobs.work import ATTEMPTS_MAX, cancel_job, request_job, work


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
def a_runner(transactional_db, tmp_path, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"scratch_dir": tmp_path})
    return Runner(LANES)


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

    def test_that_finds_the_disk_full_is_tried_again_later_and_says_why(self, transactional_db):
        def fill(_payload):
            raise DiskFull("the disk is full.", remedy="Free some space.")

        self.run(fill)
        job = the_job()
        assert (job.state, job.lease) == (Job.State.QUEUED, None)
        assert job.next_at > datetime.now(UTC)
        assert job.error == "the disk is full. Free some space."

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

    def test_whose_lease_is_lost_on_the_way_has_no_effect_outside(self, transactional_db):
        effects = []

        def overtaken(_payload):
            require_lease()
            lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")
            require_lease()
            effects.append("at Stripe")

        self.run(overtaken)
        assert (the_job().state, effects) == (Job.State.RUNNING, [])

    def test_whose_runner_stands_still_has_no_effect_outside(self, transactional_db):
        effects = []

        def outlived(_payload):
            with as_ops():
                Job.objects.update(next_at=datetime.now(UTC) - timedelta(seconds=1))
            require_lease()
            effects.append("at Stripe")

        self.run(outlived)
        assert effects == []

    def test_whose_lease_is_lost_on_the_way_can_not_end_the_job(self, transactional_db):
        def slow(_payload):
            lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")

        self.run(slow)
        assert the_job().state == Job.State.RUNNING


class TestTheRunner:
    def test_runs_a_job_in_a_process_of_its_own(self, a_runner):
        request()
        assert a_runner.run_once() is True
        assert the_job().state == Job.State.DONE
        assert a_runner.run_once() is False

    def test_takes_over_a_job_whose_runner_has_died(self, a_runner):
        request()
        lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")
        with as_ops():
            Job.objects.update(next_at=datetime.now(UTC) - timedelta(seconds=1))
        assert a_runner.run_once() is True
        job = the_job()
        assert (job.state, job.attempts) == (Job.State.DONE, 2)

    def test_leaves_a_job_alone_that_another_holds(self, a_runner):
        request()
        lease(the_job().job_id, "00000000-0000-4000-8000-000000000002")
        with as_ops():
            Job.objects.update(next_at=datetime.now(UTC) + timedelta(seconds=20))
        assert a_runner.run_once() is False

    def test_that_has_no_room_for_a_job_lets_it_wait(self, a_runner, monkeypatch):
        def full(*_arguments, **_options):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        request()
        with monkeypatch.context() as patched:
            patched.setattr(child.Path, "mkdir", full)
            a_runner.run_once()
        assert the_job().error == "it could not be started: [Errno 28] No space left on device"
        with as_ops():
            Job.objects.update(next_at=datetime.now(UTC) - timedelta(seconds=1))
        a_runner.run_once()
        assert the_job().state == Job.State.DONE

    def test_waits_longer_each_time_for_a_job_that_kills_its_process(self, a_runner, children):
        children["attribute_period"] = "raise SystemExit(1)"
        request()
        with as_ops():
            Job.objects.update(attempts=ATTEMPTS_MAX - 2)
        a_runner.run_once()
        assert the_job().next_at > datetime.now(UTC) + timedelta(seconds=60)

    def test_gives_up_a_job_that_kills_its_process_each_time(self, a_runner):
        request()
        with as_ops():
            Job.objects.update(attempts=ATTEMPTS_MAX)
        assert a_runner.run_once() is True
        assert the_job().state == Job.State.FAILED
        assert the_job().error.startswith("it ended without an outcome each time")


SLEEPS = "import time; time.sleep(60)"
WORKS_FOR_EVER = "while True: pass"
STOPS = "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)"


@pytest.fixture
def children(monkeypatch):
    """Kind -> Python that its child runs in place of the job; a lease is renewed at once."""
    programs = {}

    def command(claimed):
        return [sys.executable, "-c", programs[claimed.kind]]

    monkeypatch.setattr(child, "job_command", command)
    monkeypatch.setattr(runner, "LEASE_SECONDS", 1)
    return programs


def request_kind(kind):
    with as_ops():
        request_job(kind=kind, key="one", payload={})


def job_of(kind):
    with as_ops():
        return Job.objects.get(kind=kind)


def steps(a_runner, until, seconds=60):
    """The runner's loop, until something holds."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end
        a_runner._step()
        time.sleep(0.02)


class TestAChildThatHangs:
    @pytest.mark.parametrize("program", [SLEEPS, STOPS])
    def test_and_uses_no_processor_is_ended(self, a_runner, children, monkeypatch, program):
        monkeypatch.setattr(child, "IDLE_SECONDS_MAX", 0.6)
        children["attribute_period"] = program
        request()
        a_runner.run_once()
        assert the_job().state == Job.State.RUNNING
        assert the_job().error == "it did nothing for 0.6 seconds"
        assert the_job().next_at < datetime.now(UTC) + timedelta(seconds=2)

    def test_and_uses_one_is_ended_after_its_time(self, transactional_db, children):
        children["attribute_period"] = WORKS_FOR_EVER
        request()
        lanes = [Lane("periods", {"attribute_period": timedelta(seconds=0.5)})]
        Runner(lanes).run_once()
        assert the_job().error == "it took longer than 0:00:00.500000"

    def test_holds_up_its_own_lane_alone(self, a_runner, children):
        children |= {"attribute_period": SLEEPS, "explain_amount": ""}
        request_kind("attribute_period")
        request_kind("explain_amount")
        try:
            steps(a_runner, lambda: not the_child_of(a_runner, "questions") and started(a_runner))
            assert job_of("explain_amount").attempts == 1
            assert a_runner._children.keys() == {"periods"}
        finally:
            a_runner._end_all()

    def test_and_ignores_a_request_to_stop_is_killed(self, a_runner, children, monkeypatch):
        monkeypatch.setattr(child, "_STOP_SECONDS", 0.2)
        children["attribute_period"] = (
            "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
        )
        request()
        steps(a_runner, lambda: "periods" in a_runner._children)
        time.sleep(0.3)
        process = a_runner._children["periods"].process
        a_runner._end_all()
        assert process.returncode == -signal.SIGKILL


def the_child_of(a_runner, lane):
    return a_runner._children.get(lane)


def started(a_runner):
    return job_of("explain_amount").attempts == 1 and the_child_of(a_runner, "periods")


class TestAJobThatIsCancelled:
    def test_ends_its_child(self, a_runner, children):
        children["explain_amount"] = SLEEPS
        request_kind("explain_amount")
        steps(a_runner, lambda: "questions" in a_runner._children)
        process = a_runner._children["questions"].process
        with as_ops():
            cancel_job(Job.objects.select_for_update().get())
        steps(a_runner, lambda: not a_runner._children)
        assert process.returncode == -signal.SIGKILL
        assert the_job().state == Job.State.CANCELLED


class TestALane:
    def test_takes_what_is_named_first_before_what_came_first(self, a_runner, children):
        children |= dict.fromkeys(("replay_run", "explain_amount"), "")
        request_kind("replay_run")
        request_kind("explain_amount")
        assert a_runner.run_once()
        assert job_of("explain_amount").attempts == 1
        assert job_of("replay_run").attempts == 0
