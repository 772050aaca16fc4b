"""Signs of life of the processes, and what the health says of who gives none."""

from datetime import UTC, datetime, timedelta
from unittest.mock import Mock

import pytest
from django.db import OperationalError

from services.ingestion.models import Heartbeat, Outbox
from shared.auth.actors import Actor
from shared.health import processes, read
from shared.health.processes import process_troubles
from shared.heartbeats.heart import SILENT_AFTER, Heart
from shared.isolation.scope import as_ops
from shared.jobs.runner import Runner
from shared.jobs.work import request_job
from shared.messaging.processes import _beating
from tests.ingestion.deliveries import files_of_at_most
from tests.tokens import client_of

NOW = datetime(2026, 11, 5, 8, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
LATE = NOW - SILENT_AFTER - timedelta(seconds=1)
KINDS = ("runner", "bus", "worker")


def beat(process, instance="one", *, at=NOW, **fields):
    with as_ops():
        Heartbeat.objects.update_or_create(
            process=process, instance=instance, defaults={"beat_at": at, **fields}
        )


def troubles(*, started_at=LONG_AGO, **options):
    with as_ops():
        return list(process_troubles(NOW, started_at=started_at, **options))


def codes(**options):
    return [(each.subject, each.code, each.since) for each in troubles(**options)]


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def instance(settings):
    """Becomes another instance, as by another environment."""

    def become(name):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"instance": name})

    return become


class TestAProcess:
    def test_that_gives_signs_is_no_trouble(self, db):
        for process in KINDS:
            beat(process)
        assert codes() == []

    def test_that_none_has_ever_given_is_named_since_the_web_process_started(self, db):
        assert codes() == [(process, "none_alive", LONG_AGO) for process in KINDS]
        assert codes(started_at=NOW - SILENT_AFTER) == []

    def test_that_is_silent_is_named_since_its_last_sign_with_what_waits(self, db):
        for process in KINDS:
            beat(process, at=LATE)
        with as_ops():
            request_job(kind="collect_bill", key="k", payload={})
            for _ in range(2):
                Outbox.objects.create(dest="portal", topic="a.fact.v1", payload={})
        assert codes() == [(process, "none_alive", LATE) for process in KINDS]
        assert [each.figures["count"] for each in troubles()] == [1, 2, 0]

    def test_that_has_ended_is_named_only_where_no_other_lives(self, db):
        for process in KINDS:
            beat(process)
        beat("runner", at=LATE, ended_at=LATE)
        assert codes() == [("runner", "none_alive", LATE)]
        beat("runner", "two")
        assert codes() == []

    def test_that_is_silent_beside_another_is_named_with_its_instance(self, db):
        for process in KINDS:
            beat(process)
        beat("worker", "two", at=LATE)
        [trouble] = troubles()
        assert (trouble.subject, trouble.code, trouble.since) == ("worker", "one_silent", LATE)
        assert trouble.figures == {"instance": "two"}

    def test_that_can_not_work_without_the_broker_is_left_out_while_it_is_away(self, db):
        assert codes(without_broker=True) == [("runner", "none_alive", LONG_AGO)]

    def test_that_a_service_does_not_have_is_not_missed(self, db, monkeypatch):
        monkeypatch.setattr(processes, "job_lanes", list)
        assert [subject for subject, _, _ in codes()] == ["bus", "worker"]

    def test_says_what_it_complains_of(self, db):
        beat("worker")
        beat("bus", hanging_loops="relay", hanging_since=LATE)
        beat("runner", disk_error="/scratch: full", disk_failing_since=LATE)
        assert codes() == [
            ("runner", "scratch_not_writable", LATE),
            ("bus", "loop_hangs", LATE),
        ]
        disk, hanging = troubles()
        assert disk.figures == {"instance": "one", "text": "/scratch: full"}
        assert hanging.figures == {"instance": "one", "loops": "relay"}

    def test_is_part_of_the_health_of_its_service(self, db, monkeypatch):
        monkeypatch.setattr(read, "process_troubles", process_troubles)
        for process in KINDS:
            beat(process, at=LONG_AGO)
        answer = client_of(Actor("ana", "operator_analyst")).get("/api/v1/health").json()
        assert [item["kind"] for item in answer["data"]] == [f"{kind}_process" for kind in KINDS]


