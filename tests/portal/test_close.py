"""The close of a month: its checks live from their owner, its reasons a person's own."""

import pytest

from services.portal.models import PeriodSummary
from services.portal.operations.record_facts import record_close, record_period
from shared.contracts.attribution import PERIOD_CLOSED
from shared.isolation.scope import as_ops
from tests.html_page import Page
from tests.portal.attribution_standin import CLOSED, OPEN, running_attribution
from tests.portal.scenarios import client_of, period_fact, put_cast
from tests.portal.test_restatement import revised

REASON = {"reason-signals_complete": "  the meter was switched off "}


@pytest.fixture
def settling(db):
    with as_ops():
        put_cast()
        record_period(period_fact())


@pytest.fixture
def attribution():
    with running_attribution() as found:
        yield found


def page_of(name="olivia", path="/close?period=2026-10"):
    return Page(client_of(name).get(path).content.decode())


class TestARestatedMonth:
    def test_says_why_it_comes_out_otherwise(self, settling, attribution):
        with as_ops():
            record_close(PERIOD_CLOSED.load(PERIOD_CLOSED.dump(PERIOD_CLOSED.example)))
            revised()
        cause = {"code": "correction", "source": "aws", "line_count": 3, "billed": "-23.28"}
        run = {"run_id": "run_2", "currency": "USD"}
        rules = {"code": "rules", "source": "", "line_count": 0, "billed": "0"}
        later = {**cause, "bill_period": "2026-12"}
        attribution.answer = {**CLOSED, "run": run, "revision_causes": [cause, later, rules]}
        page = page_of()
        corrected = "The bill of aws corrects earlier charges: 3 lines more, billed"
        assert f"{corrected} \N{MINUS SIGN}$23.28" in page.words
        assert "The bill of aws for 2026-12 has lines of this month: 3 lines more" in page.words
        assert "The rules of trueback.yaml were changed" in page.words

    def test_of_an_owner_that_does_not_say_why_is_shown_without(self, settling, attribution):
        with as_ops():
            record_close(PERIOD_CLOSED.load(PERIOD_CLOSED.dump(PERIOD_CLOSED.example)))
            revised()
        attribution.answer = CLOSED
        page = page_of()
        assert "Restated since the close" in page.words
        assert "Why it comes out otherwise" not in page.words


class TestTheChecks:
    def test_each_say_what_they_found_and_what_to_do(self, settling, attribution):
        page = page_of()
        assert "Signals not yet No signals for nat_bytes. Send the missing signals" in page.words
        assert "Check of tomorrow It holds." in page.words
        fields = [field["name"] for field in page.all("input") if field.get("required", 0) is None]
        assert fields == ["reason-signals_complete"]

    def test_are_for_a_viewer_to_read(self, settling, attribution):
        page = page_of("vic")
        assert "An operator administrator closes a month." in page.words
        assert not [form for form in page.all("form") if "/close/" in form.get("action", "")]

    @pytest.mark.parametrize(
        "answer",
        [
            {"period": "2026-10"},
            [],
            "closed",
            # As the API of before answers: sentences where data is.
            {**OPEN, "checks": [{"name": "proof_holds", "passed": True, "finding": "it is 0"}]},
            {**OPEN, "overrides": ["signals_complete: switched off (olivia)"]},
        ],
    )
    def test_leave_the_page_whole_when_the_answer_makes_no_sense(
        self, settling, attribution, answer
    ):
        attribution.answer = answer
        assert "The checks are not known now." in page_of().words

    def test_leave_the_page_whole_when_nobody_answers(self, settling):
        page = page_of()
        assert "The checks are not known now." in page.words
        assert "Oct 2026" in page.words
        assert not [form for form in page.all("form") if "/close/" in form.get("action", "")]

    def test_stand_above_what_was_noted_of_the_run(self, settling, attribution):
        assert "Noted of this run" not in page_of().words
        run = {"run_id": "run_0192f0c3", "findings": ["no line has the tag <custmer>."]}
        attribution.answer = {**OPEN, "run": run}
        words = page_of().words
        assert "Noted of this run" in words
        assert "no line has the tag <custmer>." in words

    def test_of_a_month_that_attribution_does_not_know_are_none(self, settling, attribution):
        attribution.status = 404
        assert page_of().words.count("not yet") == 0


