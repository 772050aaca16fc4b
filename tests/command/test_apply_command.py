"""`trueback apply` says of each half of the file what became of it."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from deploy.commands import operate
from deploy.local.api_client import Refused
from shared.faults import Fault
from tests.bills import RULESET
from tests.trueback_command import trueback

CHANGED = {"digest": "d", "is_changed": True}
SAME = {"digest": "d", "is_changed": False}
WAITING = {"digest": "d", "proposal": {"reach": {"tenants": 5}, "proposed_by": "operator"}}
IN_FORCE = "in force"
AS_BEFORE = "in force as before; it changes nothing"
WAITS = (
    "waits for a second person, and what was before stays in force (tenants 5). An administrator"
    " other than operator confirms it at http://portal/changes."
)


def apply(work, monkeypatch, *answers):
    """With what the services answer, in turn; a fault is raised."""
    rest = iter(answers)

    def call(_service, _method, _path, _body):
        answer = next(rest)
        if isinstance(answer, Fault):
            raise answer
        return answer

    @contextmanager
    def calls():
        yield call

    monkeypatch.setattr(operate, "calls", calls)
    monkeypatch.setattr(operate, "this_stack", lambda: SimpleNamespace(portal_url="http://portal"))
    (work / "my.yaml").write_text(RULESET)
    done = trueback(work, "apply", "my.yaml")
    halves = dict(line.split(" of my.yaml: ", 1) for line in done.stdout.splitlines())
    assert list(halves) == ["The ruleset", "Plans and contracts"]
    return done, [*halves.values()]


@pytest.mark.parametrize(
    ("answers", "halves"),
    [
        ((CHANGED, CHANGED), [IN_FORCE, IN_FORCE]),
        ((WAITING, CHANGED), [WAITS, IN_FORCE]),
        ((SAME, WAITING), [AS_BEFORE, WAITS]),
        ((SAME, SAME), [AS_BEFORE, AS_BEFORE]),
    ],
)
def test_each_half_has_a_line(tmp_path, monkeypatch, answers, halves):
    done, lines = apply(tmp_path, monkeypatch, *answers)
    assert (done.returncode, lines) == (0, halves)


@pytest.mark.parametrize(
    ("answers", "halves"),
    [
        (
            [Refused("A change by ada waits for a second person.")],
            [
                "refused, and what was before stays in force",
                "not applied, and what was before stays in force",
            ],
        ),
        (
            [CHANGED, Refused("plan a version 1 is in use.")],
            [IN_FORCE, "refused, and what was before stays in force"],
        ),
        (
            [CHANGED, Fault("it does not answer")],
            [IN_FORCE, "no answer, so it may be in force or not; the same command again tells"],
        ),
    ],
)
def test_a_refusal_says_what_became_of_the_other_half(tmp_path, monkeypatch, answers, halves):
    done, lines = apply(tmp_path, monkeypatch, *answers)
    assert lines == halves
    assert done.returncode == 1
    assert str(answers[-1]) in " ".join(done.stderr.split())
