import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from services.portal.models import StaffInvoice
from services.portal.operations.record_facts import record_invoice
from services.portal.pages.invoice import Neighbours
from services.portal.queries.inbox import InboxFilter, read_inbox
from services.portal.queries.staff_invoice import read_staff_invoice
from shared.auth.actors import Actor
from shared.contracts.invoicing import INVOICE_DRAFTED, Cause, TransitionFact
from shared.contracts.superseded.invoices import downgraded_document
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.html_page import Page
from tests.portal.corrections_data import WAITING
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import (
    NOW,
    actions,
    client_of,
    customer_fact,
    invoice_fact,
    record_month,
)

CLARA = Actor("clara", "billing_clerk")
BRUNO = Actor("bruno", "billing_approver")
VIC = Actor("vic", "operator_viewer")
OCTOBER = Month(2026, 10)


@pytest.fixture
def invoicing():
    with running_invoicing() as running:
        yield running


@pytest.fixture
def drafts(cast):
    record_month(acme="draft", foreign="in_review")


def put(**changed):
    with as_ops():
        record_invoice(invoice_fact("acme", **changed))


def shown(actor, invoice_id="inv_acme"):
    with as_ops():
        return read_staff_invoice(invoice_id, actor, now=NOW).invoice


def names(found):
    return [action.name for action in found]


class TestActions:
    def test_are_those_of_the_state_and_the_role(self, drafts):
        assert names(shown(CLARA).actions) == ["submit", "park"]
        assert names(shown(BRUNO, "inv_foreign").actions) == ["approve", "park"]
        assert names(shown(CLARA, "inv_foreign").actions) == ["park"]

    def test_say_why_they_are_refused(self, drafts):
        refused = {action.name: action.reason for action in shown(CLARA).refused_actions}
        assert refused == {
            "approve": "It is a draft, not in review.",
            "issue": "It is a draft, not approved.",
        }
        page = client_of("clara").get("/invoices/inv_foreign").content.decode()
        assert "It needs the role billing approver." in page

    def test_are_not_for_who_did_the_step_before(self, drafts):
        put(state="in_review", version=2, actions=actions("in_review", not_by=("bruno",)))
        [approve] = [a for a in shown(BRUNO).refused_actions if a.name == "approve"]
        assert approve.reason == "A second person has to do it: you did the step before."

    def test_are_none_for_those_who_only_read(self, drafts):
        found = shown(VIC)
        assert (found.actions, found.refused_actions) == ([], [])
        page = client_of("vic").get("/invoices/inv_acme").content.decode()
        assert "billing clerks and approvers act on it" in page
        assert "hx-post" not in page

    def test_are_none_once_it_is_issued(self, month):
        page = client_of("bruno").get("/invoices/inv_acme").content.decode()
        assert "The customer pays." in page
        assert "hx-post" not in page


