"""Rulesets that several people apply at the same time: each whole, one after the other."""

import threading

from django.db import connection

from services.attribution.models import Ruleset, RulesetApplication
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from tests.tokens import client_of

KEYS = [f"t{number:02}" for number in range(60)]


def ruleset(number: int) -> str:
    """Half of them name the tenants in the opposite order, as two people's editors may."""
    keys = KEYS if number % 2 else KEYS[::-1]
    tenants = "".join(f"  - {{key: {key}, name: {key} of {number}}}\n" for key in keys)
    return f'version: 1\ncurrency: USD\ntenants:\n{tenants}labels:\n  tenant: ["tag:customer"]\n'


def applied_at_once(contents: list[str]) -> list[int]:
    codes: list[int] = []

    def put(name: str, content: str) -> None:
        client = client_of(Actor(name, "operator_admin"))
        answer = client.put("/api/v1/ruleset", {"content": content}, "application/json")
        codes.append(answer.status_code)
        connection.close()

    threads = [
        threading.Thread(target=put, args=(f"person {number}", content))
        for number, content in enumerate(contents)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return codes


class TestRulesetsAtTheSameTime:
    def test_are_all_applied_and_recorded(self, transactional_db):
        assert applied_at_once([ruleset(number) for number in range(6)]) == [200] * 6
        with as_ops():
            assert Ruleset.objects.get(is_current=True)
            applied = RulesetApplication.objects.values_list("applied_by", flat=True)
            assert sorted(applied) == [f"person {number}" for number in range(6)]

    def test_that_were_applied_before_are_recorded_each_time(self, transactional_db):
        contents = [ruleset(1), ruleset(2)]
        for content in contents:
            applied_at_once([content])
        assert applied_at_once(contents * 2) == [200] * 4
        with as_ops():
            assert Ruleset.objects.filter(is_current=True).count() == 1


class TestARulesetOfManyTenants:
    def test_may_be_as_large_as_a_body(self, transactional_db):
        """Django alone refuses it above 2.5 MB, which DRF makes a fault of the service."""
        assert applied_at_once([ruleset(1) + "# a comment\n" * 300_000]) == [200]
