"""Rules and prices changed by one person alone, or by one who is somebody else for a moment."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import yaml

from deploy.demo.line import OLIVIA
from shared.auth.actors import Actor
from shared.vocabulary.roles import Role
from tests.attacks.attack import Case, attack
from tests.attacks.victim import Victim

_OTTO: Final = Actor("otto", Role.OPERATOR_ADMIN)
_OSKAR: Final = Actor("oskar", Role.OPERATOR_ADMIN)
_CONTENT: Final = "select content from attribution_ruleset where is_current"
_AT_ONCE: Final = 4


@dataclass(frozen=True)
class _Door:
    """Where a file is put, how it is changed, and what says whether it is in force."""

    service: str
    path: str
    changed: Callable[[dict[str, Any], int], dict[str, Any]]
    in_force: str

    def put(self, victim: Victim, content: str, actor: Actor = OLIVIA) -> Any:
        body = {"content": content}
        return victim.ask(actor, self.service, "PUT", self.path, json=body)

    def decide(self, victim: Victim, actor: Actor, proposal_id: str, decision: str) -> Any:
        path = f"{self.path}/proposals/{proposal_id}/{decision}"
        return victim.ask(actor, self.service, "POST", path, json={})

    def empty(self, victim: Victim) -> None:
        """Whatever waits from before is rejected, so that another can be proposed."""
        answer = victim.ask(OLIVIA, self.service, "GET", f"{self.path}/proposals")
        for one in answer.json().get("data", []):
            if one["needed"]:
                self.decide(victim, OLIVIA, one["proposal_id"], "reject")

    def state(self, victim: Victim) -> list[tuple[Any, ...]]:
        return victim.rows(self.service, self.in_force)

    def propose(self, victim: Victim, number: int) -> str:
        """The id of what waits, empty where nothing does."""
        content: dict[str, Any] = yaml.safe_load(str(victim.rows("attribution", _CONTENT)[0][0]))
        answer = self.put(victim, yaml.safe_dump(self.changed(content, number)))
        waiting = answer.json().get("proposal") or {}
        return str(waiting.get("proposal_id", ""))


def _other_rule(content: dict[str, Any], number: int) -> dict[str, Any]:
    tenant = content["tenants"][0]["key"]
    rule = {
        "name": f"attack-{number}",
        "when": {"service": [f"Nothing{number}"]},
        "assign": {"tenant": tenant},
    }
    return {**content, "rules": [*content.get("rules", []), rule]}


def _other_price(content: dict[str, Any], number: int) -> dict[str, Any]:
    plans = [{**plan, "version": plan.get("version", 1) + number} for plan in content["plans"]]
    for plan in plans:
        plan["components"] = [_dearer(one, number) for one in plan["components"]]
    return {**content, "plans": plans}


def _dearer(component: dict[str, Any], by: int) -> dict[str, Any]:
    name = "percent" if component["kind"] == "cost_plus" else "amount"
    return {**component, name: int(float(str(component[name]))) + by}


_DOORS: Final = (
    _Door(
        "attribution",
        "/api/v1/ruleset",
        _other_rule,
        "select digest from attribution_ruleset where is_current",
    ),
    _Door(
        "invoicing",
        "/api/v1/plans",
        _other_price,
        "select contract_id, plan_id from invoicing_contract where is_active order by 1",
    ),
)


@attack("rules and prices that one person has changed alone")
def alone(victim: Victim) -> Iterator[Case]:
    for door in _DOORS:
        door.empty(victim)
        before = door.state(victim)
        for number in range(1, _AT_ONCE):
            door.propose(victim, number)
            is_changed = door.state(victim) != before
            problem = "it is in force by one person" if is_changed else ""
            yield Case(f"{door.service}: change {number} of many", problem)
        proposal = door.propose(victim, _AT_ONCE)
        for actor in (
            OLIVIA,
            Actor("Olivia", Role.OPERATOR_ADMIN),
            Actor(" olivia ", Role.OPERATOR_ADMIN),
            Actor("olivia", Role.BILLING_APPROVER),
            Actor("olivia", Role.SERVICE),
            Actor("vic", Role.OPERATOR_VIEWER),
            victim.ann,
        ):
            answer = door.decide(victim, actor, proposal, "confirm")
            is_held = answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
            problem = "" if is_held and door.state(victim) == before else "confirmed"
            yield Case(f"{door.service}: {actor.name!r}, {actor.role}", problem)
        yield Case(f"{door.service}: its refusal", _not_a_problem(door, victim, proposal))
        door.decide(victim, OLIVIA, proposal, "reject")


@attack("a change confirmed twice, or after it was withdrawn or overtaken")
def at_once(victim: Victim) -> Iterator[Case]:
    for door in _DOORS:
        for decisions in (("confirm", "confirm"), ("confirm", "reject")):
            proposal = door.propose(victim, 90 + len(set(decisions)))
            actors = (_OTTO, OLIVIA if "reject" in decisions else _OSKAR)
            with ThreadPoolExecutor(2) as both:
                answers = list(
                    both.map(
                        lambda pair, door=door, proposal=proposal: (
                            door.decide(victim, pair[0], proposal, pair[1]).status_code
                        ),
                        zip(actors, decisions, strict=True),
                    )
                )
            is_one = sorted(answers) == [HTTPStatus.OK, HTTPStatus.CONFLICT]
            yield Case(f"{door.service}: {decisions}", "" if is_one else f"answered {answers}")
        late = door.decide(victim, _OSKAR, proposal, "confirm").status_code
        problem = "" if late == HTTPStatus.CONFLICT else f"answered {late}"
        yield Case(f"{door.service}: what is decided", problem)


def _not_a_problem(door: _Door, victim: Victim, proposal: str) -> str:
    answer = door.decide(victim, OLIVIA, proposal, "confirm")
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith("application/problem+json"):
        return f"answered {kind}"
    reason = answer.json()["reason"]
    return "" if {"code", "state", "needed"} <= reason.keys() else f"says {reason}"
