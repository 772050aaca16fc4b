"""Fix this invoice: what is wrong, what each way comes to in money, and who does it."""

import json
import re
from decimal import Decimal

import pytest

from services.portal.queries.fix_page import typed_amounts
from shared.auth.actors import Actor
from shared.vocabulary.roles import Role
from tests.html_page import Page
from tests.portal.corrections_data import account, close, document
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import client_of, record_month

PATH = "/invoices/inv_acme/fix"
EFFECT = dict.fromkeys(
    ("credited", "left_to_pay", "remaining", "balance", "refund", "out_of_band"), "0.00"
) | {"carried": "0.00", "waived": "0.00"}
NOTE = {
    "document": "cn_1",
    "version": 4,
    "kind": "commercial",
    "given_for": "goodwill",
    "net": "200.00",
    "state": "in_review",
    "number": "",
    "parked_for": [],
    "lines": [{"position": 2, "description": "Platform fee", "amount": "200.00"}],
    "given_by": "clara",
    "given_at": "2026-11-14T09:12:00+00:00",
    "reason": "The fee is 299.00 since September.",
    "not_by": ["clara"],
    "remaining": "0.00",
    "balance": "200.00",
    "refund": "0.00",
    "out_of_band": "0.00",
}


@pytest.fixture
def drafts(cast):
    record_month(acme="draft", foreign="in_review")


@pytest.fixture
def invoicing(drafts):
    with running_invoicing() as running:
        running.file_type = "application/json"
        yield running


def one_fix(wrong, route, effect=None, roles=("billing_clerk", "billing_approver")):
    return {
        "wrong": wrong,
        "route": route,
        "roles": list(roles),
        "needs_lines": route in {"goodwill", "discount"},
        "needs_second_person": route != "let_go",
        "effect": effect,
    }


def answer_with(invoicing, *fixes, notes=(), currency="USD", **changed):
    content = {
        "invoice_id": "inv_acme",
        "number": "ACME-0007",
        "version": 9,
        "state": "paid",
        "currency": currency,
        "total": "1939.60",
        "remaining": "0.00",
        "amount_paid": "1939.60",
        "account": "acc_acme",
        "lines": [
            {"position": 1, "description": "Compute", "amount": "1440.60", "room": "1440.60"},
            {"position": 2, "description": "Platform fee", "amount": "499.00", "room": "499.00"},
            {"position": 3, "description": "All given", "amount": "10.00", "room": "0.00"},
        ],
        "notes": list(notes),
        "fixes": list(fixes),
        **changed,
    }
    invoicing.file = json.dumps(content).encode()


def words(name="clara", query=""):
    return text_of(client_of(name).get(f"{PATH}{query}"))


def text_of(answer):
    text = Page(answer.content.decode()).words.replace("\u2212", "-")
    return re.sub(r"\s+([.,:;)])", r"\1", text).replace("( ", "(")


def goodwill(**effect):
    return one_fix("charged_too_much", "goodwill", {**EFFECT, **effect} if effect else None)


class TestWhatIsWrong:
    def test_is_asked_first_and_leads_to_its_route(self, invoicing):
        answer_with(invoicing, goodwill(), one_fix("never_paid", "write_off", EFFECT))
        page = client_of("clara").get(PATH).content.decode()
        assert f'href="{PATH}?route=goodwill#fix"' in page
        shown = words()
        assert "A line charges too much" in shown
        assert "It will never be paid" in shown
        assert "What it comes to" not in shown

    def test_is_nothing_of_a_draft(self, invoicing):
        answer_with(invoicing, state="draft")
        assert "return it to draft, or discard it, on its own page" in words()

    def test_that_only_an_approver_decides_is_no_link_for_a_clerk(self, invoicing):
        stopped = one_fix("stopped", "let_go", EFFECT, roles=["billing_approver"])
        answer_with(invoicing, stopped)
        assert "route=let_go" not in client_of("clara").get(PATH).content.decode()
        assert "It needs the role billing approver." in words()
        assert "What it comes to" not in words(query="?route=let_go")
        assert "What it comes to" in words("bruno", "?route=let_go")

    def test_that_somebody_else_is_to_do_says_so(self, invoicing):
        void = one_fix("not_to_be_sent", "void", EFFECT, roles=["billing_approver"])
        answer_with(invoicing, {**void, "not_by": ["bruno"]})
        assert "A second person has to do it" in words("bruno", "?route=void")
        answer_with(invoicing, {**void, "not_by": ["beate"]})
        assert "Void it at Stripe" in words("bruno", "?route=void")

    def test_is_not_known_where_invoicing_does_not_answer(self, drafts):
        assert "does not answer" in words()

    @pytest.mark.parametrize("name", ["olivia", "vic", "ann"])
    def test_is_for_billing_people(self, invoicing, name):
        answer_with(invoicing, goodwill())
        assert client_of(name).get(PATH).status_code in {403, 404}
        assert client_of(name).post(f"{PATH}/goodwill").status_code in {403, 404}

    def test_of_an_invoice_that_is_not_there_is_not_found(self, invoicing):
        answer_with(invoicing, goodwill())
        assert client_of("clara").get("/invoices/inv_none/fix").status_code == 404


