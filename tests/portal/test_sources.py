"""Sources and deliveries on their pages: what is shown, who sees it, and what a person does."""

import base64

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.html import escape

from services.portal.gateways.owner import owner_target, probe_target
from tests.portal.ingestion_standin import running_ingestion
from tests.portal.scenarios import client_of

SEEN = {
    "objects": 12,
    "months": ["2026-08", "2026-10"],
    "unread": 0,
    "unread_example": "",
    "billing_periods_fault": "",
}
SOURCE = {
    "key": "aws",
    "kind": "bill",
    "uri": "s3://bucket/exports/",
    "state": "active",
    "created_by": "olivia",
    "created_at": "2026-02-03T09:05:00Z",
    "changed_by": "",
    "changed_at": None,
    "change_reason": "",
    "looked_at": "2026-11-05T08:19:00Z",
    "next_look_at": None,
    "seen": SEEN,
    "failing_since": None,
    "failure_code": "",
    "failure": "",
    "failure_count": 0,
}
LOST = {
    **SOURCE,
    "key": "lost",
    "failing_since": "2026-11-05T08:00:00Z",
    "failure": "<b>denied</b>",
    "failure_count": 7,
}
DELIVERY = {
    "delivery_id": "dlv_1",
    "source": "aws",
    "period": "2026-10",
    "state": "quarantined",
    "error": "bill.csv, row 3, field cost: <nan> is no number.",
    "fault_code": "bad_content",
    "delivered_at": "2026-11-05T06:00:00Z",
    "found_at": "2026-11-05T06:00:10Z",
    "refused_at": "2026-11-05T06:01:00Z",
    "manifest_uri": "s3://bucket/exports/Manifest.json",
    "file_name": "",
    "file_bytes": None,
    "given_by": "",
    "reason": "",
    "replaces": None,
    "replaced_by": [],
    "accepted": [],
    "may_be_accepted": False,
    "findings": [],
    "needs_a_person": True,
    "taken": None,
}
TAKEN = {
    "is_current": True,
    "version": 3,
    "row_count": 41212,
    "currency": "USD",
    "billed_total": "48211.0700000000",
}
READ = {**DELIVERY, "state": "collected", "error": "", "needs_a_person": False, "taken": TAKEN}
TYPO = {
    "detail": "there is no such bucket. Did you mean s3://bucket/exports/?",
    "reason": {"code": "no_such_bucket", "nearest": "s3://bucket/exports/"},
    "errors": {"detail": "there is no such bucket."},
}


@pytest.fixture(autouse=True)
def nothing_missed_before():
    for target in (owner_target, probe_target):
        target("ingestion")._failures = 0


@pytest.fixture
def ingestion(cast):
    with running_ingestion() as ingestion:
        ingestion.answers = {
            "sources": {"data": [SOURCE, LOST]},
            "sources/aws": SOURCE,
            "deliveries": {"data": [DELIVERY]},
            "deliveries/dlv_1": DELIVERY,
        }
        yield ingestion


def page_of(name, path, status=200):
    answer = client_of(name).get(path)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


class TestThePageOfSources:
    def test_shows_the_failing_ones_first_and_what_needs_a_person(self, ingestion):
        page = page_of("olivia", "/sources")
        assert page.index("lost") < page.index("s3://bucket/exports/")
        assert "tried 7 times" in page
        assert "2026-08 to 2026-10, 1 missing between" in page
        assert "/deliveries/dlv_1" in page
        assert "&lt;nan&gt; is no number" in page

    @pytest.mark.parametrize(("state", "advises"), [("active", True), ("retired", False)])
    def test_advises_nothing_about_files_of_a_retired_one(self, ingestion, state, advises):
        seen = {**SEEN, "unread": 1, "unread_example": "s3://bucket/exports/nat.csv"}
        ingestion.answers["sources/aws"] = {**SOURCE, "state": state, "seen": seen}
        page = page_of("olivia", "/sources/aws")
        assert "s3://bucket/exports/nat.csv" in page
        assert ("Rename them" in page) == advises

    def test_lets_administrators_alone_add_one(self, ingestion):
        assert "Add a source" in page_of("olivia", "/sources")
        page = page_of("vic", "/sources")
        assert "Add a source" not in page
        assert "An operator administrator adds and changes sources." in page
        assert client_of("vic").post("/new-source", {"key": "x"}).status_code == 403
        assert ingestion.calls == []

    def test_says_that_the_service_does_not_answer(self, cast):
        page = page_of("olivia", "/sources")
        assert "The ingestion service does not answer" in page
        assert "No source is registered" not in page

    @pytest.mark.parametrize("answer", [{}, {"data": [{}]}, {"data": None}, [], {"data": [[]]}])
    def test_takes_an_answer_that_makes_no_sense_for_none(self, ingestion, answer):
        ingestion.answers["sources"] = answer
        assert "The ingestion service does not answer" in page_of("olivia", "/sources")

    def test_adds_one_and_leads_to_it(self, ingestion):
        given = {"key": "aws", "kind": "bill", "uri": " s3://bucket/exports/ "}
        answer = client_of("olivia").post("/new-source", given)
        assert (answer.status_code, answer["Location"]) == (303, "/sources/aws")
        actor, path, body = ingestion.calls[0]
        assert (actor.name, path) == ("olivia", "sources")
        assert body == {
            "key": "aws",
            "kind": "bill",
            "uri": "s3://bucket/exports/",
            "awaits_first_delivery": False,
        }

    def test_keeps_what_was_given_beside_the_nearest_address(self, ingestion):
        ingestion.refusal = (400, TYPO)
        given = {"key": "prod", "kind": "signals", "uri": "s3://bukcet/exports/"}
        answer = client_of("olivia").post("/new-source", given)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert 'name="uri" value="s3://bucket/exports/"' in page
        assert "you wrote" in page
        assert "s3://bukcet/exports/" in page
        assert 'value="prod"' in page
        assert '<option value="signals" selected>' in page


