"""The page of a month's corrections: what it says, in which order, and what people do there."""

import json
import re

import pytest

from shared.auth.actors import Actor
from shared.csv_files import read_rows
from shared.vocabulary.roles import Role
from tests.html_page import Page
from tests.portal.corrections_data import account, cause, close, document
from tests.portal.invoicing_standin import running_invoicing
from tests.portal.scenarios import client_of

PATH = "/corrections/2026-10"
BRUNO = Actor("bruno", Role.BILLING_APPROVER)


@pytest.fixture
def invoicing(cast):
    with running_invoicing() as running:
        running.file_type = "application/json"
        yield running


def answer_with(invoicing, *accounts, of=None):
    content = {"data": list(accounts), "close": of if of is not None else close()}
    invoicing.file = json.dumps(content).encode()


def words(name="clara", query=""):
    return text_of(client_of(name).get(f"{PATH}{query}"))


def text_of(answer):
    """As it is read: signs close up to the words before them."""
    text = Page(answer.content.decode()).words.replace("\u2212", "-")
    return re.sub(r"\s+([.,:;)])", r"\1", text).replace("( ", "(")


def customers(name="clara", query=""):
    shown = client_of(name).get(f"{PATH}{query}").content.decode()
    return re.findall(r'<tbody id="account-acc_(\w+)"', shown)


@pytest.fixture
def october(invoicing):
    answer_with(
        invoicing,
        account("issued", document("-18.04", "issued", number="CN-1", expected=None)),
        account("carried", carried="-0.45", target="1812.24"),
        account("review", document("-60.30")),
        account("debit", document("72.30", "waiting")),
        account("held", document("-500", "parked", parked_for=[cause("brake", number="2")])),
        account(
            "stopped",
            state="stopped",
            stopped_for=cause("voided_by_hand"),
            carried="-30.00",
            target="1782.69",
        ),
        account("waived", waived="148.77", waived_why="charge_until", target="1961.46"),
        account("same"),
    )
    return invoicing


class TestTheHeadline:
    def test_says_in_a_sentence_what_has_happened(self, october):
        assert (
            "AWS restated October by -$230.77: 3 credits (-$578.34), 1 debit (+$72.30), 1 below"
            " $1.00 carried." in words()
        )

    def test_names_the_close_and_who_made_it(self, october):
        assert "Close 2, by trueback, 12 Nov 2026, 06:00 UTC; cause: bill." in words()

    def test_says_no_amount_of_the_bill_where_that_is_not_known(self, invoicing):
        answer_with(invoicing, account("acme", document("-60.30")), of=close(bill_before=None))
        assert "AWS restated October: 1 credit" in words()