class TestAnAction:
    def test_is_asked_for_in_the_persons_name_and_shows_at_once(self, drafts, invoicing):
        invoicing.answer = INVOICE_DRAFTED.dump(invoice_fact("acme", "in_review", version=2))
        client = client_of("clara")
        answer = client.post("/invoices/inv_acme/submit", {"version": 1, "reason": " ok "})
        assert (answer.status_code, answer["Location"]) == (303, "/invoices/inv_acme")
        assert invoicing.calls == [
            (
                CLARA,
                "/api/v2/invoices/inv_acme/actions/submit",
                {"version": 1, "reason": "ok"},
            )
        ]
        with as_ops():
            assert StaffInvoice.objects.get(invoice_id="inv_acme").state == "in_review"

    @pytest.mark.parametrize(
        ("reason", "words"),
        [
            (
                {"code": "state", "state": "parked", "needed": ["draft"]},
                "It is on hold, not a draft.",
            ),
            (
                {"code": "role", "needed": ["billing_approver"]},
                "It needs the role billing approver.",
            ),
            ({"code": "second_person"}, "A second person has to do it: you did the step before."),
            ({"code": "reason"}, "It needs a reason."),
            ({"code": "unknown_action"}, "It is nothing that can be done to an invoice."),
            ({"code": "changed"}, "Somebody has changed the invoice since you looked."),
            ({"code": "of_tomorrow"}, "Words of tomorrow."),
            ({"code": "state"}, "Words of tomorrow."),
        ],
    )
    def test_that_is_refused_is_worded_here(self, drafts, invoicing, reason, words):
        invoicing.status, invoicing.answer = 403, {"reason": reason, "detail": "Words of tomorrow."}
        answer = client_of("clara").post("/invoices/inv_acme/submit", {"version": 1})
        assert words in answer.content.decode()

    def test_answered_in_another_form_changes_nothing_here(self, drafts, invoicing):
        moved = INVOICE_DRAFTED.dump(invoice_fact("acme", "in_review", version=2))
        invoicing.answer = downgraded_document(moved)
        answer = client_of("clara").post("/invoices/inv_acme/submit", {"version": 1})
        assert answer.status_code == 409
        assert "answered in another form" in answer.content.decode()
        with as_ops():
            assert StaffInvoice.objects.get(invoice_id="inv_acme").state == "draft"

    def test_that_is_refused_says_why_and_changes_nothing(self, drafts, invoicing):
        invoicing.status, invoicing.answer = 409, {"detail": "The invoice is at version 7."}
        answer = client_of("clara").post("/invoices/inv_acme/submit", {"version": 1})
        assert answer.status_code == 409
        assert "The invoice is at version 7." in answer.content.decode()
        with as_ops():
            assert StaffInvoice.objects.get(invoice_id="inv_acme").state == "draft"

    def test_without_an_answer_says_so(self, drafts):
        answer = client_of("clara").post("/invoices/inv_acme/submit", {"version": 1})
        assert answer.status_code == 409
        assert "does not answer" in answer.content.decode()

    @pytest.mark.parametrize("body", [{}, {"version": "x"}, {"version": "²"}, {"version": ""}])
    def test_of_a_broken_form_is_not_sent(self, drafts, invoicing, body):
        assert client_of("clara").post("/invoices/inv_acme/submit", body).status_code == 409
        assert invoicing.calls == []

    def test_that_nobody_can_take_back_is_confirmed_first(self, drafts, invoicing):
        put(state="approved", version=2)
        client = client_of("clara")
        page = client.get("/invoices/inv_acme").content.decode()
        assert 'name="confirmed" value="yes" required' in page
        answer = client.post("/invoices/inv_acme/issue", {"version": 2})
        assert answer.status_code == 409
        assert "Confirm that you have looked at the amount." in answer.content.decode()
        assert invoicing.calls == []

        invoicing.answer = INVOICE_DRAFTED.dump(invoice_fact("acme", "issuing", version=3))
        answer = client.post("/invoices/inv_acme/issue", {"version": 2, "confirmed": "yes"})
        assert (answer.status_code, len(invoicing.calls)) == (303, 1)

    @pytest.mark.parametrize("path", ["/invoices/inv_x/submit", "/invoices/inv_acme/delete"])
    def test_that_does_not_exist_is_not_found(self, drafts, invoicing, path):
        assert client_of("bruno").post(path, {"version": 1}).status_code == 404
        assert invoicing.calls == []


