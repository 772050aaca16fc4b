"""A database that stands still is found out before a request waits for it."""

import socket
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import OperationalError, connections
from django.test import Client

from shared.outside import database
from shared.outside.database import FRESH_SECONDS, DatabaseProbe, _greet

NOW = datetime(2026, 11, 5, 8, 0, tzinfo=UTC)


class Database:
    now = 0.0
    count = 0
    error = None

    def ask(self):
        self.count += 1
        if self.error:
            raise self.error

    def probe(self):
        return DatabaseProbe(self.ask, clock=lambda: self.now)


class TestTheProbe:
    def test_asks_again_a_second_after_an_answer(self):
        known = Database()
        probe = known.probe()
        assert [probe.away_since(NOW) for _ in range(9)] == [None] * 9
        assert known.count == 1
        known.now += FRESH_SECONDS
        probe.away_since(NOW)
        assert known.count == 2

    def test_says_since_when_there_is_no_answer_and_asks_ever_less(self):
        known = Database()
        known.error = OSError()
        probe = known.probe()
        seen = [probe.away_since(NOW + timedelta(minutes=minute)) for minute in range(9)]
        assert seen == [NOW] * 9
        assert known.count == 3
        known.now, known.error = 60, None
        assert probe.away_since(NOW) is None

    def test_waits_for_nobody_who_hangs(self, monkeypatch):
        monkeypatch.setattr(database, "ASK_SECONDS", 0.01)
        done = threading.Event()
        assert DatabaseProbe(done.wait).away_since(NOW) == NOW
        done.set()


class TestAGreeting:
    @pytest.fixture
    def at(self, monkeypatch):
        def become(port):
            known = {**connections["default"].settings_dict, "PORT": str(port)}
            monkeypatch.setattr(connections["default"], "settings_dict", known)

        return become

    def test_is_answered_by_a_real_server_that_would_ask_for_a_password(self):
        _greet()

    def test_is_answered_by_who_refuses(self, at):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        at(port)
        _greet()

    def test_is_not_answered_by_who_takes_the_connection_and_says_nothing(self, at):
        """As a server under SIGSTOP: the kernel takes it."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            at(server.getsockname()[1])
            with pytest.raises(psycopg.errors.ConnectionTimeout):
                _greet()


class TestARequest:
    @pytest.fixture
    def away(self, monkeypatch):
        known = Database()
        known.error = OSError()
        monkeypatch.setattr("shared.runtime.middleware.database_probe", lambda: probe)
        probe = known.probe()

    def test_is_told_so_before_it_asks_the_database(self, away):
        answer = Client().get("/api/v1/health", headers={"Authorization": "Bearer x"})
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert answer["Content-Type"] == "application/problem+json"
        problem = answer.json()
        assert problem["code"] == problem["reason"]["code"] == "database_away"
        assert datetime.fromisoformat(problem["reason"]["since"]).tzinfo is not None

    def test_of_a_probe_is_let_through(self, away):
        assert Client().get("/livez").status_code == 200

    def test_that_fails_without_a_connection_is_told_to_come_again(self, db, monkeypatch):
        def full(_self, _request):
            raise OperationalError("FATAL: sorry, too many clients already")

        monkeypatch.setattr("shared.audit.door.AuditTrail.__call__", full)
        answer = Client(raise_request_exception=False).get("/api/v1/health")
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert answer.json()["code"] == "busy"
        assert "clients" not in answer.content.decode()
