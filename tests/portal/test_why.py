"""Why an amount is what it is, on a page: what attribution says of it, and nothing else."""

import pytest

from deploy.page_previews.whys import answer
from services.portal.operations.record_facts import (
    record_invoice,
    record_margin,
    record_period,
)
from shared.isolation.scope import as_ops
from tests.html_page import Page
from tests.portal.attribution_standin import running_attribution
from tests.portal.scenarios import client_of, invoice_fact, margin_fact, period_fact, put_cast

PATH = "/tenants/acme/why?period=2026-10"


@pytest.fixture
def attribution(db):
    with as_ops():
        put_cast()
        record_period(period_fact())
        record_margin(margin_fact("acme"))
    with running_attribution() as found:
        found.answer = {"answer": answer(), "question": "question_1"}
        yield found


def page_of(path=PATH):
    found = client_of("olivia").get(path)
    assert found.status_code == 200
    return Page(found.content.decode())


class TestThePage:
    def test_says_of_each_line_by_what_it_was_split_and_from_which_bill_lines(self, attribution):
        page = page_of()
        assert "pool:nat by signal:nat_bytes : 3.8% of $264.86 , which is $10.19" in page.words
        assert "on 56 bill lines." in page.words
        assert "It used 15,032,385,536 By of nat_bytes , by 28 signals." in page.words
        assert "14 Oct, 13:00" in page.words
        assert "1/12" in page.words
        assert "The largest 12 of 14 parts." in page.words

    def test_counts_bill_lines_behind_several_parts_once(self, attribution):
        lines = attribution.answer["answer"]["lines"]
        [even] = [line for line in lines if line["method"] == "pool-even"]
        even["parts"] *= 2
        words = page_of().words
        assert "16.7% of $22.50 , which is $3.75" in words
        assert "on 8 bill lines." in words

    def test_asks_attribution_in_the_name_of_the_person_for_what_is_asked(self, attribution):
        page_of(PATH + "&group=pool:nat")
        [(actor, method, path, _)] = attribution.calls
        assert (actor.name, method) == ("olivia", "GET")
        assert path == "/api/v1/periods/2026-10/explanations?tenant=acme&charge_group=pool%3Anat"

    def test_waits_while_the_evidence_is_gathered(self, attribution):
        attribution.status = 202
        attribution.answer = {"answer": None, "question": "question_1"}
        page = page_of()
        assert "The evidence is being gathered." in page.words
        assert [each for each in page.all("div") if each.get("hx-trigger") == "every 2s"]

    def test_says_what_to_do_where_somebody_asks_too_much(self, attribution):
        attribution.status = 429
        attribution.answer = {"reason": {"code": "too_many_questions"}, "detail": "3 of yours."}
        assert "or cancel one; then load this page again" in page_of().words

    def test_cancels_the_question_in_the_name_of_the_person(self, attribution):
        attribution.status = 202
        attribution.answer = {"answer": None, "question": "a/b"}
        [form] = [each for each in page_of().all("form") if "why/cancel" in each["action"]]
        given = {"question": "a/b", "period": "2026-10"}
        back = client_of("olivia").post(form["action"], given)
        assert (back.status_code, back["Location"]) == (302, "/tenants/acme?period=2026-10")
        actor, method, path, _ = attribution.calls[-1]
        assert (actor.name, method, path) == ("olivia", "DELETE", "/api/v1/questions/a%2Fb")

    def test_goes_on_where_nobody_answers_to_a_cancel(self, db):
        with as_ops():
            put_cast()
        back = client_of("clara").post("/tenants/acme/why/cancel", {"question": "one"})
        assert (back.status_code, back["Location"]) == (302, "/invoices?period=")

    @pytest.mark.parametrize(
        "answer", [[], {}, {"answer": {}}, {"answer": {"lines": [{}], "currency": "USD"}}]
    )
    def test_is_whole_where_the_answer_makes_no_sense(self, attribution, answer):
        attribution.answer = answer
        assert "There is no explanation now." in page_of().words

    def test_says_what_attribution_says_where_there_is_nothing_to_explain(self, attribution):
        attribution.status = 404
        attribution.answer = {"detail": "acme has no pool:lb."}
        assert "acme has no pool:lb." in page_of(PATH + "&group=pool:lb").words

    def test_of_an_invoices_line_is_by_the_run_that_it_was_made_of(self, attribution):
        with as_ops():
            record_invoice(invoice_fact("acme", "draft"))
        found = client_of("clara").get("/invoices/inv_acme").content.decode()
        [link] = {each["href"] for each in Page(found).all("a") if "/why" in each.get("href", "")}
        assert client_of("clara").get(link).status_code == 200
        assert attribution.calls[-1][2].endswith("&charge_group=Compute&run=run_0192f0c3")

    def test_of_a_tenant_that_is_none_is_a_404(self, attribution):
        assert client_of("olivia").get("/tenants/nobody/why?period=2026-10").status_code == 404

    def test_is_one_click_from_the_amounts_of_the_tenants_page(self, attribution):
        links = {each.get("href", "") for each in page_of("/tenants/acme?period=2026-10").all("a")}
        assert PATH in links
        assert f"{PATH}&group=Compute" in links
