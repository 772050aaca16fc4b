"""The page of what is stuck: what it shows, who sees it, and how a thing is moved on."""

import contextlib
import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import Mock

import pytest
from django.db import OperationalError
from django.test import Client

from services.portal.domain.trouble_words import WORDS
from services.portal.gateways.owner import owner_target, probe_target
from services.portal.models import InboxFailures
from services.portal.queries import health
from services.portal.queries.health import read_health
from shared.auth.actors import Actor
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops
from shared.runtime import problems
from shared.vocabulary.troubles import TroubleCode, TroubleKind
from tests.http_servers import serving
from tests.portal.scenarios import client_of
from tests.service_stack import running_servers

WAITING = {
    "kind": "waiting_corrections",
    "code": "approver_needed",
    "subject": "2026-10",
    "since": "2026-11-05T08:00:00Z",
    "figures": {"count": 12},
}
SERVICES = ("ingestion", "attribution", "invoicing")
LETTER = {
    "kind": "dead_letter",
    "code": "refused_by_consumer",
    "subject": str(uuid7()),
    "since": "2026-11-05T08:00:00Z",
    "figures": {"topic": "a.fact.v1", "dest": "portal", "text": "<b>no</b>"},
}
SOURCE = {
    "kind": "unreadable_source",
    "code": "access_denied",
    "subject": "aws",
    "since": "2026-11-05T08:00:00Z",
    "figures": {"uri": "s3://bucket/bill/", "text": "denied"},
}


@pytest.fixture(autouse=True)
def nothing_seen_before(monkeypatch):
    monkeypatch.setattr(health, "_silent_since", {})
    for owner in SERVICES:
        for target in (owner_target, probe_target):
            target(owner)._failures = 0


@contextlib.contextmanager
def running_services(*names, items=(), status=200, problem=None):
    """Each answers with the same items, or a problem; `posts` are the paths that were posted to."""
    posts = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if problem:
                return self.answer(problem["status"], problem)
            return self.answer(200, {"looked_at": "2026-11-05T08:00:00Z", "data": list(items)})

        def do_POST(self):
            posts.append(self.path)
            self.answer(status, {"detail": "It is not there any more."})

        def answer(self, status, body):
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    with contextlib.ExitStack() as running:
        for name in names:
            address = ("127.0.0.1", running_servers().ports[name])
            running.enter_context(serving(ThreadingHTTPServer(address, Handler)))
        yield posts


def page_of(name):
    return client_of(name).get("/health").content.decode()


def post(name, **given):
    form = {"service": "invoicing", "kind": LETTER["kind"], "subject": LETTER["subject"], **given}
    return client_of(name).post("/health/actions", form)