class TestAmounts:
    def test_are_asked_for_on_lines_that_have_room(self, invoicing):
        answer_with(invoicing, goodwill())
        shown = words(query="?route=goodwill")
        assert "Platform fee" in shown
        assert "All given" not in shown

    def test_are_shown_with_what_they_come_to(self, invoicing):
        answer_with(invoicing, goodwill(credited="200.00", balance="200.00"))
        shown = words(query="?route=goodwill&line-2=200.00")
        assert "lines=2:200.00" in invoicing.calls[-1][1]
        for part in (
            "Credit note, before tax -$200.00",
            "of it goes on the balance, for the next invoice $200.00",
            "Still to pay of this invoice then $0.00",
            "299.00",
            "Nothing is sent before a second person approves it.",
        ):
            assert part in shown

    def test_with_tax_are_shown_with_it(self, invoicing):
        answer_with(invoicing, goodwill(credited="60.30", balance="71.76"))
        shown = words(query="?route=goodwill&line-2=60.30")
        assert "Credit note, before tax -$60.30 With tax -$71.76 of it goes on" in shown
        answer_with(invoicing, goodwill(credited="60.30", balance="60.30"))
        assert "With tax" not in words(query="?route=goodwill&line-2=60.30")

    @pytest.mark.parametrize(
        ("typed", "problem"),
        [
            ("1,000", "Write an amount such as 1234.50, without signs and commas."),
            ("-5", "Write an amount such as 1234.50"),
            ("1e3", "Write an amount such as 1234.50"),
            ("NaN", "Write an amount such as 1234.50"),
            (".", "Write an amount such as 1234.50"),
            ("²", "Write an amount such as 1234.50"),
            ("1" * 19, "Write an amount such as 1234.50"),
            ("0", "Nothing would be given: leave it empty."),
            ("0.005", "Stripe takes USD in steps of 0.01."),
            ("499.01", "It has 499.00 left."),
        ],
    )
    def test_that_are_none_say_so_at_their_line(self, invoicing, typed, problem):
        answer_with(invoicing, goodwill(credited="1.00"))
        shown = words(query=f"?route=goodwill&line-2={typed}")
        assert problem in shown
        assert "What it comes to" not in shown

    def test_of_a_line_that_is_not_there_are_not_given(self, invoicing):
        answer_with(invoicing, goodwill(credited="1.00"))
        assert "What it comes to" not in words(query="?route=goodwill&line-99=1.00")

    @pytest.mark.parametrize(
        ("currency", "typed", "good"),
        [
            ("KWD", "0.010", "0.010"),
            ("KWD", "0.005", None),
            ("HUF", "5", "5"),
            ("HUF", "5.50", None),
            ("JPY", "100", "100"),
            ("JPY", "100.5", None),
        ],
    )
    def test_are_multiples_of_what_stripe_takes(self, currency, typed, good):
        shown = typed_amounts({"line-1": typed, "line-": "1", "line-x": "1", "q": "1"}, currency)
        assert shown.good == ({1: Decimal(good)} if good else {})
        assert bool(shown.bad) is (good is None)