class TestARow:
    def test_is_of_what_needs_somebody_first(self, october):
        order = ["held", "review", "stopped", "debit", "carried", "waived", "issued"]
        assert customers() == order

    def test_says_before_after_difference_document_and_what_it_waits_for(self, october):
        page = words()
        row = page[page.index("Review & Sons") :]
        for part in (
            "$1,812.69",
            "$1,752.39",
            "-$60.30",
            "Needs approval",
            "waits for an approver",
        ):
            assert part in row

    def test_of_what_is_billed_already_says_what_it_was_before(self, october):
        page = words(query="?q=issued")
        assert "$1,812.69 $1,794.65 -$18.04" in page
        assert "Credit note CN-1" in page

    def test_opens_its_document_with_lines_and_where_the_money_goes(self, october):
        page = words(query="?q=review")
        assert "Cloud usage: Compute 1,440.60 → 1,380.30 1,440.60 1,380.30 -60.30" in page
        assert "Credited on Cloud usage: Compute 60.30" in page
        assert "$60.30 comes off what is still to pay, as things stand" in page

    def test_says_why_it_is_carried_waived_or_stopped(self, october):
        page = words()
        assert "-$0.45 waits: below $1.00" in page
        assert "+$148.77 after the last day to charge" in page
        assert "A document of it was voided at Stripe" in page
        assert "1 more account is as invoiced." in page

    def test_of_one_still_to_be_settled_says_so(self, invoicing):
        answer_with(
            invoicing,
            account("late", close=1, carried="-40.00", target="1772.69"),
            of=close(unsettled=1),
        )
        page = words()
        assert "Close 2 is being settled." in page
        assert "waits: close 2 is still to be settled here" in page

    def test_names_the_corrections_of_earlier_closes(self, invoicing):
        before = document("-12.60", "issued", close=1, number="CN-1", expected=None)
        answer_with(invoicing, account("acme", before, document("-60.30")))
        assert "Before, by close 1: credit note CN-1 -$12.60, issued" in words()

    def test_whose_note_was_voided_counts_it_for_nothing(self, invoicing):
        void = document("-12.60", "void", number="CN-1", expected=None)
        answer_with(invoicing, account("acme", void, carried="-12.60", target="1800.09"))
        page = words()
        assert "0 credits, 0 debits" in page
        assert "credit note CN-1 -$12.60, void" in page
        assert "-$12.60 waits: the next settlement documents it" in page

    def test_on_another_invoice_leads_there(self, invoicing):
        on = {"document": "inv_nov", "on_period": "2026-11", "on_kind": "standard"}
        own = {"document": "inv_own", "on_period": "2026-10", "on_kind": "supplementary"}
        answer_with(
            invoicing,
            account("acme", document("72.30", "draft", **on)),
            account("globex", document("172.30", **own)),
        )
        answer = client_of("clara").get(PATH)
        page, shown = text_of(answer), answer.content.decode()
        assert (
            "Line on the invoice of November 2026 waits for the invoice that it stands on" in page
        )
        assert "Supplementary invoice waits for an approver" in page
        assert 'href="/invoices/inv_nov"' in shown
        assert 'href="/invoices/inv_own"' in shown

    def test_of_a_month_without_an_invoice_has_none(self, invoicing):
        answer_with(invoicing, account("acme", document("120"), invoice="", invoice_id=""))
        assert "none: nothing was invoiced" in words()


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("?view=to_do", ["held", "review", "stopped"]),
            ("?view=credits", ["held", "review", "issued"]),
            ("?view=debits", ["debit"]),
            ("?view=carried", ["stopped", "carried"]),
            ("?view=waived", ["waived"]),
            ("?view=stopped", ["stopped"]),
            ("?q=REVIEW-0001", ["review"]),
            (
                "?view=nothing",
                ["held", "review", "stopped", "debit", "carried", "waived", "issued"],
            ),
            ("?view=credits&sort=difference", ["held", "review", "issued"]),
            ("?view=credits&sort=-difference", ["issued", "review", "held"]),
            ("?view=credits&sort=-customer", ["review", "issued", "held"]),
        ],
    )
    def test_leave_what_they_say(self, october, query, shown):
        assert customers(query=query) == shown

    def test_that_leave_nothing_say_so(self, october):
        assert "No correction matches." in words(query="?q=zzz")

    def test_are_not_needed_where_nothing_was_corrected(self, invoicing):
        answer_with(invoicing, account("acme"))
        assert "Nothing was corrected." in words()

    def test_of_what_needs_nobody_say_so(self, invoicing):
        answer_with(invoicing, account("debit", document("72.30", "waiting")))
        assert "Nothing waits for anybody." in words(query="?view=to_do")

    def test_of_eight_hundred_accounts_go_by_pages(self, invoicing):
        many = [account(f"c{number}", document(f"-{number}.10")) for number in range(100, 900)]
        answer_with(invoicing, *many)
        client = client_of("bruno")
        page = text_of(client.get(PATH))
        assert "1 to 60 of 800" in page
        assert customers("bruno", "?page=14")[-1] == "c100"


