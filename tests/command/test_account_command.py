"""`trueback account` says what becomes of a month that waits for a person."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from deploy.commands import accounts
from tests.trueback_command import trueback


@pytest.fixture
def asked(monkeypatch):
    calls, answer = [], {"account": "acc_1", "state": "open", "invoice_id": ""}

    def call(*given):
        calls.append(given)
        return answer

    @contextmanager
    def opened(role):
        calls.append(role)
        yield call

    monkeypatch.setattr(accounts, "calls", opened)
    return SimpleNamespace(calls=calls, answer=answer)


def test_asks_for_the_choice_in_an_approvers_name(tmp_path, asked):
    asked.answer["state"] = "let_go"
    done = trueback(tmp_path, "account", "acc_1", "let-go", "--reason", "agreed")
    assert done.stdout == "acc_1 is let_go\n"
    path = "/api/v1/accounts/acc_1/actions/let_go"
    given = ("invoicing", "POST", path, {"reason": "agreed"})
    assert asked.calls == ["billing_approver", given]


def test_names_the_draft_that_bills_the_month_anew(tmp_path, asked):
    asked.answer.update(state="stopped", invoice_id="inv_2")
    done = trueback(tmp_path, "account", "acc_1", "reissue", "--reason", "wrong address")
    assert done.stdout == "acc_1 is stopped, invoice inv_2 is a draft\n"


@pytest.mark.parametrize("given", [["burn", "--reason", "so"], ["resume"]])
def test_wants_a_choice_and_a_reason(tmp_path, asked, given):
    assert trueback(tmp_path, "account", "acc_1", *given).returncode == 2
    assert asked.calls == []
