"""What a service depends on: who is asked, what is said of an answer, and what asking costs."""

import socket
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection

from shared.faults import Fault
from shared.health import dependencies, read
from shared.health.dependencies import (
    BROKER_SLOW_SECONDS,
    DATABASE_SLOW_SECONDS,
    KEPT_SECONDS,
    S3_SLOW_SECONDS,
    Dependency,
    Probe,
    common_probes,
    dependency_troubles,
)
from shared.isolation.scope import as_ops
from shared.outside import broker, database, lake
from shared.vocabulary.troubles import TroubleCode, TroubleKind

NOW = datetime(2026, 11, 5, 8, 0, tzinfo=UTC)


class Outside:
    """Answers as `answers` say, each an error or the seconds it takes; the last for ever."""

    def __init__(self, *answers):
        self.now = 100.0
        self.answers = list(answers)
        self.count = 0

    def clock(self):
        return self.now

    def ask(self):
        self.count += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        self.now += answer

    def probe(self, **options):
        given = {"connect": lambda: self.ask, "slow_seconds": 0.5, "waiting": lambda: 7, **options}
        return Probe(Dependency(TroubleKind.S3, "S3", **given), clock=self.clock)


def look(probe, now=NOW):
    return next(dependency_troubles([probe], now), None)


class TestAProbe:
    def test_says_nothing_of_who_answers(self):
        assert look(Outside(0.5).probe()) is None

    @pytest.mark.parametrize("error", [OSError("refused"), Fault("503 of S3")])
    def test_quotes_the_error_of_who_is_away_or_refuses(self, error):
        trouble = look(Outside(error).probe())
        assert (trouble.kind, trouble.code, trouble.since) == ("s3_storage", "away", NOW)
        assert trouble.figures == {"text": str(error), "count": 7}

    def test_may_call_it_otherwise(self):
        trouble = look(Outside(OSError("full")).probe(away_code=TroubleCode.NO_CONNECTION))
        assert (trouble.code, trouble.figures) == ("no_connection", {"text": "full", "count": 7})

    def test_names_who_does_not_answer_in_time(self):
        done = threading.Event()
        probe = Outside(0).probe(connect=lambda: done.wait, ask_seconds=0.01)
        trouble = look(probe)
        done.set()
        assert trouble.figures["text"] == "S3 does not answer in time"

    def test_tells_slow_from_away(self):
        trouble = look(Outside(0.6).probe())
        assert (trouble.code, trouble.figures) == ("slow", {"milliseconds": 600})

    @pytest.mark.parametrize("once", [OSError("a connection that had ended"), 0.9])
    def test_asks_again_before_it_complains(self, once):
        outside = Outside(once, 0.1)
        assert look(outside.probe()) is None
        assert outside.count == 2

    def test_asks_nobody_for_ten_seconds_after_an_answer(self):
        outside = Outside(0.1)
        probe = outside.probe()
        for _ in range(50):
            look(probe)
        assert outside.count == 1
        outside.now += KEPT_SECONDS
        look(probe)
        assert outside.count == 2

    def test_keeps_since_when_while_it_stays_so(self):
        outside = Outside(OSError("a"), OSError("a"), OSError("b"), 0.1, OSError("c"))
        probe, later = outside.probe(), NOW + timedelta(minutes=1)
        look(probe)
        outside.now += KEPT_SECONDS
        trouble = look(probe, later)
        assert (trouble.since, trouble.figures["text"]) == (NOW, "b")
        outside.now += KEPT_SECONDS
        assert look(probe, later) is None
        outside.now += KEPT_SECONDS
        assert look(probe, later).since == later

    def test_is_away_where_it_has_no_client(self):
        def connect():
            raise OSError("no such certificate")

        assert look(Outside(0).probe(connect=connect)).figures["text"] == (
            "OSError: no such certificate"
        )

    def test_holds_nobody_up_whose_client_still_loads(self, monkeypatch):
        monkeypatch.setattr(dependencies, "ANSWER_SECONDS", 0.01)
        loaded = threading.Event()

        def connect():
            loaded.wait()
            return lambda: None

        assert look(Outside(0).probe(connect=connect)) is None
        loaded.set()


def refusing_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class TestTheQuestions:
    """To a real S3, and to ports where nobody answers."""

    def other(self, **changes):
        return settings.ENVIRONMENT.model_copy(update=changes)

    def test_s3_answers_for_its_bucket(self):
        lake.connect_probe(settings.ENVIRONMENT, seconds=1)()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"lake_uri": "s3://no-such-bucket"}, "AccessDenied"),
            ({"s3_access_key": "wrong"}, "InvalidAccessKeyId"),
            ({"s3_endpoint_url": f"http://127.0.0.1:{refusing_port()}"}, "Could not connect"),
        ],
    )
    def test_s3_refuses_or_is_not_there(self, changes, words):
        with pytest.raises(Exception, match=words):
            lake.connect_probe(self.other(**changes), seconds=1)()

    def test_the_broker_is_not_there(self):
        url = f"redis://:secret@127.0.0.1:{refusing_port()}/0"
        with pytest.raises(redis.ConnectionError, match="refused"):
            broker.connect(self.other(broker_url=url), seconds=1)()

    def test_the_database_gives_a_connection_and_takes_it_back(self, db):
        count = "select count(*) from pg_stat_activity where datname = current_database()"
        with connection.cursor() as cursor:
            cursor.execute(count)
            before = cursor.fetchone()
            database.connect_anew()
            cursor.execute(count)
            assert cursor.fetchone() == before

    def test_the_database_gives_no_connection(self, monkeypatch):
        known = connection.get_connection_params() | {"port": refusing_port()}
        monkeypatch.setattr(connection, "get_connection_params", lambda: known)
        with pytest.raises(psycopg.OperationalError, match="refused"):
            database.connect_anew()


class TestTheHealth:
    def test_asks_s3_and_the_broker(self, db, monkeypatch):
        """The suite has the one and not the other."""
        common_probes.cache_clear()
        monkeypatch.setattr(read, "dependency_troubles", dependency_troubles)
        options = []
        monkeypatch.setattr(
            read, "process_troubles", lambda _now, **given: iter(options.append(given) or ())
        )
        with as_ops():
            [trouble] = read.common_troubles(NOW)
        assert (trouble.kind, trouble.code) == (TroubleKind.BROKER, TroubleCode.AWAY)
        assert options == [{"without_broker": True}]
        common_probes.cache_clear()

    def test_slow_is_less_than_an_answer_may_take(self):
        limits = S3_SLOW_SECONDS, BROKER_SLOW_SECONDS, DATABASE_SLOW_SECONDS
        assert max(limits) < dependencies.ASK_SECONDS
