"""The audit log at the portal: what is written, who reads it, and what a page says is missing."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client
from django.utils import timezone

from services.portal.domain.audit_words import ACTIONS, OUTCOMES
from services.portal.models import Audit, User
from services.portal.operations.sign_in_links import create_link, put_user
from shared.audit.counts import COUNTS, STRANGERS_MAX, Counts, Kind
from shared.audit.entries import write_entry
from shared.auth.actors import Actor
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops
from shared.vocabulary.audit import AuditAction, AuditOutcome
from tests.http_servers import serving
from tests.portal.scenarios import client_of
from tests.service_stack import running_servers

ENTRY = {
    "id": 7,
    "at": "2026-11-05T08:00:00Z",
    "actor": "clara",
    "role": "billing_clerk",
    "action": "invoice.moved",
    "object_kind": "invoice",
    "object_id": "inv_42",
    "outcome": "done",
    "reason": "",
    "count": 1,
    "details": {"action": "submit"},
    "address": "203.0.113.9",
    "request_id": "a" * 32,
}


@pytest.fixture(autouse=True)
def counts():
    COUNTS.forget()


@contextlib.contextmanager
def running_owners(*names, pages=None):
    """Services that answer with one entry each; `calls` are (path, token)."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append((self.path, self.headers["Authorization"]))
            page = {"data": [ENTRY], "next": None}
            if pages:
                page = pages[min(len(calls), len(pages)) - 1]
            content = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args):
            pass

    with contextlib.ExitStack() as running:
        for name in names:
            address = ("127.0.0.1", running_servers().ports[name])
            running.enter_context(serving(ThreadingHTTPServer(address, Handler)))
        yield calls


def written(**wanted):
    with as_ops():
        rows = Audit.objects.filter(**wanted).order_by("id")
        return [(row.actor, row.role, row.action, row.object_id, row.reason) for row in rows]


class TestWhatIsWritten:
    def test_of_a_sign_in_and_a_sign_out(self, cast):
        with as_ops():
            token = create_link(name="ann", now=timezone.now())
        client = Client(REMOTE_ADDR="203.0.113.7")
        client.get(f"/sign-in/{token}")
        client.post("/sign-in", {"token": token})
        client.post("/sign-out")
        assert written(action=AuditAction.LINK_MADE) == [
            ("operator", "service", "link.made", "ann", "")
        ]
        assert written(actor="ann") == [
            ("ann", "customer_admin", "session.opened", "ann", ""),
            ("ann", "customer_admin", "session.ended", "ann", ""),
        ]
        with as_ops():
            assert {row.address for row in Audit.objects.filter(actor="ann")} == {"203.0.113.7"}
            assert token not in str(list(Audit.objects.values()))

    def test_of_a_refused_sign_in(self, cast, client):
        client.post("/sign-in", {"token": "invented"})
        assert written(outcome="refused") == [("", "", "session.opened", "", "link_not_usable")]

    def test_of_a_form_from_elsewhere_is_without_its_link(self, cast):
        with as_ops():
            token = create_link(name="ann", now=timezone.now())
        Client(enforce_csrf_checks=True).post(f"/sign-in/{token}")
        assert written(outcome="refused") == [("", "", "session.opened", "", "forbidden")]

    def test_of_what_no_link_is_for_is_without_the_link(self, cast):
        with as_ops():
            token = create_link(name="ann", now=timezone.now())
        Client().delete(f"/sign-in/{token}")
        asked = ("", "", "route.asked", "DELETE /sign-in/...", "method_not_allowed")
        assert written(outcome="refused") == [asked]

    def test_of_nobodys_sign_out_is_nothing(self, cast, client):
        before = written()
        for _ in range(20):
            client.post("/sign-out")
        assert written() == before

    @pytest.mark.parametrize("name", ["olivia", "ann"])
    def test_of_an_export(self, month, name):
        path = {"olivia": "/margins.csv?period=2026-10", "ann": "/account/breakdown.csv"}[name]
        client_of(name).get(path)
        [(actor, _, action, *_)] = written(action=AuditAction.EXPORTED)
        assert (actor, action) == (name, "data.exported")

    def test_of_the_same_export_again_and_again_is_counted(self, month):
        client = client_of("ann")
        for _ in range(20):
            client.get("/account/breakdown.csv")
        with as_ops():
            rows = Audit.objects.filter(action=AuditAction.EXPORTED).order_by("id")
            assert [row.count for row in rows] == [1, 2, 4, 8, 16]

    @pytest.mark.parametrize(
        ("name", "path", "reason"),
        [
            ("clara", "/margins", "forbidden"),
            ("ann", "/margins", "not_found"),
            ("ann", "/account/invoices/inv_foreign", "not_found"),
            ("vic", "/audit", "forbidden"),
        ],
    )
    def test_of_what_is_not_for_ones_role_or_somebody_elses(self, month, name, path, reason):
        client_of(name).get(path)
        [(actor, _, _, _, why)] = written(outcome="refused")
        assert (actor, why) == (name, reason)

    def test_of_a_changed_role(self, cast):
        with as_ops():
            put_user(name="clara", full_name="Clara Diaz", role="billing_approver")
            put_user(name="clara", full_name="Clara D.", role="billing_approver")
            changes = Audit.objects.filter(action=AuditAction.PERSON_CHANGED, object_id="clara")
            assert [row.details["role"] for row in changes.order_by("id")] == [
                "billing_clerk",
                "billing_approver",
            ]
            assert changes.latest("id").details["role_before"] == "billing_clerk"

    def test_of_a_page_is_nothing(self, month):
        before = written()
        client_of("olivia").get("/margins?period=2026-10")
        assert written() == before


