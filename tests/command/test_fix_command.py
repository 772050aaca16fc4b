"""`trueback fix` shows what can be done about an invoice, and does it."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from deploy.commands import fixes
from tests.trueback_command import trueback

EFFECT = {
    "credited": "300.00",
    "left_to_pay": "11.69",
    "remaining": "0.00",
    "balance": "300.00",
    "refund": "0.00",
    "out_of_band": "0.00",
    "carried": "0.00",
    "waived": "-60.30",
}
SHOWN = {
    "invoice_id": "inv_1",
    "number": "ACME-0001",
    "version": 7,
    "state": "paid",
    "currency": "USD",
    "total": "2311.69",
    "remaining": "0.00",
    "lines": [
        {
            "position": 1,
            "description": "Cloud usage: Compute (acme)",
            "amount": "1440.60",
            "room": "1140.60",
        }
    ],
    "notes": [
        {
            "document": "cn_1",
            "version": 2,
            "kind": "commercial",
            "given_for": "goodwill",
            "net": "300.00",
            "state": "in_review",
        }
    ],
    "fixes": [
        {"wrong": "charged_too_much", "route": "goodwill", "effect": EFFECT},
        {"wrong": "never_paid", "route": "write_off", "effect": None},
    ],
}


@pytest.fixture
def asked(monkeypatch):
    calls, answers = [], {"GET": SHOWN, "POST": {"document": "cn_1", "state": "in_review"}}

    def call(*given):
        calls.append(given)
        return answers[given[1]]

    @contextmanager
    def opened(role):
        calls.append(role)
        yield call

    monkeypatch.setattr(fixes, "calls", opened)
    return SimpleNamespace(calls=calls, answers=answers)


def test_lists_what_can_be_done_and_what_it_comes_to(tmp_path, asked):
    shown = trueback(tmp_path, "fix", "inv_1", "--line", "1:300.00").stdout
    assert shown.splitlines() == [
        "ACME-0001: paid, 2311.69 USD, 0.00 left to pay",
        "  1. Cloud usage: Compute (acme): 1140.60 of 1440.60 left",
        "  cn_1 of 300.00, goodwill: in review",
        (
            "  charged too much: goodwill"
            " (11.69 left to pay, 300.00 to the balance, -60.30 never billed)"
        ),
        "  never paid: write-off, by lines and amounts",
    ]
    path = "/api/v1/invoices/inv_1/fixes?lines=1:300.00"
    assert asked.calls == ["operator_admin", ("invoicing", "GET", path, None)]


def test_says_where_nothing_can_be_done(tmp_path, asked):
    asked.answers["GET"] = {**SHOWN, "lines": [], "notes": [], "fixes": []}
    lines = trueback(tmp_path, "fix", "inv_1").stdout.splitlines()
    assert lines[-1] == "  nothing can be done about it here"


def test_does_one_on_the_version_that_it_has_seen(tmp_path, asked):
    done = trueback(
        tmp_path, "fix", "inv_1", "goodwill", "--line", "1:300.00", "--reason", "agreed"
    )
    assert done.stdout == "cn_1 is in review\n"
    body = {
        "route": "goodwill",
        "version": 7,
        "reason": "agreed",
        "lines": [{"position": 1, "amount": "300.00"}],
    }
    assert asked.calls[0] == "billing_approver"
    assert asked.calls[-1] == ("invoicing", "POST", "/api/v1/invoices/inv_1/fixes", body)


def test_approves_what_somebody_else_has_given(tmp_path, asked):
    asked.answers["POST"] = {"document": "cn_1", "state": "issuing", "version": 3}
    done = trueback(tmp_path, "fix", "inv_1", "--approve", "cn_1")
    assert done.stdout == "cn_1 is issuing\n"
    path = "/api/v1/credit-notes/cn_1/actions/approve"
    assert asked.calls[-1] == ("invoicing", "POST", path, {"version": 2, "reason": ""})
    assert trueback(tmp_path, "fix", "inv_1", "--approve", "cn_2").returncode == 2


def test_prints_all_of_it_as_json(tmp_path, asked):
    assert json.loads(trueback(tmp_path, "fix", "inv_1", "--json").stdout) == SHOWN


@pytest.mark.parametrize(
    "given",
    [["burn", "--reason", "so"], ["goodwill"], ["--line", "1"], ["--line", "a:1"]],
)
def test_wants_a_route_a_reason_and_amounts(tmp_path, asked, given):
    assert trueback(tmp_path, "fix", "inv_1", *given).returncode == 2
    assert asked.calls == []