class TestThePageOfASource:
    def test_says_why_it_is_not_known_whether_a_month_is_closed(self, ingestion):
        fault = "focus-billing-period.csv: row 1 has 'Finished', which is not Open or Closed."
        seen = {**SEEN, "billing_periods_fault": fault}
        ingestion.answers["sources/aws"] = {**SOURCE, "seen": seen}
        assert escape(fault) in page_of("vic", "/sources/aws")

    def test_shows_it_with_its_deliveries(self, ingestion):
        page = page_of("vic", "/sources/aws")
        assert "s3://bucket/exports/" in page
        assert "/deliveries/dlv_1" in page
        assert "An operator administrator changes sources." in page

    def test_is_not_there_for_another_name(self, ingestion):
        page_of("olivia", "/sources/nobody", 404)
        assert client_of("olivia").post("/sources/aws/delete").status_code == 404

    def test_says_that_the_service_does_not_answer(self, cast):
        assert "Try again in a minute" in page_of("olivia", "/sources/aws", 503)

    @pytest.mark.parametrize("action", ["pause", "resume", "retire", "address", "look"])
    def test_asks_for_what_a_person_wants_with_the_reason(self, ingestion, action):
        ingestion.answers[f"sources/aws/{action}"] = SOURCE
        given = {"reason": " it has moved ", "uri": "s3://other/"}
        answer = client_of("olivia").post(f"/sources/aws/{action}", given)
        assert (answer.status_code, answer["Location"]) == (303, "/sources/aws")
        _, path, body = ingestion.calls[0]
        assert (path, body["reason"]) == (f"sources/aws/{action}", "it has moved")
        assert ("uri" in body) == (action == "address")

    def test_says_why_it_was_refused(self, ingestion):
        ingestion.refusal = (400, TYPO)
        answer = client_of("olivia").post("/sources/aws/address", {"uri": "s3://bukcet/"})
        assert answer.status_code == 409
        assert "there is no such bucket" in answer.content.decode()
        errors = {"reason": ["This field may not be blank."]}
        ingestion.refusal = (400, {"detail": "The request is not valid.", "errors": errors})
        answer = client_of("olivia").post("/sources/aws/pause", {})
        assert "reason: This field may not be blank." in answer.content.decode()