class TestTheClose:
    def test_is_the_persons_own_and_shown_at_once(self, settling, attribution):
        client = client_of("olivia")
        answer = client.post("/close/2026-10", {**REASON, "run_id": "run_seen"})
        assert (answer.status_code, answer["Location"]) == (303, "/close?period=2026-10")
        actor, method, path, body = attribution.calls[-1]
        assert (actor.name, actor.role, method) == ("olivia", "operator_admin", "POST")
        assert path == "/api/v2/periods/2026-10/close"
        reasons = {"signals_complete": "the meter was switched off"}
        assert body == {"run_id": "run_seen", "reasons": reasons}
        page = page_of()
        assert "By Olivia Marsh , 5 Nov 2026, 08:00 UTC" in page.words
        assert "Signals: switched off (olivia)" in page.words

    def test_that_is_refused_says_why_and_keeps_what_was_typed(self, settling, attribution):
        attribution.close_status = 409
        failed = [check for check in OPEN["checks"] if not check["passed"]]
        attribution.closed = {"reason": {"code": "checks_failed", "checks": failed}}
        answer = client_of("olivia").post("/close/2026-10", REASON)
        page = Page(answer.content.decode())
        assert answer.status_code == 409
        assert "It was not closed. Signals: No signals for nat_bytes. Mend it" in page.words
        [field] = [one for one in page.all("input") if one.get("name") == "reason-signals_complete"]
        assert field["value"] == "the meter was switched off"
        with as_ops():
            assert PeriodSummary.objects.get().closed_at is None

    @pytest.mark.parametrize(
        ("answer", "words"),
        [
            ({"reason": {"code": "not_attributed"}}, "2026-10 has not been attributed."),
            ({"reason": {"code": "attributed_anew"}}, "attributed anew since you looked."),
            ({"reason": {"code": "of_tomorrow"}, "detail": "It rains."}, "It rains."),
            ({"detail": "It snows."}, "It snows."),
        ],
    )
    def test_that_is_refused_for_another_reason_says_which(
        self, settling, attribution, answer, words
    ):
        attribution.close_status, attribution.closed = 409, answer
        answer = client_of("olivia").post("/close/2026-10", REASON)
        assert words in Page(answer.content.decode()).words

    def test_where_nobody_answers_is_not_asked_for(self, settling):
        answer = client_of("olivia").post("/close/2026-10", REASON)
        assert answer.status_code == 409
        assert "so it was not asked to close the month" in answer.content.decode()

    def test_without_an_answer_says_that_it_may_be_done(self, settling, attribution):
        attribution.closed = "nothing that makes sense"
        answer = client_of("olivia").post("/close/2026-10", REASON)
        assert answer.status_code == 409
        assert "it may have closed the month all the same" in answer.content.decode()

    def test_is_of_the_run_that_its_checks_were_of(self, settling, attribution):
        [field] = [one for one in page_of().all("input") if one.get("name") == "run_id"]
        assert field["value"] == attribution.answer["run"]["run_id"]

    def test_whose_answer_was_lost_is_shown_as_done(self, settling, attribution):
        attribution.answer, attribution.closed = CLOSED, "nothing that makes sense"
        answer = client_of("olivia").post("/close/2026-10", REASON)
        page = Page(answer.content.decode())
        assert answer.status_code == 409
        assert "No answer came in time, but it has been closed." in page.words
        assert "It was not closed." not in page.words

    def test_of_a_month_that_is_not_there_is_not_found(self, settling, attribution):
        assert client_of("olivia").post("/close/2020-01", REASON).status_code == 404
        assert attribution.calls == []

    def test_is_never_taken_back_by_an_older_fact(self, settling, attribution):
        client_of("olivia").post("/close/2026-10", REASON)
        with as_ops():
            record_close(PERIOD_CLOSED.example)
            assert PeriodSummary.objects.get().closed_by == "olivia"
            assert PeriodSummary.objects.get().close_version == CLOSED["version"]

    def test_under_way_hides_the_form(self, settling, attribution):
        attribution.answer = CLOSED
        page = page_of()
        assert "this page follows within a minute" in page.words
        assert not [form for form in page.all("form") if "/close/" in form.get("action", "")]