class TestWithoutAStripeKey:
    @pytest.fixture
    def keyless(self, invoicing):
        invoicing.issue_refusal = {"code": "no_stripe_key", "state": "approved", "needed": []}
        return invoicing

    def page(self, path, name="clara"):
        return client_of(name).get(path).content.decode()

    @pytest.mark.parametrize("name", ["clara", "bruno", "olivia", "vic"])
    def test_the_inbox_says_that_nothing_can_be_issued_and_what_to_do(self, cast, keyless, name):
        page = self.page("/invoices", name)
        assert "Nothing can be issued: no Stripe key is set." in page
        assert "Set <code>TRUEBACK_STRIPE_API_KEY</code>" in page

    @pytest.mark.parametrize("state", ["draft", "in_review", "approved", "parked", "issuing"])
    def test_an_invoice_says_so_until_it_is_issued(self, cast, keyless, state):
        put(state=state)
        assert "Nothing can be issued" in self.page("/invoices/inv_acme")

    def test_an_issued_invoice_does_not_say_so(self, month, keyless):
        assert "Nothing can be issued" not in self.page("/invoices/inv_acme")

    def test_an_approved_invoice_offers_everything_but_to_issue_it(self, cast, keyless):
        put(state="approved", actions=actions("approved"))
        page = self.page("/invoices/inv_acme")
        assert "/invoices/inv_acme/park" in page
        assert "/invoices/inv_acme/issue" not in page

    def test_to_issue_it_all_the_same_is_refused_in_words(self, cast, keyless):
        put(state="approved")
        keyless.status, keyless.answer = 403, {"reason": keyless.issue_refusal}
        client = client_of("clara")
        answer = client.post("/invoices/inv_acme/issue", {"version": 1, "confirmed": "yes"})
        assert answer.status_code == 409
        assert "Nothing can be issued: no Stripe key is set." in answer.content.decode()

    def test_a_customer_reads_nothing_of_it(self, month, keyless):
        assert "Stripe key" not in self.page("/account", "ann")

    @pytest.mark.parametrize("answer", [None, "of tomorrow", {"code": "of_tomorrow"}, [1]])
    def test_pages_go_on_where_it_is_not_known(self, drafts, invoicing, answer):
        invoicing.issue_refusal = answer
        page = self.page("/invoices")
        assert "Nothing can be issued" not in page
        assert ("whether invoices can be issued now is not known" in page) is bool(answer)
        assert "Acme" in page

    @pytest.mark.parametrize("path", ["/invoices", "/invoices/inv_acme"])
    def test_pages_go_on_and_say_so_where_nobody_answers(self, drafts, path):
        page = self.page(path)
        assert "Nothing can be issued" not in page
        assert "whether invoices can be issued now is not known" in page


class TestTheInvoicePage:
    def test_names_people_and_steps_newest_first(self, cast):
        put(
            state="draft",
            history=[
                TransitionFact("", "draft", "trueback", Cause("drafted_anew"), NOW),
                TransitionFact("draft", "in_review", "clara", Cause("person"), NOW),
                TransitionFact(
                    "in_review", "draft", "bruno", Cause("person", text="Wrong order number."), NOW
                ),
            ],
        )
        found = [(event.label, event.actor) for event in shown(CLARA).timeline]
        assert found == [
            ("Returned to draft", "Bruno Keller"),
            ("Sent to review", "Clara Diaz"),
            ("Drafted", "trueback"),
        ]

    def test_shows_cost_and_what_is_above_it_line_by_line(self, drafts):
        line = shown(CLARA).lines[0]
        assert [item.label for item in line.evidence] == ["Cost of acme", "Above cost"]
        assert sum(item.amount.amount for item in line.evidence) == line.amount.amount

    def test_flags_a_line_below_its_cost(self, cast):
        fact = invoice_fact("acme")
        line = replace(fact.lines[0], amount=Decimal("1.00"))
        put(lines=[line])
        assert shown(CLARA).lines[0].flags == ["below cost"]

    def test_compares_each_line_with_the_month_before(self, drafts):
        put(invoice_id="inv_before", period="2026-09", state="paid", number="X-1")
        lines = shown(CLARA).lines
        assert [line.change for line in lines] == [Decimal(0), Decimal(0)]

    def test_shows_why_it_is_parked_and_what_to_do(self, cast):
        causes = [
            Cause("negative_total"),
            Cause("too_many_lines", {"lines": "300", "lines_max": "250"}),
        ]
        put(state="parked", parked_reasons=causes)
        page = client_of("bruno").get("/invoices/inv_acme").content.decode()
        assert "The total is negative." in page
        assert page.count("an approver releases it with a reason") == 1

    def test_says_when_it_will_be_due(self, cast):
        put(days_until_due=30)
        assert "30 days after issue" in client_of("vic").get("/invoices/inv_acme").content.decode()

    def test_of_a_void_invoice_leads_to_what_took_its_place(self, cast):
        put(state="void", invoice_id="inv_old", number="")
        page = client_of("vic").get("/invoices/inv_old").content.decode()
        assert "took its place" not in page
        later = NOW + timedelta(hours=1)
        put(invoice_id="inv_discarded", state="void", number="", drafted_at=later)
        put(invoice_id="inv_new", drafted_at=later + timedelta(hours=1))
        put(invoice_id="inv_september", period="2026-09", drafted_at=later)
        page = client_of("vic").get("/invoices/inv_old").content.decode()
        assert '<a class="textlink" href="/invoices/inv_new">A newer draft took its place' in page
        assert "took its place" not in client_of("vic").get("/invoices/inv_new").content.decode()

    def test_leads_to_its_neighbours_in_the_inbox(self, drafts):
        with as_ops():
            neighbours = read_staff_invoice("inv_acme", CLARA, now=NOW).neighbours
        assert neighbours == Neighbours("inv_foreign", None, position=2, count=2)