class TestThePageOfADelivery:
    def test_says_why_it_was_refused_and_what_can_be_done(self, ingestion):
        page = page_of("olivia", "/deliveries/dlv_1")
        assert "row 3, field cost: &lt;nan&gt; is no number." in page
        assert "Read it again" in page
        assert "Give a file in its place" in page
        assert "Accept and read it" not in page

    def test_quotes_what_was_noted_of_one_that_was_taken(self, ingestion):
        noted = "the tag keys <team> are gone."
        taken = {**DELIVERY, "state": "collected", "error": "", "findings": [noted]}
        ingestion.answers["deliveries/dlv_1"] = taken
        page = page_of("olivia", "/deliveries/dlv_1")
        assert "the tag keys &lt;team&gt; are gone." in page
        assert "It was taken all the same." in page

    def test_offers_to_accept_what_may_be_accepted(self, ingestion):
        ingestion.answers["deliveries/dlv_1"] = {**DELIVERY, "may_be_accepted": True}
        assert "Accept and read it" in page_of("olivia", "/deliveries/dlv_1")

    def test_shows_viewers_why_and_no_way_to_change_it(self, ingestion):
        page = page_of("vic", "/deliveries/dlv_1")
        assert "is no number" in page
        assert "Read it again" not in page
        for action in ("retry", "accept", "file"):
            answer = client_of("vic").post(f"/deliveries/dlv_1/{action}", {"reason": "x"})
            assert answer.status_code == 403

    def test_that_was_made_good_since_has_nothing_to_do(self, ingestion):
        ingestion.answers["deliveries/dlv_1"] = {**DELIVERY, "needs_a_person": False}
        assert "A way on" not in page_of("olivia", "/deliveries/dlv_1")
        ingestion.answers["deliveries"] = {"data": [{**DELIVERY, "needs_a_person": False}]}
        assert "/deliveries/dlv_1" not in page_of("olivia", "/sources")

    def test_that_counts_says_what_was_read_and_may_be_withdrawn(self, ingestion):
        ingestion.answers["deliveries/dlv_1"] = READ
        ingestion.answers["deliveries"] = {"data": [READ]}
        page = page_of("olivia", "/deliveries/dlv_1")
        assert "41,212 lines, billed" in page
        assert "Withdraw it from 2026-10" in page
        assert "Counts" in page_of("olivia", "/sources/aws")
        assert "Withdraw it" not in page_of("vic", "/deliveries/dlv_1")

    def test_of_signals_says_how_many_rows(self, ingestion):
        taken = {**TAKEN, "billed_total": None, "currency": "", "row_count": 1}
        ingestion.answers["deliveries/dlv_1"] = {**READ, "taken": taken}
        page = page_of("vic", "/deliveries/dlv_1")
        assert "1 row." in page
        assert "billed" not in page

    def test_that_was_withdrawn_may_be_read_again(self, ingestion):
        taken = {**TAKEN, "is_current": False}
        withdrawn = {**READ, "state": "withdrawn", "taken": taken}
        ingestion.answers["deliveries/dlv_1"] = withdrawn
        page = page_of("olivia", "/deliveries/dlv_1")
        assert "Read it again" in page
        assert "nothing of it counts" in page
        assert "Withdraw it" not in page

    @pytest.mark.parametrize("action", ["retry", "accept", "withdraw"])
    def test_asks_for_what_a_person_wants(self, ingestion, action):
        ingestion.answers[f"deliveries/dlv_1/{action}"] = DELIVERY
        answer = client_of("olivia").post(f"/deliveries/dlv_1/{action}", {"reason": "mended"})
        assert (answer.status_code, answer["Location"]) == (303, "/deliveries/dlv_1")
        assert ingestion.calls[0][1:] == (f"deliveries/dlv_1/{action}", {"reason": "mended"})

    def test_is_not_there_for_another_id(self, ingestion):
        page_of("olivia", "/deliveries/dlv_9", 404)
        for action in ("retry", "file", "delete"):
            answer = client_of("olivia").post(f"/deliveries/dlv_9/{action}", {"reason": "x"})
            assert answer.status_code == 404

    def test_gives_a_file_in_its_place_part_by_part(self, ingestion):
        ingestion.answers |= {
            "uploads": {"upload_id": "upl_1", "part_bytes_max": 3},
            "uploads/upl_1/parts/1": {},
            "uploads/upl_1/parts/2": {},
            "uploads/upl_1/finish": {"delivery_id": "dlv_2"},
        }
        file = SimpleUploadedFile("bill.csv", b"a,b\n1")
        given = {"reason": "AWS sent it", "file": file}
        answer = client_of("olivia").post("/deliveries/dlv_1/file", given)
        assert (answer.status_code, answer["Location"]) == (303, "/deliveries/dlv_2")
        start, first, second, end = [body for _, _, body in ingestion.calls]
        assert start == {
            "source": "aws",
            "period": "2026-10",
            "file_name": "bill.csv",
            "reason": "AWS sent it",
            "replaces": "dlv_1",
        }
        parts = [base64.b64decode(part["content"]) for part in (first, second)]
        assert (parts, end["size_bytes"]) == ([b"a,b", b"\n1"], 5)

    def test_says_that_no_file_was_chosen(self, ingestion):
        for path in ("/deliveries/dlv_1/file", "/sources/aws/file"):
            answer = client_of("olivia").post(path, {"reason": "x", "period": "2026-10"})
            assert answer.status_code == 409
            assert "No file was chosen" in answer.content.decode()
        assert ingestion.calls == []