class TestThePage:
    def test_says_that_all_is_well(self, cast):
        with running_services(*SERVICES):
            page = page_of("olivia")
        assert "All is well." in page
        assert "UTC" in page

    def test_shows_what_is_stuck_with_what_to_do(self, cast):
        with running_services(*SERVICES, items=[SOURCE, LETTER]):
            page = page_of("olivia")
        assert page.index("refused by portal: a.fact.v1") < page.index("may not be listed")
        assert "5 Nov 2026, 08:00 UTC" in page
        assert page.count("Send again") == 3
        assert "&lt;b&gt;no" in page

    def test_names_a_service_that_does_not_answer_first(self, cast):
        with running_services("ingestion", "invoicing", items=[LETTER]):
            page = page_of("olivia")
        first = page.index("The attribution service does not answer")
        assert first < page.index("refused by portal")
        assert "All is well" not in page

    def test_says_of_a_service_whose_database_is_away_that_it_is_that(self, cast):
        """Of one that says since when, of one that has no connection left, of one that is busy."""
        since = datetime(2026, 11, 5, 8, 0, tzinfo=UTC)
        away = json.loads(problems.database_away(None, since).content)
        busy, edge = ({**away, "code": code, "reason": {}} for code in ("busy", "unavailable"))
        with contextlib.ExitStack() as running:
            for name, problem in zip(SERVICES, (away, busy, edge), strict=True):
                running.enter_context(running_services(name, problem=problem))
            page = page_of("olivia")
        assert "The database of ingestion does not answer" in page
        assert "5 Nov 2026, 08:00 UTC" in page
        assert "The database of attribution does not answer" in page
        assert "The invoicing service does not answer" in page
        assert "more may be stuck than is shown" in page

    def test_says_since_when_a_service_does_not_answer(self, cast):
        ada = Actor("ada", "operator_admin")
        first, later = (datetime(2026, 11, 5, hour, tzinfo=UTC) for hour in (8, 9))

        def seen(now):
            with as_ops():
                groups = read_health(actor=ada, now=now).groups
            return [row.since for group in groups for row in group.rows]

        assert seen(first) + seen(later) == [first] * 6
        with running_services(*SERVICES):
            assert seen(later) == []
        assert seen(later) == [later] * 3

    @pytest.mark.parametrize(
        "item", [{}, {**SOURCE, "since": "x"}, {**SOURCE, "figures": None}, [], None]
    )
    def test_takes_an_answer_that_makes_no_sense_for_none(self, cast, item):
        with running_services(*SERVICES, items=[item]):
            assert "The invoicing service does not answer" in page_of("olivia")

    def test_of_corrections_leads_to_their_page(self, cast):
        with running_services("invoicing", items=[WAITING]):
            page = client_of("olivia").get("/health").content.decode()
        assert "Corrections of 2026-10 wait for an approver: 12." in page
        assert 'href="/corrections/2026-10"' in page

    def test_shows_what_a_later_release_says(self, cast):
        later = {**SOURCE, "kind": "new_kind", "code": "new_code", "figures": {}}
        with running_services(*SERVICES, items=[later, {**SOURCE, "figures": {}}]):
            page = page_of("olivia")
        assert "new_kind: new_code, aws." in page
        assert "Source aws may not be listed: ?." in page

    def test_shows_what_was_refused_here(self, cast):
        with as_ops():
            InboxFailures.objects.create(
                message_id=uuid7(), source="invoicing", topic="a.fact.v1", attempts=8, error="no"
            )
        with running_services(*SERVICES):
            page = page_of("olivia")
        assert "python -m services.invoicing.manage bus_replay --id" in page

    def test_is_for_analysts_and_administrators(self, cast):
        for name in ("vic", "clara", "bruno"):
            assert client_of(name).get("/health").status_code == 403
            assert post(name).status_code == 403
        assert client_of("ann").get("/health").status_code == 404
        assert post("ann").status_code == 404

    def test_has_words_for_every_code_and_kind(self):
        assert {kind for kind, _ in WORDS} == {*TroubleKind}
        assert {code for _, code in WORDS} == {*TroubleCode}


class TestMovingOn:
    def test_asks_the_owner_and_shows_the_page_again(self, cast):
        with running_services(*SERVICES) as posts:
            answer = post("olivia")
            assert (answer.status_code, answer["Location"]) == (303, "/health")
            post("olivia", kind="failed_job")
        assert posts == [
            f"/api/v1/health/messages/{LETTER['subject']}/replay",
            f"/api/v1/health/jobs/{LETTER['subject']}/retry",
        ]

    def test_says_why_it_was_not_done(self, cast):
        with running_services(*SERVICES, status=404):
            answer = post("olivia")
        assert answer.status_code == 409
        assert "It is not there any more." in answer.content.decode()

    def test_says_that_nothing_was_done_where_nobody_answers(self, cast):
        answer = post("olivia")
        assert answer.status_code == 409
        assert "Nothing was done" in answer.content.decode()

    @pytest.mark.parametrize(
        "given",
        [{"kind": "unreadable_source"}, {"service": "portal"}, {"subject": "../../v1/audit"}],
    )
    def test_sends_nothing_else_anywhere(self, cast, given):
        with running_services(*SERVICES) as posts:
            assert post("olivia", **given).status_code == 404
        assert posts == []


class TestWithoutADatabase:
    def test_every_page_says_so_to_anybody_and_nothing_else(self, monkeypatch):
        monkeypatch.setattr(
            "shared.runtime.middleware.database_probe",
            lambda: Mock(away_since=lambda _now: datetime(2026, 11, 5, 8, 0, tzinfo=UTC)),
        )
        for path in ("/health", "/", "/account", "/sign-in", "/none"):
            answer = Client().get(path)
            page = answer.content.decode()
            assert (answer.status_code, answer["Retry-After"]) == (503, "10")
            assert "database does not answer" in page
            assert "5 Nov 2026, 08:00 UTC" in page
            assert "see whether PostgreSQL runs" in page
            assert answer["Content-Security-Policy"]
            assert "127.0.0.1" not in page
        assert Client().get("/livez").status_code == 200

    def test_a_page_that_gets_no_connection_is_not_broken(self, cast, monkeypatch):
        def full(**_options):
            raise OperationalError("FATAL: sorry, too many clients already")

        monkeypatch.setattr("services.portal.views.health.read_health", full)
        answer = client_of("olivia").get("/health")
        page = answer.content.decode()
        assert (answer.status_code, answer["Retry-After"]) == (503, "10")
        assert "refuses to answer" in page
        assert "clients" not in page