class TestTaking:
    def take(self, invoicing, route="goodwill", who="clara", **changed):
        invoicing.answer = {"document": "cn_1", "state": "in_review"}
        given = {
            "version": "9",
            "reason": "The fee was agreed at 299.00.",
            "confirmed": "yes",
            "route": route,
            "line-2": "200.00",
            **changed,
        }
        return client_of(who).post(f"{PATH}/{route}", given)

    def posted(self, invoicing):
        return [call for call in invoicing.calls if call[2] is not None]

    def test_gives_what_was_looked_at_and_says_what_happens_next(self, invoicing):
        answer_with(invoicing, goodwill(credited="200.00"), notes=[NOTE])
        answer = self.take(invoicing)
        assert (answer.status_code, answer["Location"]) == (303, f"{PATH}?done=goodwill")
        [(actor, path, body)] = self.posted(invoicing)
        assert (actor.name, path) == ("clara", "/api/v1/invoices/inv_acme/fixes")
        assert body == {
            "route": "goodwill",
            "version": 9,
            "reason": "The fee was agreed at 299.00.",
            "lines": [{"position": 2, "amount": "200.00"}],
        }
        assert "waits for an approver" in words(query="?done=goodwill")

    @pytest.mark.parametrize(
        ("changed", "problem"),
        [
            ({"confirmed": ""}, "Confirm that you have looked at it."),
            ({"reason": "  "}, "It needs a reason."),
            ({"version": "x"}, "The form came incomplete."),
            ({"line-2": "-1"}, "An amount can't be given; it is marked below."),
        ],
    )
    def test_asks_for_what_is_missing_and_keeps_the_amounts(self, invoicing, changed, problem):
        answer_with(invoicing, goodwill(credited="200.00"))
        answer = self.take(invoicing, **changed)
        assert answer.status_code == 409
        assert problem in text_of(answer)
        assert changed.get("line-2", "200.00") in answer.content.decode()
        assert not self.posted(invoicing)

    def test_that_invoicing_refuses_says_why(self, invoicing):
        answer_with(invoicing, goodwill(credited="200.00"))
        invoicing.status_of_posts = 409
        invoicing.answer = {"detail": "no", "reason": {"code": "changed"}}
        given = {"version": "9", "reason": "r", "confirmed": "yes", "line-2": "1.00"}
        answer = client_of("clara").post(f"{PATH}/goodwill", given)
        assert "The invoice has changed since you looked." in text_of(answer)

    def test_of_no_route_is_not_found(self, invoicing):
        assert self.take(invoicing, "steal").status_code == 404

    def test_where_nobody_answers_says_that_nothing_was_done(self, drafts):
        given = {"version": "9", "reason": "r", "confirmed": "yes", "line-2": "1.00"}
        answer = client_of("clara").post(f"{PATH}/goodwill", given)
        assert "so nothing was done" in text_of(answer)


