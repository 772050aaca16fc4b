"""`trueback reattribute` says that a second person is needed, and where."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from deploy.commands import operate
from deploy.local.api_client import Refused
from tests.trueback_command import trueback


@pytest.fixture
def asked(monkeypatch):
    """What attribution was asked; it answers with `reach`."""
    calls, answer = [], {"tenants": 2}

    def call(*given):
        calls.append(given)
        if "fault" in answer:
            raise answer["fault"]
        return {"digest": "d", "proposal": {"reach": answer, "proposed_by": "operator"}}

    @contextmanager
    def opened():
        yield call

    monkeypatch.setattr(operate, "calls", opened)
    monkeypatch.setattr(operate, "this_stack", lambda: SimpleNamespace(portal_url="http://portal"))
    return SimpleNamespace(calls=calls, answer=answer)


def test_asks_with_the_reason_and_names_who_confirms(tmp_path, asked):
    done = trueback(tmp_path, "reattribute", "2026-10", "--reason", "teams were mixed up")
    assert done.returncode == 0
    path, body = "/api/v2/periods/2026-10/ruleset", {"reason": "teams were mixed up"}
    assert asked.calls == [("attribution", "PUT", path, body)]
    assert done.stdout == (
        "2026-10 stays as it was closed until an administrator other than operator confirms it at"
        " http://portal/changes (tenants 2 may cost otherwise).\n"
    )


def test_says_where_nobody_knows_how_far_it_reaches(tmp_path, asked):
    asked.answer["tenants"] = None
    done = trueback(tmp_path, "reattribute", "2026-10", "--reason", "teams were mixed up")
    assert "(any tenant may cost otherwise)" in done.stdout


def test_that_is_refused_says_why(tmp_path, asked):
    asked.answer["fault"] = Refused("2026-10 goes by the current ruleset already.")
    done = trueback(tmp_path, "reattribute", "2026-10", "--reason", "teams were mixed up")
    assert (done.returncode, done.stdout) == (1, "")
    assert "2026-10 goes by the current ruleset already." in done.stderr


@pytest.mark.parametrize("arguments", [["2026-10"], ["October", "--reason", "why"]])
def test_needs_a_month_and_a_reason(tmp_path, asked, arguments):
    done = trueback(tmp_path, "reattribute", *arguments)
    assert done.returncode == 2
    assert not asked.calls