class TestAHeart:
    def only(self):
        with as_ops():
            return Heartbeat.objects.get()

    def test_beats_at_once_and_then_every_15_seconds(self, db):
        clock = Clock()
        heart = Heart(Heartbeat.Process.RUNNER, {"lanes": SILENT_AFTER}, clock=clock)
        heart.did_round("lanes")
        first = self.only().beat_at
        clock.now = 14
        heart.did_round("lanes")
        assert self.only().beat_at == first
        clock.now = 15
        heart.did_round("lanes")
        assert self.only().beat_at > first

    def test_names_a_loop_that_does_no_rounds_while_another_does(self, db):
        clock = Clock()
        limits = {"relay": SILENT_AFTER, "acks": SILENT_AFTER, "beat": timedelta(minutes=10)}
        heart = Heart(Heartbeat.Process.BUS, limits, clock=clock)
        clock.now = 60
        heart.did_round("acks")
        row = self.only()
        assert row.hanging_loops == "relay"
        assert row.beat_at - row.hanging_since == timedelta(seconds=60)
        clock.now = 80
        heart.did_round("relay")
        assert (self.only().hanging_loops, self.only().hanging_since) == ("", None)

    def test_blames_no_loop_where_the_whole_process_stood_still(self, db):
        clock = Clock()
        limits = {"relay": SILENT_AFTER, "acks": SILENT_AFTER}
        heart = Heart(Heartbeat.Process.BUS, limits, clock=clock)
        heart.did_round("relay")
        clock.now = 100
        heart.did_round("relay")
        assert self.only().hanging_loops == ""

    def test_comes_back_under_its_name_and_forgets_who_does_not(self, db, instance):
        now = datetime.now(UTC)
        beat("runner", "gone", at=now - timedelta(minutes=61))
        beat("runner", "restarting", at=now - timedelta(minutes=59))
        beat("worker", "gone", at=now - timedelta(minutes=61))
        instance("restarting")
        Heart(Heartbeat.Process.RUNNER, {"lanes": SILENT_AFTER}).did_round("lanes")
        with as_ops():
            rows = set(Heartbeat.objects.values_list("process", "instance"))
        assert rows == {("runner", "restarting"), ("worker", "gone")}

    def test_says_its_end_and_no_more(self, db):
        heart = Heart(Heartbeat.Process.BUS, {"relay": SILENT_AFTER})
        heart.did_round("relay")
        heart.end()
        assert self.only().ended_at is not None
        heart.did_round("relay")
        assert self.only().ended_at is not None
        Heart(Heartbeat.Process.BUS, {"relay": SILENT_AFTER}).did_round("relay")
        assert self.only().ended_at is None

    def test_goes_on_where_the_database_is_away(self, db, monkeypatch):
        def away():
            raise OperationalError

        heart = Heart(Heartbeat.Process.BUS, {"relay": SILENT_AFTER})
        monkeypatch.setattr("shared.heartbeats.heart.as_ops", away)
        heart.did_round("relay")
        heart.end()


class TestARunner:
    @pytest.fixture
    def runner(self, tmp_path):
        runner = Runner([])
        runner.scratch = tmp_path
        return runner

    def sign(self):
        with as_ops():
            return Heartbeat.objects.get(process="runner")

    def test_gives_signs_from_the_loop_that_starts_jobs(self, db, runner):
        runner._step()
        assert (self.sign().disk_error, self.sign().disk_failing_since) == ("", None)

    def test_gives_none_where_it_can_not_look_for_jobs(self, db, runner, monkeypatch):
        def away():
            raise OperationalError

        monkeypatch.setattr(runner, "_start_due", away)
        monkeypatch.setattr("shared.jobs.runner.time.sleep", lambda _seconds: None)
        monkeypatch.setattr("shared.jobs.runner.connection.close", lambda: None)
        runner._step()
        with as_ops():
            assert not Heartbeat.objects.exists()

    def test_says_that_its_disk_takes_no_more(self, db, runner):
        with files_of_at_most(4096):
            runner._step()
        assert self.sign().disk_error == f"{runner.scratch}: File too large"
        assert self.sign().disk_failing_since is not None
        assert list(runner.scratch.iterdir()) == []

    def test_says_that_its_folder_is_not_there(self, db, runner):
        runner.scratch = runner.scratch / "none"
        runner._step()
        assert self.sign().disk_error.endswith("No such file or directory")


class TestCelerysLoop:
    def test_gives_signs_from_its_own_timer_and_says_its_end(self, db, monkeypatch):
        monkeypatch.setattr("shared.messaging.processes.connection.close", lambda: None)
        timer = Mock()
        heart = Heart(Heartbeat.Process.WORKER, {"facts": SILENT_AFTER})
        step = _beating(heart, "facts")(Mock())
        step.start(Mock(timer=timer))
        [(seconds, did_round)] = [call.args for call in timer.call_repeatedly.call_args_list]
        assert seconds < SILENT_AFTER.total_seconds() / 3
        did_round()
        with as_ops():
            assert Heartbeat.objects.get(process="worker").ended_at is None
        step.stop(Mock())
        with as_ops():
            assert Heartbeat.objects.get(process="worker").ended_at is not None