class TestAMonth:
    def test_that_was_never_closed_says_so(self, invoicing):
        invoicing.file = json.dumps({"data": [], "close": None}).encode()
        assert "This month was not closed yet." in words()

    def test_whose_settlement_has_only_begun_says_so(self, invoicing):
        answer_with(invoicing, account("acme"), of=close(unsettled=1))
        assert "Nothing is settled yet." in words()

    @pytest.mark.parametrize("period", ["2026-13", "x"])
    def test_that_is_none_is_not_found(self, invoicing, period):
        assert client_of("clara").get(f"/corrections/{period}").status_code == 404

    def test_is_said_not_to_be_known_where_invoicing_is_silent(self, cast):
        answer = client_of("clara").get(PATH)
        assert answer.status_code == 200
        assert "which has the corrections, does not answer" in answer.content.decode()
        assert client_of("clara").get(f"{PATH}.csv").status_code == 503


class TestTheApprovalOfAClose:
    def post(self, name="bruno", **given):
        fields = {"close": 2, "confirmed": "yes", "credits": 7, "debits": 2}
        return client_of(name).post(f"{PATH}/approve", fields | given)

    def test_approves_all_that_waits_of_what_was_seen(self, october):
        assert "1 correction waits for approval" in words("bruno")
        assert "I have looked at them: -$60.30 in all." in words("bruno")
        october.answer = {"count": 50, "left": 1}
        done = self.post()
        assert (done.status_code, done["Location"]) == (303, f"{PATH}?done=50")
        actor, path, body = october.calls[-1]
        assert (actor, path) == (BRUNO, "/api/v1/corrections/2026-10/approve")
        assert body == {"close": 2, "reason": ""}
        assert "50 corrections approved." in words("bruno", "?done=50")

    def test_takes_with_a_reason_also_what_the_sum_holds(self, october):
        assert "Approve also 1 that only the sum of the close holds" in words("bruno")
        october.answer = {"count": 2, "left": 0}
        assert self.post(braked="yes", reason=" the bill is whole ").status_code == 303
        assert october.calls[-1][2] == {"close": 2, "reason": "the bill is whole"}

    @pytest.mark.parametrize(
        ("given", "problem"),
        [
            ({"close": "x"}, "The form came incomplete."),
            ({"confirmed": ""}, "Confirm that you have looked at the amounts."),
            ({"braked": "yes"}, "It needs a reason."),
        ],
    )
    def test_that_is_not_whole_is_not_sent(self, october, given, problem):
        refused = self.post(**given)
        assert refused.status_code == 409
        assert problem in refused.content.decode()
        assert [path for _, path, _ in october.calls if path.endswith("approve")] == []

    def test_of_an_older_close_says_what_has_changed(self, october):
        october.status_of_posts = 409
        october.answer = {"detail": "The newest close is 3.", "reason": {"code": "changed"}}
        answer_with(october, account("acme", document("-12.60", close=3)), of=close(3))
        refused = self.post()
        assert refused.status_code == 409
        page = text_of(refused)
        assert (
            "October was closed again since you looked, by close 3 (bill). Close 2 had 7 credits"
            " and 2 debits; now there are 1 credit and 0 debits, below." in page
        )
        assert f'href="{PATH}?view=credits"' in refused.content.decode()

    def test_without_an_answer_says_that_nothing_was_done(self, cast):
        page = self.post().content.decode()
        assert "does not answer, so nothing was done" in page

    def test_is_not_for_clerks(self, october):
        assert "1 correction waits for a billing approver." in words("clara")
        assert self.post("clara").status_code == 403

    def test_answered_in_another_form_says_so(self, october):
        october.answer = {}
        assert "answered in another form" in self.post().content.decode()