class TestRulesOfAClosedMonth:
    """What it was closed by stays, until two administrators say otherwise."""

    reason = {"reason": " Teams were mapped to the wrong customers. "}

    @pytest.fixture
    def kept(self, settling, attribution):
        with as_ops():
            record_close(PERIOD_CLOSED.load(PERIOD_CLOSED.dump(PERIOD_CLOSED.example)))
        ruleset = {"version": 3, "is_current": False, "is_kept": True}
        attribution.answer = {**CLOSED, "ruleset": ruleset}
        return attribution

    def test_are_named_with_a_way_to_the_current_ones(self, kept):
        page = page_of()
        assert "By version 3 of trueback.yaml, which it was closed by." in page.words
        assert [form for form in page.all("form") if form["action"] == "/close/2026-10/rules"]

    def test_are_for_a_viewer_to_read(self, kept):
        page = page_of("vic")
        assert "By version 3 of trueback.yaml" in page.words
        assert "Two operator administrators may have it attributed" in page.words
        assert not [form for form in page.all("form") if "/rules" in form.get("action", "")]

    def test_that_are_in_force_leave_nothing_to_ask_for(self, kept):
        kept.answer["ruleset"]["is_current"] = True
        page = page_of()
        assert "By version 3 of trueback.yaml, which is in force." in page.words
        assert not [form for form in page.all("form") if "/rules" in form.get("action", "")]

    def test_of_an_open_month_are_those_in_force_as_of_every_other(self, kept):
        kept.answer["ruleset"]["is_kept"] = False
        assert "trueback.yaml, which" not in page_of().words

    def test_are_asked_for_in_the_persons_name(self, kept):
        kept.close_status, kept.closed = 202, {"digest": "d", "proposal": {}}
        answer = client_of("olivia").post("/close/2026-10/rules", self.reason)
        assert (answer.status_code, answer["Location"]) == (303, "/changes")
        actor, method, path, body = kept.calls[-1]
        assert (actor.name, method, path) == ("olivia", "PUT", "/api/v2/periods/2026-10/ruleset")
        assert body == {"reason": "Teams were mapped to the wrong customers."}

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("same_rules", "The month goes by the rules in force already."),
            ("never_closed", "The month was never closed, so it goes by the rules in force."),
            ("another_waits", "Another month waits for a second person."),
            ("of_tomorrow", "It was refused; nothing was changed."),
        ],
    )
    def test_that_are_refused_say_why(self, kept, code, words):
        kept.close_status, kept.closed = 409, {"reason": {"code": code}}
        answer = client_of("olivia").post("/close/2026-10/rules", self.reason)
        assert answer.status_code == 409
        assert f"Nothing was asked for. {words}" in Page(answer.content.decode()).words

    def test_are_not_asked_for_where_nobody_answers(self, settling):
        answer = client_of("olivia").post("/close/2026-10/rules", self.reason)
        assert answer.status_code == 409

    def test_are_for_administrators_to_ask_for(self, kept):
        answer = client_of("vic").post("/close/2026-10/rules", self.reason)
        assert answer.status_code == 403


