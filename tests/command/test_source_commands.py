"""What the commands on sources, deliveries and the close of a month print, and what they refuse."""

from contextlib import contextmanager

import pytest

from deploy.commands import operate, sources
from deploy.local.api_client import Refused
from deploy.local.stack import ManageFailed
from services.portal.domain.period_checks import _WORDINGS
from shared.vocabulary.close_remedies import REMEDIES
from tests.trueback_command import trueback

TIME = "2026-11-05T08:19:00.123456Z"
SEEN = {
    "objects": 12,
    "months": ["2026-08", "2026-10"],
    "unread": 0,
    "unread_example": "",
    "billing_periods_fault": "",
}
SOURCE = {
    "key": "disk",
    "kind": "bill",
    "uri": "file:///srv/bills/",
    "state": "active",
    "looked_at": TIME,
    "failing_since": None,
    "failure_count": 0,
    "failure": "",
    "seen": SEEN,
}
NOT_FOUND = Refused("Not found.", status=404)


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Runs a command on a service that gives this answer."""

    def run(answer, *arguments):
        def call(_service, _method, _path, _body):
            if isinstance(answer, Exception):
                raise answer
            return answer

        @contextmanager
        def calls():
            yield call

        monkeypatch.setattr(operate, "calls", calls)
        monkeypatch.setattr(sources, "calls", calls)
        return trueback(tmp_path, *arguments)

    return run


class TestSources:
    @pytest.mark.parametrize(
        ("seen", "line"),
        [
            ({}, "12 objects, 2026-08 to 2026-10, looked at 2026-11-05 08:19:00 UTC"),
            (
                {"objects": 1, "months": [], "unread": 1, "unread_example": "s3://b/nat.csv"},
                "1 object, no month yet, 1 file says no month: s3://b/nat.csv, looked at",
            ),
            (
                {"months": ["2026-10"], "unread": 2, "unread_example": "s3://b/nat.csv"},
                "12 objects, 2026-10, 2 files say no month, such as s3://b/nat.csv, looked at",
            ),
            ({"unread": 2}, "2026-10, 2 files say no month, looked at"),
        ],
    )
    def test_say_what_was_seen_in_seconds_and_name_a_file_of_no_month(self, command, seen, line):
        done = command({"data": [{**SOURCE, "seen": {**SEEN, **seen}}]}, "sources")
        assert line in done.stdout
        assert ".123456" not in done.stdout

    def test_that_fail_say_since_when_in_seconds(self, command):
        failing = {"failing_since": TIME, "failure_count": 1, "failure": "denied"}
        done = command({"data": [{**SOURCE, **failing}]}, "sources")
        assert "can't be read since 2026-11-05 08:19:00 UTC, failed once: denied" in done.stdout


class TestASource:
    @pytest.mark.parametrize(
        ("answer", "arguments", "line"),
        [
            ({}, ("file:///srv/bills/",), "The bill of disk is read from file:///srv/bills/"),
            (
                {"kind": "signals"},
                ("file:///srv/bills/", "--kind", "signals"),
                "Signals of disk are read from file:///srv/bills/",
            ),
            (
                {"uri": "upload:disk"},
                ("upload:",),
                "The bill of disk is read from files given by hand: trueback deliver disk FILE",
            ),
            (
                {},
                ("file:///srv/bills/", "--move", "--reason", "x"),
                "The bill of disk is read from file:///srv/bills/ from now on",
            ),
            (
                {"state": "retired"},
                ("--retire", "--reason", "x"),
                (
                    "disk is retired, and reads file:///srv/bills/ no more;"
                    " what it has delivered stays"
                ),
            ),
            (
                {"state": "paused"},
                ("--pause", "--reason", "x"),
                "disk is paused, and does not look at file:///srv/bills/ until --resume",
            ),
            ({}, ("--look",), "disk is active, and reads file:///srv/bills/"),
        ],
    )
    def test_says_what_is_read_and_what_no_more(self, command, answer, arguments, line):
        done = command({**SOURCE, **answer}, "source", "disk", *arguments)
        assert done.stdout.splitlines() == [line]

    @pytest.mark.parametrize("arguments", [("--look",), ("s3://b/x/", "--move", "--reason", "x")])
    def test_that_is_not_known_is_named(self, command, arguments):
        done = command(NOT_FOUND, "source", "nosuch", *arguments)
        assert done.returncode == 1
        assert "No source is named 'nosuch'. `trueback sources` lists them." in done.stderr


class TestADelivery:
    @pytest.mark.parametrize("arguments", [(), ("--retry", "--reason", "x")])
    def test_that_is_not_known_is_named(self, command, arguments):
        done = command(NOT_FOUND, "delivery", "dlv_nope", *arguments)
        assert done.returncode == 1
        assert "No delivery is dlv_nope. `trueback deliveries` lists them." in done.stderr

    def test_that_is_refused_otherwise_says_why(self, command):
        refused = Refused("It is collected already.", status=409)
        done = command(refused, "delivery", "dlv_1", "--retry", "--reason", "x")
        assert "It is collected already." in done.stderr

    @pytest.mark.parametrize(
        ("listed", "arguments", "line"),
        [
            ([], (), "Nothing was delivered."),
            ([], ("--source", "aws"), "Nothing was delivered by aws."),
            ([{"needs_a_person": False}], ("--open",), "No delivery needs a person."),
        ],
    )
    def test_that_is_none_is_said(self, command, listed, arguments, line):
        assert command({"data": listed}, "deliveries", *arguments).stdout.splitlines() == [line]


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "2026-10", "acme"),
        ("replay", "2026-10", "--as-of", "run_x"),
        ("export", "focus", "2026-10", "--out", "out", "--run", "run_x"),
    ],
)
def test_a_run_that_is_not_known_is_said_to_be_so(command, arguments):
    done = command(NOT_FOUND, *arguments)
    assert done.returncode == 1
    assert "The month has no run yet, or there is no such run." in done.stderr


def test_a_month_that_is_not_known_has_no_run(command):
    done = command(NOT_FOUND, "replay", "2026-10")
    assert "2026-10 has no current run. Deliver its bill first." in done.stderr


class TestTheClose:
    def test_says_per_check_what_to_do(self, command):
        detail = "run_is_newest: newer inputs wait. Mend it, or close with a reason for each."
        checks = [{"name": "run_is_newest", "passed": False, "figures": {}}]
        refused = Refused(detail, status=409, reason={"code": "checks_failed", "checks": checks})
        done = command(refused, "close", "2026-10")
        assert done.returncode == 1
        words = " ".join(done.stderr.split())
        assert "2026-10 is not closed. run_is_newest: newer inputs wait. run_is_newest:" in words
        assert "Wait for the next run; it takes a minute after its inputs." in words
        assert 'trueback close 2026-10 --reason run_is_newest="..."' in words
        assert "Mend it" not in words

    def test_of_a_month_without_a_run_says_so(self, command):
        refused = Refused("2026-10 has not been attributed.", reason={"code": "not_attributed"})
        assert "has not been attributed" in command(refused, "close", "2026-10").stderr

    def test_has_the_words_of_the_page(self):
        assert {name: remedy for name, (_, remedy) in _WORDINGS.items()} == REMEDIES


class TestSignIn:
    def test_with_a_role_that_is_none_names_the_roles(self, command):
        done = command({}, "sign-in", "bob", "--role", "nosuch")
        assert done.returncode == 2
        assert "'nosuch' is no role. The roles are operator_viewer, " in done.stderr
        assert "<Role" not in done.stderr
        assert "service" not in done.stderr

    def test_hands_on_a_name_that_looks_like_an_option_and_the_complaint_alone(
        self, command, monkeypatch
    ):
        given = []

        class Stack:
            def run_manage(self, *arguments):
                given.extend(arguments)
                raise ManageFailed("portal portal_user failed", "bob can't be a clerk.")

        monkeypatch.setattr(operate, "this_stack", Stack)
        done = command({}, "sign-in", "--role", "billing_clerk", "--", "--customer")
        assert given == ["portal", "portal_user", "--role=billing_clerk", "--", "--customer"]
        assert done.returncode == 1
        assert done.stderr.strip() == "trueback: bob can't be a clerk."

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("nosuch",), "'nosuch' has no API"),
            (("ingestion", "--role", "customer_admin"), "'customer_admin' is no role of a token"),
        ],
    )
    def test_a_token_is_of_a_service_and_a_role_that_there_are(self, command, arguments, words):
        done = command({}, "token", *arguments)
        assert done.returncode == 2
        assert words in done.stderr