class TestADebitThatIsHeld:
    @pytest.fixture
    def held(self, invoicing):
        held = document("72.30", "parked", parked_for=[cause("own_doing", causes="rules")])
        answer_with(invoicing, account("debit", held))
        return invoicing

    def test_goes_on_the_next_invoice_with_a_reason(self, held):
        assert "Let it go on the next invoice" in words("bruno")
        given = {"version": 3, "reason": "seen", "account": "acc_debit", "debit": "yes"}
        done = client_of("bruno").post(f"{PATH}/notes/cn72.30/release", given)
        assert done["Location"].endswith("#account-acc_debit")
        actor, path, body = held.calls[-1]
        assert (actor, path) == (BRUNO, "/api/v1/debits/cn72.30/release")
        assert body == {"version": 3, "reason": "seen"}

    def test_is_an_approvers_to_let_go(self, held):
        shown = client_of("clara").get(PATH).content.decode()
        assert "notes/cn72.30/release" not in shown
        assert "Let it go on the next invoice" in shown
        assert "notes/cn72.30" not in client_of("olivia").get(PATH).content.decode()

    def test_on_an_invoice_is_acted_on_there(self, invoicing):
        on = {"on_period": "2026-11", "on_kind": "standard"}
        answer_with(invoicing, account("debit", document("72.30", "parked", **on)))
        assert "Let it go" not in words("bruno")


class TestAnActionOnANote:
    def post(self, action, name="bruno", **given):
        fields = {"version": 3, "confirmed": "yes", "account": "acc_review"}
        return client_of(name).post(f"{PATH}/notes/cn60.30/{action}?view=to_do", fields | given)

    def test_is_sent_in_the_persons_name_and_leads_back_to_its_row(self, october):
        done = self.post("park", reason="look at it")
        assert done["Location"] == (f"{PATH}?view=to_do&opened=acc_review#account-acc_review")
        actor, path, body = october.calls[-1]
        assert (actor, path) == (BRUNO, "/api/v1/credit-notes/cn60.30/actions/park")
        assert body == {"version": 3, "reason": "look at it"}

    def test_that_nobody_can_take_back_is_confirmed_first(self, october):
        assert "I have looked at it." in words("bruno")
        assert self.post("approve", confirmed="").status_code == 409
        assert self.post("approve").status_code == 303

    def test_without_its_version_is_not_sent(self, october):
        assert self.post("park", version="").status_code == 409

    def test_that_is_none_is_not_found(self, october):
        assert self.post("discard").status_code == 404

    def test_that_is_refused_says_why(self, october):
        october.status_of_posts = 403
        october.answer = {"reason": {"code": "second_person"}, "detail": ""}
        refused = self.post("release", reason="seen")
        assert "A second person has to do it" in refused.content.decode()
        assert '<details class="why" open>' in refused.content.decode()
        october.answer = {"reason": {"code": "of_tomorrow"}, "detail": "Words of tomorrow."}
        assert "Words of tomorrow." in self.post("release").content.decode()

    @pytest.mark.parametrize(
        ("accounts", "problem"),
        [
            ([account("review", document("-60.30", "issuing"))], "and it waits for Stripe."),
            ([account("review", document("-48.30"))], "made anew by close 2."),
        ],
    )
    def test_on_what_has_changed_says_what_it_is_now(self, october, accounts, problem):
        october.status_of_posts = 409
        october.answer = {"detail": "", "reason": {"code": "changed"}}
        answer_with(october, *accounts)
        assert problem in text_of(self.post("park", reason="x"))

    def test_on_what_is_gone_says_so(self, october):
        october.status_of_posts = 404
        answer_with(october, account("review"))
        assert "is not there any more" in self.post("park", reason="x").content.decode()


class TestTheFile:
    def test_has_every_row_with_plain_figures(self, october):
        rows = list(read_rows(client_of("vic").get(f"{PATH}.csv").content.decode()))
        assert len(rows) == 7
        (row,) = [one for one in rows if one["customer"] == "Review & Sons"]
        assert (row["before"], row["after"], row["difference"]) == ("1812.69", "1752.39", "-60.30")
        assert (row["state"], row["waits_for"]) == ("in_review", "an approver")
