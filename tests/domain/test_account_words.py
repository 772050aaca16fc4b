"""A customer's account, in words and as its document says it."""

from datetime import UTC, date, datetime

import pytest

from services.invoicing.domain.statement_document import statement_document
from shared.contracts.account_words import event_words
from shared.vocabulary.ledger_steps import AccountEvent
from shared.vocabulary.modes import Mode

BUYER = {"name": "Acme GmbH", "email": "books@acme.example"}
SELLER = {"name": "Larkfield", "email": "billing@larkfield.example"}


def entry(event="issued", kind="invoice", number="LF-1", **changed):
    return {
        "at": datetime(2026, 11, 3, 8, tzinfo=UTC),
        "event": event,
        "kind": kind,
        "number": number,
        "period": "2026-10",
        "amount": "2311.69",
        "balance": "2311.69",
        **changed,
    }


def statement(*entries, **changed):
    return {
        "currency": "USD",
        "opening": "12.00",
        "entries": list(entries),
        "closing": "2311.69",
        "due": "2311.69",
        "on_credit": "0",
        **changed,
    }


def document(shown, start=None, **changed):
    of = {"seller": SELLER, "buyer": BUYER, "until": date(2026, 12, 1), "environment": Mode.LIVE}
    return statement_document(shown, start=start, **{**of, **changed})


class TestWords:
    @pytest.mark.parametrize(
        ("of", "words"),
        [
            (entry(), "Invoice LF-1"),
            (entry("paid"), "Payment of invoice LF-1"),
            (entry("issued", "credit_note", "LF-1-CN-01"), "Credit note LF-1-CN-01"),
            (entry("refunded", "credit_note", "CN"), "Refund of credit note CN"),
            (entry("void"), "Invoice LF-1 cancelled"),
            (entry("charge-back"), "Charge back, invoice LF-1"),
            (entry(kind="receipt", number=""), "Document"),
        ],
    )
    def test_say_what_happened(self, of, words):
        assert event_words(of) == words

    def test_are_there_of_each_event(self):
        assert len({event_words(entry(event)) for event in AccountEvent}) == len(AccountEvent)


class TestADocument:
    def test_has_each_entry_with_what_is_owed_then(self):
        shown = document(statement(entry(), entry("paid", amount="-2311.69", balance="0")))
        assert [(line["day"], line["description"], line["amount"]) for line in shown["lines"]] == [
            ("3 November 2026", "Invoice LF-1", "2,311.69"),
            ("3 November 2026", "Payment of invoice LF-1", "\N{MINUS SIGN}2,311.69"),
        ]
        assert shown["total"]["value"] == "USD 2,311.69"
        assert shown["facts"][0] == {"label": "To (UTC)", "value": "30 November 2026"}
        assert "Acme GmbH" in shown["title"]

    def test_opens_with_what_was_before_its_first_day(self):
        first, *_ = document(statement(entry()), start=date(2026, 11, 1))["lines"]
        assert (first["description"], first["balance"]) == ("Opening balance", "12.00")

    @pytest.mark.parametrize(
        ("changed", "sentences"),
        [
            ({}, ["USD 2,311.69 is still to pay."]),
            ({"due": "0"}, ["Nothing is to pay."]),
            (
                {"due": "0", "on_credit": "60.30"},
                ["USD 60.30 is on credit with us, and reduces your next invoice."],
            ),
        ],
    )
    def test_says_what_it_means(self, changed, sentences):
        assert document(statement(entry(), **changed))["payment"] == sentences

    def test_of_a_demo_is_marked_and_without_a_mail_asks_nobody(self):
        shown = document(statement(), seller={"name": "L"}, environment=Mode.DEMO)
        assert (shown["watermark"], shown["notes"]) == ("SAMPLE", [])

    def test_of_an_entry_of_no_month_names_none(self):
        (line,) = document(statement(entry(period="")))["lines"]
        assert line["detail"] == ""
