"""A ruleset that reaches far is confirmed by a second person before it is in force."""

import pytest

from services.attribution.models import Ruleset, RulesetApplication
from services.attribution.operations.apply_ruleset import apply_ruleset
from shared.isolation.scope import as_ops
from tests.proposals import OLIVIA, OTTO, Proposing


def ruleset(*, aliases=(), name="", more=""):
    """Of four tenants, of whom those of `aliases` have one more."""
    tenants = "".join(
        f"  - {{key: t{number}, name: T{name}, aliases: [{'b' * (number in aliases)}a{number}]}}\n"
        for number in range(4)
    )
    return f'version: 1\ncurrency: USD\ntenants:\n{tenants}labels: {{tenant: ["tag:x"]}}\n{more}'


@pytest.fixture
def limit(settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"second_person_above_tenants": 2}
    )


class TestARuleset(Proposing):
    path = "/api/v1/ruleset"

    def content(self, number):
        rule = f"rules: [{{name: r{number}, when: {{service: [X]}}, assign: {{tenant: t0}}}}]\n"
        return ruleset(more=rule if number else "")

    def in_force(self):
        with as_ops():
            return Ruleset.objects.get(is_current=True).digest

    def test_with_other_names_is_in_force_at_once(self, transactional_db):
        before = self.start()
        assert self.put(ruleset(name="other")).status_code == 200
        assert self.in_force() != before

    def test_that_was_overtaken_is_not_confirmed(self, transactional_db):
        self.start()
        waiting = self.propose()
        assert self.put(ruleset(name="other")).status_code == 200
        answer = self.decide(waiting, "confirm")
        assert (answer.status_code, answer.json()["reason"]["state"]) == (409, "outdated")

    def test_that_was_changed_behind_our_back_is_not_confirmed(self, transactional_db):
        self.start()
        waiting = self.propose()
        with as_ops():
            apply_ruleset(content=ruleset(name="other"), applied_by="sql")
        answer = self.decide(waiting, "confirm")
        assert (answer.status_code, answer.json()["reason"]["code"]) == (409, "changed_since")


class TestTheLimit:
    put = Proposing.put
    decide = Proposing.decide
    path = "/api/v1/ruleset"

    def answers(self, *contents):
        return [self.put(content) for content in contents]

    def test_lets_one_person_change_as_much(self, transactional_db, limit):
        answers = self.answers(ruleset(), ruleset(aliases=[0]), ruleset(aliases=[0, 1]))
        assert [answer.status_code for answer in answers] == [200, 200, 200]

    def test_does_not_ask_about_what_is_in_force_already(self, transactional_db, limit):
        answers = self.answers(ruleset(), ruleset(aliases=[0]), ruleset(aliases=[0]))
        assert [answer.json()["is_changed"] for answer in answers] == [True, True, False]

    def test_counts_from_what_two_have_agreed_on(self, transactional_db, limit):
        answers = self.answers(
            ruleset(), ruleset(aliases=[0]), ruleset(aliases=[0, 1]), ruleset(aliases=[0, 1, 2])
        )
        assert [answer.status_code for answer in answers] == [200, 200, 200, 202]
        waiting = answers[-1].json()["proposal"]
        assert waiting["reach"] == {"tenants": 3}
        assert [one["name"] for one in waiting["changes"]["first"]] == ["t2"]
        assert [one["name"] for one in waiting["unconfirmed"]["first"]] == ["t0", "t1"]
        assert self.decide(waiting, "confirm").status_code == 200
        assert self.put(ruleset(aliases=[0, 1, 2, 3])).status_code == 200
        with as_ops():
            rows = RulesetApplication.objects.order_by("pk")
            by = [(row.applied_by, row.confirmed_by, row.is_agreed) for row in rows]
        assert by == [
            ("olivia", "", True),
            ("olivia", "", False),
            ("olivia", "", False),
            ("olivia", "otto", True),
            ("olivia", "", False),
        ]

    def test_of_one_person_after_another_is_the_same(self, transactional_db, limit):
        self.answers(ruleset(), ruleset(aliases=[0, 1]))
        assert self.put(ruleset(aliases=[0, 1, 2]), OTTO).status_code == 202
        assert self.put(ruleset(), OLIVIA).status_code == 200

    def test_is_passed_by_any_rule_of_many_tenants(self, transactional_db, limit):
        self.answers(ruleset())
        assert self.put(ruleset(more="idle: proportional\n")).status_code == 202

    def test_of_a_ruleset_that_can_not_be_read_any_more_is_passed(self, transactional_db):
        self.answers(ruleset())
        with as_ops():
            Ruleset.objects.update(content="version: 0")
        answer = self.put(ruleset(aliases=[0]))
        assert answer.json()["proposal"]["reach"] == {"tenants": None}