class TestTheCounts:
    def test_of_strangers_are_bounded_and_of_persons_are_not_pushed_out(self):
        counts = Counts()
        kinds = [
            Kind(AuditAction.ROUTE_ASKED, "forbidden", "", f"203.0.{number // 250}.{number % 250}")
            for number in range(STRANGERS_MAX + 500)
        ]
        known = {counts.add(kind)[0] for kind in kinds}
        assert len(known) == STRANGERS_MAX + 1
        person = Kind(AuditAction.ROUTE_ASKED, "forbidden", "ann", "203.0.113.1")
        assert counts.add(person) == (person, 1)

    def test_take_a_subscribers_ipv6_addresses_for_one(self):
        counts = Counts()
        for last in range(1, 4):
            kind = Kind(AuditAction.ROUTE_ASKED, "forbidden", "", f"2001:db8:1:2::{last}")
            counted, count = counts.add(kind)
        assert (counted.address, count) == ("2001:db8:1:2::", 3)


class TestThePage:
    def test_shows_the_entries_of_all_services(self, cast):
        with running_owners("attribution", "ingestion", "invoicing") as calls:
            page = client_of("olivia").get("/audit").content.decode()
        assert page.count("inv_42") >= 3
        assert "Person or role changed" in page
        assert "does not answer" not in page
        assert len(calls) == 3

    def test_says_whose_entries_are_missing(self, cast):
        with running_owners("attribution", "invoicing"):
            page = client_of("olivia").get("/audit").content.decode()
        assert "The ingestion service does not answer" in page
        assert "inv_42" in page

    def test_asks_for_what_is_filtered(self, cast):
        with running_owners("invoicing") as calls:
            client_of("olivia").get(
                "/audit?service=invoicing&person=clara&action=invoice.moved&until=2026-11-05"
            )
        [(path, _)] = calls
        assert path.startswith("/api/v1/audit?actor=clara&action=invoice.moved&")
        assert "until=2026-11-06" in path

    @pytest.mark.parametrize(
        "query", ["action=x&service=y&outcome=z", "since=9999-12-31&until=9999-12-31", "page=-1"]
    )
    def test_takes_any_query(self, cast, query):
        answer = client_of("olivia").get(f"/audit?service=portal&{query}")
        assert answer.status_code in (200, 404)

    def test_pages_by_fifty(self, cast):
        with as_ops():
            for _ in range(60):
                write_entry(AuditAction.SIGNED_OUT, actor=Actor("zoe", "operator_viewer"))
        page = client_of("olivia").get("/audit?service=portal&person=zoe&page=2").content.decode()
        assert "51 to 60 of 60" in page

    def test_filters_by_time(self, cast):
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        page = client_of("olivia").get(f"/audit?service=portal&since={tomorrow}").content.decode()
        assert "No entry matches." in page

    @pytest.mark.parametrize("path", ["/audit", "/audit.csv"])
    def test_is_for_administrators_alone(self, cast, path):
        for name in ("vic", "clara", "bruno"):
            assert client_of(name).get(path).status_code == 403
        assert client_of("ann").get(path).status_code == 404

    def test_names_every_action_and_outcome(self):
        assert set(ACTIONS) == {*AuditAction}
        assert set(OUTCOMES) == {*AuditOutcome}


class TestTheExport:
    def test_has_every_entry_of_every_page(self, cast):
        pages = [
            {"data": [{**ENTRY, "id": 9}], "next": 9},
            {"data": [{**ENTRY, "id": 8}], "next": None},
        ]
        with running_owners("invoicing", pages=pages) as calls:
            answer = client_of("olivia").get("/audit.csv?service=invoicing")
        rows = list(read_rows(answer.content.decode()))
        assert [(row["id"], row["actor"], row["object_id"]) for row in rows] == [
            ("9", "clara", "inv_42"),
            ("8", "clara", "inv_42"),
        ]
        assert "before=9" in calls[1][0]

    def test_is_refused_where_a_part_would_be_missing(self, cast):
        with running_owners("attribution", "invoicing"):
            answer = client_of("olivia").get("/audit.csv")
        assert answer.status_code == 503
        assert b"ingestion" in answer.content

    def test_is_itself_written_down(self, cast):
        client_of("olivia").get("/audit.csv?service=portal")
        [(actor, _, _, _, _)] = written(action=AuditAction.EXPORTED, object_kind="audit")
        assert actor == "olivia"
        with as_ops():
            assert User.objects.filter(name=actor).exists()
