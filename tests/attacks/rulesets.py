"""Rulesets of several people at once, and one that was applied before."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final

import yaml

from deploy.demo.line import OLIVIA
from tests.attacks.attack import Case, attack
from tests.attacks.victim import Victim

_AT_ONCE: Final = 6
# PostgreSQL's table of locks has max_locks_per_transaction (64) x max_connections (100) of them.
_LOCKS_MAX: Final = 3_200


@attack("a ruleset that is applied, and nobody knows by whom; locks that run out")
def several_at_once(victim: Victim) -> Iterator[Case]:
    current = _current(victim)
    before, most = _applications(victim), 0
    with ThreadPoolExecutor(_AT_ONCE) as at_once:
        answers = [
            at_once.submit(_put, victim, _renamed(current, number)) for number in range(_AT_ONCE)
        ]
        while not all(answer.done() for answer in answers):
            most = max(most, victim.rows("attribution", "select count(*) from pg_locks")[0][0])
    for answer in answers:
        code = answer.result()
        yield Case("one of them", "" if code == HTTPStatus.OK else f"answered {code}")
    yield Case("locks meanwhile", f"{most} at once" if most > _LOCKS_MAX else "")
    written = _applications(victim) - before
    problem = "" if written == _AT_ONCE else f"{written} rows for {_AT_ONCE} applications"
    yield Case("each is recorded", problem)
    _put(victim, current)
    again = _applications(victim) - before
    yield Case("an older one again", "" if again == _AT_ONCE + 1 else "it is not recorded")


def rename_tenants(victim: Victim) -> None:
    """Every known period is attributed again, and all services hear of it."""
    _put(victim, _renamed(_current(victim), secrets.randbelow(10**9) * 2))


def _renamed(content: str, number: int) -> str:
    """Half of them name the tenants in the opposite order, as two people's editors may."""
    ruleset: dict[str, Any] = yaml.safe_load(content)
    tenants = [{**tenant, "name": f"{tenant['key']} {number}"} for tenant in ruleset["tenants"]]
    return yaml.safe_dump({**ruleset, "tenants": tenants[:: 1 if number % 2 else -1]})


def _put(victim: Victim, content: str) -> int:
    body = {"content": content}
    return victim.ask(OLIVIA, "attribution", "PUT", "/api/v1/ruleset", json=body).status_code


def _current(victim: Victim) -> str:
    query = "select content from attribution_ruleset where is_current"
    return str(victim.rows("attribution", query)[0][0])


def _applications(victim: Victim) -> int:
    query = "select count(*) from attribution_rulesetapplication"
    return int(victim.rows("attribution", query)[0][0])