class TestTheInboxOfAllMonths:
    @pytest.fixture
    def months(self, drafts):
        with as_ops():
            for period, state in (("2026-08", "issued"), ("2026-09", "draft"), ("2026-07", "paid")):
                record_invoice(
                    invoice_fact(
                        "acme",
                        state,
                        invoice_id=f"inv_{period}",
                        period=period,
                        stripe_status="open",
                        due_at=datetime(2026, 9, 30, tzinfo=UTC),
                        actions=actions(state),
                    )
                )

    def ids(self, actor=CLARA, **asked):
        with as_ops():
            page = read_inbox(actor, InboxFilter(None, **asked), now=NOW)
        return [row.id for row in page.rows]

    def test_opens_on_what_is_to_do_the_newest_month_first(self, months):
        assert self.ids() == ["inv_acme", "inv_2026-09"]
        assert self.ids(VIC)[0] == "inv_foreign"
        page = client_of("clara").get("/invoices").content.decode()
        assert 'href="/invoices/inv_2026-09?view=to_do"' in page

    def test_has_what_is_open_at_stripe_past_its_due_date(self, months):
        assert self.ids(view="overdue") == ["inv_2026-08"]
        with as_ops():
            page = read_inbox(CLARA, InboxFilter(None), now=NOW)
        assert {one.label: one.count for one in page.sums} == {
            "To issue": 3,
            "To be paid": 0,
            "Overdue": 1,
            "Paid": 1,
        }

    def test_has_every_month_in_its_file(self, months):
        text = client_of("clara").get("/invoices.csv").content.decode()
        assert [row["period"] for row in read_rows(text)].count("2026-08") == 1

    def neighbours(self, invoice_id, **asked):
        with as_ops():
            among = InboxFilter(None, **asked)
            return read_staff_invoice(invoice_id, CLARA, now=NOW, among=among).neighbours

    def test_leads_from_an_invoice_to_the_next_of_the_filter(self, months):
        first = self.neighbours("inv_acme", view="to_do")
        assert first == Neighbours(None, "inv_2026-09", position=1, count=2)
        assert self.neighbours("inv_acme", view="all", q="nobody").count == 0

    def test_goes_on_where_the_invoice_has_left_the_filter(self, months):
        with as_ops():
            record_invoice(
                invoice_fact("acme", "in_review", version=2, actions=actions("in_review"))
            )
        here = self.neighbours("inv_acme", view="to_do")
        assert here == Neighbours(None, "inv_2026-09", position=0, count=1)
        page = client_of("clara").get("/invoices/inv_acme?view=to_do").content.decode()
        assert "1 left" in page
        assert 'href="/invoices/inv_2026-09?view=to_do"' in page
        assert 'href="/invoices?view=to_do"' in page
        assert 'action="/invoices/inv_acme/park?view=to_do"' in page

    def test_keeps_the_filter_after_an_action(self, months, invoicing):
        invoicing.answer = INVOICE_DRAFTED.dump(invoice_fact("acme", "in_review", version=2))
        answer = client_of("clara").post("/invoices/inv_acme/submit?view=to_do", {"version": 1})
        assert answer["Location"] == "/invoices/inv_acme?view=to_do"