class TestAnotherClose:
    """Of a month that was restated since."""

    again = {
        **CLOSED,
        "state": "closed",
        "version": 4,
        "closed_by": "otto",
        "closed_run": {"run_id": "run_2", "activation": 2},
        "closes": [
            {
                "number": number,
                "closed_by": by,
                "closed_at": "2026-11-05T08:00:00Z",
                "causes": [{"code": "bill", "source": "aws", "billed": "0"}] if number > 1 else [],
            }
            for number, by in ((1, "olivia"), (2, "otto"))
        ],
    }

    @pytest.fixture
    def restated(self, settling, attribution):
        with as_ops():
            record_close(PERIOD_CLOSED.load(PERIOD_CLOSED.dump(PERIOD_CLOSED.example)))
            revised("acme", before="100", after="112.5")
        return attribution

    def test_is_asked_for_with_the_checks(self, restated):
        page = page_of()
        assert "Close it again" in page.words
        assert "Close October 2026 again" in page.words
        fields = [field["name"] for field in page.all("input") if field.get("required", 0) is None]
        assert fields == ["reason-signals_complete"]

    def test_is_for_an_administrator(self, restated):
        assert "Close it again" not in page_of("vic").words

    @pytest.mark.parametrize(
        ("due_at", "waits_for", "words"),
        [
            ("2026-11-17T06:00:00Z", [], "closed again by itself on 17 Nov 2026, 06:00 UTC"),
            (
                "2026-11-17T06:00:00Z",
                ["signals_complete", "check_of_tomorrow"],
                "not closed again by itself: Signals, Check of tomorrow.",
            ),
            (None, [], "A person closes it again: trueback.yaml says reclose: by_hand"),
        ],
    )
    def test_comes_by_itself_or_says_why_not(self, restated, due_at, waits_for, words):
        reclose = {"due_at": due_at, "waits_for": waits_for}
        restated.answer = {**CLOSED, "reclose": reclose}
        assert words in page_of("vic").words

    def test_takes_over_the_revisions_and_is_shown_at_once(self, restated):
        restated.closed = restated.answer = self.again
        client_of("olivia").post("/close/2026-10", {**REASON, "run_id": "run_2"})
        page = page_of()
        assert "AWS has changed nothing since." in page.words
        assert "Close it again" not in page.words
        assert "2. 5 Nov 2026, 08:00 UTC by otto: The bill of aws was restated" in page.words

    def test_leaves_what_came_after_it(self, restated):
        with as_ops():
            revised("globex", before="50", after="60", version=3)
        restated.closed = restated.answer = self.again
        client_of("olivia").post("/close/2026-10", REASON)
        page = page_of()
        assert "+$10.00 in all" in page.words
        assert "112.50" not in page.words

    def test_is_not_undone_by_a_revision_that_comes_late(self, restated):
        restated.closed = restated.answer = self.again
        client_of("olivia").post("/close/2026-10", REASON)
        with as_ops():
            revised("foreign", before="50", after="60", version=2)
        assert "AWS has changed nothing since." in page_of().words


class TestAClosedMonth:
    def test_shows_its_revisions_tenant_by_tenant(self, month):
        with as_ops():
            revised("acme", before="100", after="112.5")
            revised("foreign", before="50", after="40")
            revised("trial", before="7", after="7")
        page = page_of()
        assert "Acme 100.00 112.50 +12.50" in page.words
        assert "Foreign 50.00 40.00 \N{MINUS SIGN}10.00" in page.words
        assert "+$2.50 in all" in page.words
        assert "Trial 7.00" not in page.words

    def test_that_was_restated_is_still_closed_in_words(self, month):
        with as_ops():
            revised("acme", before="100", after="112.5")
        words = page_of().words
        assert "Closed, restated since" in words
        assert "Reopened" not in words
        assert "correcting documents are made by hand" in words

    def test_that_nothing_has_changed_says_so(self, month):
        assert "AWS has changed nothing since." in page_of().words

    def test_is_chosen_only_where_none_waits(self, month):
        assert "Close of October 2026" in page_of(path="/close").words
        with as_ops():
            record_period(period_fact(period="2026-09", run_id="run_0"))
        assert "Close of September 2026" in page_of(path="/close").words
