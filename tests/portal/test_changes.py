"""The page of changes that wait for a second person: what it shows, and how one is decided."""

import contextlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shared.identifiers import uuid7
from tests.http_servers import serving
from tests.portal.scenarios import client_of
from tests.service_stack import running_servers

ID = str(uuid7())
CHANGE = {
    "proposal_id": ID,
    "subject": "ruleset",
    "digest": "d",
    "state": "waiting",
    "proposed_by": "ada",
    "proposed_at": "2026-11-05T08:00:00Z",
    "decided_by": "",
    "decided_at": None,
    "reason": "",
    "reach": {"tenants": 12},
    "changes": {
        "count": 3,
        "first": [
            {
                "kind": "pool",
                "name": "<b>nat",
                "before": {"drivers": [{"even": True}]},
                "after": {"drivers": [{"proportional": "direct"}]},
            },
            {"kind": "rule", "name": "gone", "before": {"when": {}}, "after": None},
        ],
    },
    "unconfirmed": {
        "count": 1,
        "first": [{"kind": "tenant", "name": "globex", "before": None, "after": {"aliases": []}}],
    },
    "needed": {"roles": ["operator_admin"], "not_by": ["ada"]},
}
DECIDED = {
    **CHANGE,
    "proposal_id": str(uuid7()),
    "state": "rejected",
    "decided_by": "otto",
    "decided_at": "2026-11-05T09:00:00Z",
    "reason": "Not like this.",
}


@contextlib.contextmanager
def running_owners(*names, items=(), status=200, reason=None):
    """Attribution has the items; `posts` are paths and bodies."""
    posts = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer(200, {"data": list(items) if "ruleset" in self.path else []})

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posts.append((self.path, json.loads(body)))
            self.answer(status, {"detail": "As it is there.", "reason": reason or {}})

        def answer(self, code, body):
            content = json.dumps(body).encode()
            self.send_response(code)
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


def page_of(name, *items):
    with running_owners("attribution", "invoicing", items=items):
        return client_of(name).get("/changes").content.decode()


def post(name, **given):
    form = {"service": "attribution", "proposal": ID, "decision": "confirm", **given}
    return client_of(name).post("/changes/decide", form)


class TestThePage:
    def test_says_that_nothing_waits(self, cast):
        assert "No change waits." in page_of("olivia")

    def test_shows_what_changes_who_asked_and_since_when(self, cast):
        page = page_of("olivia", CHANGE, DECIDED)
        assert "The cost of 12 tenants may move." in page
        assert "ada" in page
        assert "5 Nov 2026, 08:00 UTC" in page
        assert "&lt;b&gt;nat" in page
        assert "even: yes" in page
        assert "1 more are not shown" in page
        assert "In force already" in page
        assert "Rejected by otto" in page
        assert "Not like this." in page
        assert ">Reject<" in page
        assert 'value="confirm"' in page

    @pytest.mark.parametrize("name", ["olivia", "Olivia"])
    def test_lets_nobody_confirm_their_own(self, cast, name):
        page = page_of("olivia", {**CHANGE, "proposed_by": name})
        assert 'value="confirm"' not in page
        assert "Withdraw it" in page

    def test_names_who_does_not_answer(self, cast):
        with running_owners("attribution", items=[CHANGE]):
            page = client_of("olivia").get("/changes").content.decode()
        assert "The invoicing service does not answer" in page
        assert "The cost of 12 tenants" in page

    @pytest.mark.parametrize("item", [{}, {**CHANGE, "changes": None}, {**CHANGE, "reach": 1}, []])
    def test_takes_an_answer_that_makes_no_sense_for_none(self, cast, item):
        assert "The attribution service does not answer" in page_of("olivia", item)

    def test_shows_what_a_later_release_says(self, cast):
        page = page_of("olivia", {**DECIDED, "subject": "moons", "state": "eclipsed"})
        assert "moons" in page
        assert "Eclipsed by otto" in page

    def test_is_for_analysts_and_administrators(self, cast):
        for name in ("vic", "clara", "bruno"):
            assert client_of(name).get("/changes").status_code == 403
            assert post(name).status_code == 403
        assert client_of("ann").get("/changes").status_code == 404
        assert post("ann").status_code == 404


class TestADecision:
    def test_is_its_owners_and_the_page_follows(self, cast):
        with running_owners("attribution", "invoicing") as posts:
            answer = post("olivia")
            assert (answer.status_code, answer["Location"]) == (303, "/changes")
            post("olivia", service="invoicing", decision="reject", reason="No.")
        assert posts == [
            (f"/api/v1/ruleset/proposals/{ID}/confirm", {"reason": ""}),
            (f"/api/v1/plans/proposals/{ID}/reject", {"reason": "No."}),
        ]

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            ({"code": "own_change", "state": "waiting"}, "another administrator confirms it"),
            ({"code": "not_waiting", "state": "confirmed"}, "It is confirmed already."),
            ({"code": "of_tomorrow", "state": "waiting"}, "As it is there."),
            ({}, "As it is there."),
        ],
    )
    def test_that_is_refused_says_why(self, cast, reason, words):
        with running_owners("attribution", "invoicing", status=409, reason=reason):
            answer = post("olivia")
        assert answer.status_code == 409
        assert words in answer.content.decode().replace("&#x27;", "'")

    def test_that_nobody_takes_is_not_taken(self, cast):
        answer = post("olivia")
        assert answer.status_code == 409
        assert "Nothing was done" in answer.content.decode()

    @pytest.mark.parametrize(
        "given", [{"decision": "burn"}, {"service": "portal"}, {"proposal": "../../v1/audit"}]
    )
    def test_of_anything_else_is_sent_nowhere(self, cast, given):
        with running_owners("attribution", "invoicing") as posts:
            assert post("olivia", **given).status_code == 404
        assert posts == []
