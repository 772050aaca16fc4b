"""What a credit note says: which invoice, why, what was charged and is right, where it goes."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.invoicing.domain.credit_note_document import ChangedLine, credit_note_document
from shared.contracts.invoice_corrections import Credit
from shared.contracts.invoicing import INVOICE_DRAFTED

INVOICE = replace(
    INVOICE_DRAFTED.example,
    number="ACME-0001",
    currency="USD",
    issued_at=datetime(2026, 11, 3, tzinfo=UTC),
    buyer={"name": "Acme Robotics, Inc.", "purchase_order": "PO 7"},
    seller={"name": "Larkfield", "email": "billing@larkfield.example"},
)
NOTE = Credit(
    number="ACME-0001-CN-01",
    issued_at=datetime(2026, 11, 12, tzinfo=UTC),
    period="2026-10",
    causes=["bill", "correction", "signals"],
    net=Decimal("24.39"),
    tax=Decimal(0),
    lines=[],
    remaining=Decimal(0),
    balance=Decimal("24.39"),
    refund=Decimal(0),
    out_of_band=Decimal(0),
)
COMPUTE = ChangedLine(
    "Cloud usage: Compute", Decimal("1440.60"), Decimal("1380.30"), Decimal("24.39")
)
STORAGE = ChangedLine("Cloud usage: Storage", Decimal("372.09"), Decimal("408.00"), Decimal(0))
WHOLE = replace(COMPUTE, credited=Decimal("60.30"))


def document(note=NOTE, changes=(COMPUTE, STORAGE), invoice=INVOICE, environment="live"):
    return credit_note_document(note, invoice, changes, environment=environment)


def test_names_the_invoice_that_it_corrects_and_its_date():
    shown = document()
    assert (shown["heading"], shown["number"]) == ("Credit note", "ACME-0001-CN-01")
    assert {fact["label"]: fact["value"] for fact in shown["facts"]} == {
        "Date": "12 November 2026",
        "Corrects invoice": "ACME-0001",
        "Invoice of": "3 November 2026",
        "Month (UTC)": "October 2026",
        "Currency": "USD",
        "Purchase order": "PO 7",
    }


def test_says_each_reason_once():
    assert document()["lead"] == [
        "AWS has corrected its bill for October 2026.",
        "Usage data of October 2026 arrived late.",
    ]


def test_lists_what_is_credited_and_all_that_changed_beside_it():
    shown = document()
    [line] = shown["lines"]
    assert (line["charged"], line["corrected"], line["credited"]) == (
        "1,440.60",
        "1,380.30",
        "24.39",
    )
    assert [row["credited"] for row in shown["annex"]["lines"]] == ["\u221260.30", "35.91"]
    assert shown["total"]["value"] == "USD 24.39"


def test_has_no_annex_where_all_that_changed_is_credited():
    assert document(changes=[WHOLE])["annex"] is None


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("remaining", "is deducted from what is still to pay on invoice ACME-0001."),
        ("balance", "is on your balance and reduces your next invoice."),
        ("refund", "is refunded to the card or account that you paid with."),
        ("out_of_band", "is paid back to you by bank transfer."),
    ],
)
def test_says_where_the_money_goes(place, words):
    note = replace(NOTE, **{"balance": Decimal(0), place: Decimal("24.39")})
    first, last = document(note)["payment"]
    assert first == f"USD 24.39 {words}"
    assert last == "The invoice itself stays as it was issued."


def test_is_marked_as_a_draft_until_it_has_a_number():
    draft = replace(NOTE, number="", balance=Decimal(0))
    shown = document(draft, invoice=replace(INVOICE, issued_at=None, buyer={}, seller={}))
    assert (shown["watermark"], shown["heading"]) == ("DRAFT", "Draft credit note")
    assert shown["facts"][0]["value"] == "not yet"
    assert shown["payment"][0].startswith("Where it goes is decided when it is issued")
    assert shown["notes"] == []


def test_has_its_tax_among_the_sums():
    shown = document(replace(NOTE, tax=Decimal("4.63")))
    assert [(one["label"], one["value"]) for one in shown["sums"]] == [
        ("Net", "24.39"),
        ("Tax", "4.63"),
    ]
    assert (shown["total"]["value"], shown["tax_sentence"]) == ("USD 29.02", "")


def test_is_marked_in_a_demo():
    assert document(environment="demo")["watermark"] == "SAMPLE"
    assert document()["watermark"] == ""
