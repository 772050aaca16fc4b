"""`trueback corrections` shows what a restated month corrects, and approves it."""

import json
from contextlib import contextmanager
from decimal import Decimal
from types import SimpleNamespace

import pytest

from deploy.commands import corrections
from deploy.demo import true_up
from shared.vocabulary.modes import Mode
from tests.trueback_command import trueback

NOTE = {
    "kind": "credit_note",
    "number": "CN-0001",
    "net": "60.30",
    "corrects": "ACME-0001",
    "state": "issued",
    "parked_for": [],
}
DEBIT = {
    **NOTE,
    "kind": "debit",
    "number": "",
    "net": "72.30",
    "state": "parked",
    "parked_for": [{"code": "brake"}],
}


def account(customer, *documents, **fields):
    return {
        "customer": customer,
        "currency": "USD",
        "target": "1752.39",
        "billed": "1752.39",
        "carried": "0.00",
        "waived": "0.00",
        "state": "open",
        "documents": list(documents),
        **fields,
    }


@pytest.fixture
def asked(monkeypatch):
    calls, answer = [], {"data": []}

    def call(*given):
        calls.append(given)
        return answer

    @contextmanager
    def opened(role):
        calls.append(role)
        yield call

    monkeypatch.setattr(corrections, "calls", opened)
    return SimpleNamespace(calls=calls, answer=answer)


def test_lists_what_differs_and_counts_the_rest(tmp_path, asked):
    asked.answer["data"] = [
        account("acme", NOTE),
        account("globex", DEBIT, carried="72.30", target="1824.69"),
        account("initech"),
    ]
    assert trueback(tmp_path, "corrections", "2026-10").stdout.splitlines() == [
        "acme: 1752.39 of 1752.39 USD billed, account open",
        "  credit note CN-0001 of 60.30 on ACME-0001: issued",
        "globex: 1752.39 of 1824.69 USD billed, 72.30 carried, account open",
        "  debit of 72.30 on ACME-0001: parked (brake)",
        "2026-10: 1 more as invoiced",
    ]


def test_says_where_nothing_differs(tmp_path, asked):
    asked.answer["data"] = [account("acme")]
    assert trueback(tmp_path, "corrections", "2026-10").stdout == "2026-10: as invoiced\n"


@pytest.mark.parametrize(
    ("mode", "difference"), [(Mode.DEMO, "-0.01"), (Mode.LIVE, None)], ids=["demo", "live"]
)
def test_prints_accounts_as_json_with_what_they_are_off_by(
    tmp_path, asked, monkeypatch, mode, difference
):
    """Stripe itself has no store that anyone could read as a whole."""
    given = dict.fromkeys((*corrections.OF_AN_ACCOUNT, *corrections.OF_A_DOCUMENT), "0.00")
    asked.answer["data"] = [{**given, "terms": {}, "documents": [{**given, **NOTE}]}]
    stack = SimpleNamespace(home=SimpleNamespace(mode=mode), servers=None)
    monkeypatch.setattr(corrections, "this_stack", lambda: stack)
    monkeypatch.setattr(true_up, "account_differences", lambda _servers, _rows: [Decimal("-0.010")])
    (row,) = json.loads(trueback(tmp_path, "corrections", "2026-10", "--json").stdout)
    assert list(row) == [*corrections.OF_AN_ACCOUNT, "documents", "difference"]
    assert row["difference"] == difference
    (document,) = row["documents"]
    assert list(document) == list(corrections.OF_A_DOCUMENT)
    assert document["number"] == "CN-0001"


def test_approves_those_of_a_close(tmp_path, asked):
    asked.answer.update(count=3, left=1)
    done = trueback(tmp_path, "corrections", "2026-10", "--approve", "2", "--reason", "seen")
    assert done.stdout == "3 approved, 1 left to look at\n"
    path, body = "/api/v1/corrections/2026-10/approve", {"close": 2, "reason": "seen"}
    assert asked.calls == ["billing_approver", ("invoicing", "POST", path, body)]


def test_wants_a_month(tmp_path, asked):
    assert trueback(tmp_path, "corrections", "October").returncode == 2