class TestWhatIsGiven:
    def test_is_approved_by_a_second_person_on_the_same_page(self, invoicing):
        answer_with(invoicing, notes=[NOTE])
        shown = words("bruno")
        for part in ("Needs approval", "Credit for what was too much", "-$200.00", NOTE["reason"]):
            assert part in shown
        invoicing.answer = {"document": "cn_1", "state": "issuing", "version": 5}
        answer = client_of("bruno").post(
            "/invoices/inv_acme/credits/cn_1/approve", {"version": "4", "confirmed": "yes"}
        )
        assert answer["Location"] == f"{PATH}?done=approve"
        actor, path, body = invoicing.calls[-1]
        assert actor == Actor("bruno", Role.BILLING_APPROVER)
        assert path == "/api/v1/credit-notes/cn_1/actions/approve"
        assert body == {"version": 4, "reason": ""}

    def test_says_to_who_gave_it_that_it_is_somebody_elses(self, invoicing):
        answer_with(invoicing, notes=[NOTE])
        assert "It needs the role billing approver" in words("clara")
        answer_with(invoicing, notes=[{**NOTE, "given_by": "bruno", "not_by": ["bruno"]}])
        assert "A second person has to do it" in words("bruno")

    @pytest.mark.parametrize(
        ("action", "given", "problem"),
        [
            ("approve", {"version": "4"}, "Confirm that you have looked at it."),
            ("approve", {"confirmed": "yes"}, "The form came incomplete."),
        ],
    )
    def test_asks_for_what_is_missing(self, invoicing, action, given, problem):
        answer_with(invoicing, notes=[NOTE])
        answer = client_of("bruno").post(f"/invoices/inv_acme/credits/cn_1/{action}", given)
        assert problem in text_of(answer)

    @pytest.mark.parametrize(
        ("status", "reason", "problem"),
        [
            (409, {"code": "changed"}, "The credit note has changed since you looked."),
            (403, {"code": "second_person"}, "A second person has to do it"),
        ],
    )
    def test_that_is_refused_says_why(self, invoicing, status, reason, problem):
        answer_with(invoicing, notes=[NOTE])
        invoicing.status_of_posts, invoicing.answer = status, {"detail": "no", "reason": reason}
        answer = client_of("bruno").post(
            "/invoices/inv_acme/credits/cn_1/discard", {"version": "4", "reason": "a mistake"}
        )
        assert problem in text_of(answer)

    def test_is_not_moved_in_another_way(self, invoicing):
        given = {"version": "4", "confirmed": "yes"}
        path = "/invoices/inv_acme/credits/cn_1/steal"
        assert client_of("bruno").post(path, given).status_code == 404

    def test_that_is_issued_has_its_document(self, invoicing):
        issued = {**NOTE, "state": "issued", "number": "ACME-0007-CN-01"}
        answer_with(invoicing, notes=[issued])
        shown = client_of("clara").get(PATH).content.decode()
        assert 'href="/credit-notes/cn_1/pdf"' in shown
        assert "$200.00 is on the balance" in words()


class TestTheWayThere:
    @pytest.mark.parametrize(
        ("who", "state", "is_there"),
        [("clara", "paid", True), ("clara", "draft", False), ("olivia", "paid", False)],
    )
    def test_is_on_an_issued_invoice_for_billing_people(self, cast, who, state, is_there):
        record_month(acme=state)
        shown = client_of(who).get("/invoices/inv_acme").content.decode()
        assert (f'href="{PATH}"' in shown) is is_there

    def test_is_in_the_inbox_of_what_waits(self, invoicing):
        given = {
            "document": "cn_1",
            "invoice_id": "inv_acme",
            "invoice": "ACME-0007",
            "customer": "acme",
            "customer_name": "Acme & Sons",
            "period": "2026-10",
            "given_for": "goodwill",
            "net": "200.00",
            "currency": "USD",
            "state": "in_review",
            "given_by": "clara",
            "given_at": "2026-11-14T09:12:00+00:00",
        }
        invoicing.file = json.dumps({"data": [], "given": [given]}).encode()
        answer = client_of("bruno").get("/invoices?view=corrections")
        assert f'href="{PATH}"' in answer.content.decode()
        shown = text_of(answer)
        for part in ("Corrections 1", "Acme & Sons", "Credit for what was too much", "-$200.00"):
            assert part in shown
        elsewhere = client_of("bruno").get("/invoices?view=corrections&period=2026-09")
        assert "No correction waits for anybody." in text_of(elsewhere)


class TestTheMonthsCorrections:
    def test_show_it_besides_and_do_not_count_it(self, invoicing):
        """It changes nothing of what the month is billed, and is approved on its own page."""
        given = document(
            "-300.00", note_kind="commercial", given_for="goodwill", corrects_id="inv_acme"
        )
        acme = account("acme", document("-60.30"), target="1752.39", carried="-60.30")
        acme["documents"].append(given)
        invoicing.file = json.dumps({"data": [acme], "close": close()}).encode()
        answer = client_of("bruno").get("/corrections/2026-10")
        assert f'href="{PATH}"' in answer.content.decode()
        shown = text_of(answer)
        for part in (
            "1 credit (-$60.30), 0 debits",
            "$1,812.69 $1,752.39 -$60.30",
            "Given besides: Credit for what was too much -$300.00",
            "Approve it",
        ):
            assert part in shown