class TestTheViewOfCorrections:
    def page(self, query):
        return Page(client_of("clara").get(f"/invoices{query}").content.decode()).words

    @pytest.fixture
    def waiting(self, drafts, invoicing):
        invoicing.file_type = "application/json"
        invoicing.file = json.dumps({"data": [WAITING]}).encode()
        return invoicing

    def test_has_a_line_a_month_that_leads_to_its_page(self, waiting):
        page = self.page("?view=corrections")
        for words in ("October 2026", "9 to approve", "2 on hold", "1 below zero", "$4,120.87"):
            assert words in page
        shown = client_of("clara").get("/invoices?view=corrections").content.decode()
        assert 'href="/corrections/2026-10?view=to_do"' in shown

    def test_counts_the_months_wherever_one_is(self, waiting):
        assert "Corrections 1" in self.page("?view=all")

    def test_is_of_the_month_that_is_asked_for(self, waiting):
        assert "9 to approve" in self.page("?view=corrections&period=2026-10")
        assert "No correction waits" in self.page("?view=corrections&period=2026-09")

    def test_says_so_where_invoicing_does_not_answer(self, drafts):
        assert "Which corrections wait is not known." in self.page("?view=corrections")
        assert "Send to review" in self.page("?view=all")


class TestTheInbox:
    def read(self, actor=CLARA, **asked):
        with as_ops():
            page = asked.pop("page", 1)
            return read_inbox(actor, InboxFilter(OCTOBER, **asked), now=NOW, page=page)

    def ids(self, **asked):
        return [row.id for row in self.read(**asked).rows]

    def test_shows_to_each_what_waits_for_him(self, drafts):
        assert self.ids(view="to_do", actor=CLARA) == ["inv_acme"]
        assert self.ids(view="to_do", actor=BRUNO) == ["inv_foreign", "inv_acme"]

    def test_does_not_ask_for_the_second_look_of_who_did_the_first(self, drafts):
        with as_ops():
            fact = invoice_fact("foreign", "in_review", version=2)
            record_invoice(replace(fact, actions=actions("in_review", not_by=("bruno",))))
        assert self.ids(view="to_do", actor=BRUNO) == ["inv_acme"]

    def test_has_no_list_of_things_to_do_for_those_who_only_read(self, drafts):
        keys = [choice.key for choice in self.read(actor=VIC).views]
        assert keys == ["corrections", "overdue", "all", "draft", "in_review"]

    def test_finds_by_customer_and_number(self, month):
        assert self.ids(q="FOREIGN-0") == ["inv_foreign"]
        assert self.ids(q="acme &") == ["inv_acme"]
        assert self.ids(q="nobody") == []

    @pytest.mark.parametrize("sort", ["customer", "-total", "change", "-due", "nonsense"])
    def test_sorts_in_the_database(self, month, sort):
        assert sorted(self.ids(sort=sort)) == ["inv_acme", "inv_foreign"]

    def test_sorts_by_the_change_on_last_month(self, month):
        with as_ops():
            record_invoice(
                invoice_fact("acme", "issued", version=2, previous_total=Decimal("1.00"))
            )
            record_invoice(
                invoice_fact("foreign", "issued", version=2, previous_total=Decimal("9999999.00"))
            )
        assert self.ids(sort="-change") == ["inv_acme", "inv_foreign"]
        assert self.ids(sort="change") == ["inv_foreign", "inv_acme"]

    def test_adds_up_each_currency_for_itself(self, month):
        with as_ops():
            record_invoice(invoice_fact("foreign", "issued", version=2, currency="EUR"))
        totals = self.read().currency_totals
        assert [money.currency for money in totals] == ["EUR", "USD"]

    def test_leaves_void_invoices_out_of_its_sums(self, month):
        with as_ops():
            record_invoice(invoice_fact("foreign", "void", version=2))
        page = self.read()
        assert len(page.rows) == 2
        assert [money.amount for money in page.currency_totals] == [invoice_fact("acme").total]

    @pytest.mark.parametrize("state", ["draft", "issued", "paid", "void", "uncollectible"])
    def test_has_a_next_step_for_every_invoice(self, cast, state):
        put(state=state)
        [row] = self.read().rows
        assert row.next_step


def test_a_customer_of_two_tenants_pays_for_both(cast):
    from services.portal.models import TenantContract  # noqa: PLC0415
    from services.portal.operations.record_facts import record_customer  # noqa: PLC0415

    with as_ops():
        record_customer(customer_fact("group", tenants=["a", "b"]))
        assert set(TenantContract.objects.values_list("tenant", "customer")) == {
            ("a", "group"),
            ("b", "group"),
        }
