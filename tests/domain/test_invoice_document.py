import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.invoicing.domain.invoice_document import (
    MINUS,
    _days_after_issue,
    invoice_document,
)
from services.invoicing.domain.pricing import ContractTerms, price
from shared.contracts.bases import FeeDays
from shared.contracts.invoicing import INVOICE_DRAFTED
from shared.periods import Month
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import State

FACT = replace(INVOICE_DRAFTED.example, disclosure=Disclosure.OPEN_BOOK)


def document(fact):
    return invoice_document(fact, days_until_due=30, environment="live")


@pytest.mark.parametrize(
    ("basis", "rate"),
    [
        (FeeDays("month", 31, 31), "per month"),
        (FeeDays("month", 10, 31), "10 of 31 days"),
        (None, ""),
    ],
)
def test_an_open_book_says_what_a_fee_is_for(basis, rate):
    line = replace(FACT.lines[0], basis=basis)
    (shown,) = document(replace(FACT, lines=[line]))["lines"]
    assert shown["rate"] == rate


def test_a_purchase_order_is_among_the_facts():
    facts = document(replace(FACT, buyer={**FACT.buyer, "purchase_order": "PO 7"}))["facts"]
    assert {"label": "Purchase order", "value": "PO 7"} in facts


def test_a_component_that_nobody_knows_is_no_price():
    terms = ContractTerms(["acme"], date(2026, 1, 1), None, "USD", [{"kind": "lottery"}])
    with pytest.raises(ValueError, match="no price component"):
        price(terms, Month.parse("2026-10"), {})


def test_an_invoice_without_days_to_pay_is_due_on_issue():
    assert _days_after_issue(0) == "on issue"
    assert _days_after_issue(1) == "1 day after issue"
    assert _days_after_issue(14) == "14 days after issue"


PAID_AT = datetime(2026, 11, 20, tzinfo=UTC)
COPY = "Copy: the original is Stripe's invoice ACME-0001."
DRAFT = "A draft, not an invoice: it can change, and nothing is to pay."


@pytest.mark.parametrize(
    ("state", "paid_at", "standing", "watermark", "copy", "payment"),
    [
        (
            State.PAID,
            PAID_AT,
            "Paid on 20 November 2026",
            "",
            COPY,
            ["Paid in full on 20 November 2026 through Stripe. Nothing is left to pay."],
        ),
        (
            State.PAID,
            None,
            "Paid",
            "",
            COPY,
            ["Paid in full through Stripe. Nothing is left to pay."],
        ),
        (
            State.VOID,
            None,
            "Cancelled",
            "VOID",
            COPY,
            ["This invoice is cancelled. Nothing is to pay."],
        ),
        (State.APPROVED, None, "", "DRAFT", DRAFT, []),
    ],
)
def test_a_document_says_how_its_invoice_stands(state, paid_at, standing, watermark, copy, payment):
    shown = document(replace(FACT, state=state, paid_at=paid_at))
    assert (shown["standing"], shown["watermark"]) == (standing, watermark)
    assert (shown["copy"], shown["payment"]) == (copy, payment)
    assert shown["pay_url"] == ""


@pytest.mark.parametrize(
    ("total", "due_at", "url", "payment"),
    [
        ("0", None, "", ["Nothing is to pay."]),
        ("-5", None, "", ["Nothing is to pay: USD 5.00 is in your favour."]),
        ("7", None, "https://x", ["Please pay USD 7.00, naming invoice ACME-0001."]),
        (
            "7",
            PAID_AT,
            "",
            [
                "Please pay USD 7.00 by 20 November 2026, naming invoice ACME-0001.",
                "The account to pay to stands on the original from Stripe.",
            ],
        ),
    ],
)
def test_a_document_asks_for_what_is_owed_alone(total, due_at, url, payment):
    owed = replace(FACT, total=Decimal(total), tax=None, due_at=due_at, hosted_invoice_url=url)
    shown = document(replace(owed, state=State.ISSUED))
    assert shown["payment"] == payment
    assert shown["pay_url"] == url


def test_tax_is_added_where_it_is_known():
    shown = document(replace(FACT, total=Decimal(10), tax=Decimal("1.9")))
    assert [sum_["value"] for sum_ in shown["sums"]] == ["10.00", "1.90"]
    assert shown["total"]["value"] == "USD 11.90"
    assert shown["tax_sentence"] == ""


def test_a_price_per_unit_is_shown_under_any_contract_with_each_digit_that_counts():
    line = replace(FACT.lines[0], quantity=Decimal("-1200.50"), unit_amount=Decimal(30), basis=None)
    for disclosure in Disclosure:
        (shown,) = document(replace(FACT, disclosure=disclosure, lines=[line]))["lines"]
        assert (shown["quantity"], shown["rate"]) == (f"{MINUS}1,200.5", "30")


def test_a_line_of_part_of_the_month_says_its_days():
    line = replace(FACT.lines[0], service_start=date(2026, 10, 5), service_end=date(2026, 10, 9))
    (shown,) = document(replace(FACT, lines=[line]))["lines"]
    assert shown["detail"] == "5 October 2026 to 8 October 2026"


def test_an_open_book_sums_cost_by_group_and_leaves_fees_out():
    cost = FACT.lines[0]
    lines = [
        replace(cost, charge_group="pool:nat", cost=Decimal(1)),
        replace(cost, charge_group="", cost=Decimal(5)),
        replace(cost, charge_group="pool:nat", cost=Decimal(2)),
        replace(cost, charge_group="", cost=None),
    ]
    book = document(replace(FACT, lines=lines))["annex"]
    rows = [(row["group"], row["cost"]) for row in book["lines"]]
    assert rows == [("Other", "5.00"), ("Shared NAT", "3.00"), ("Cost", "8.00")]


def test_an_open_book_has_the_cost_of_credits_that_are_on_no_line():
    costs = {"Compute": Decimal("1200.50"), "Support": Decimal("-311.5")}
    shown = replace(FACT, costs=costs, disclosure=Disclosure.OPEN_BOOK)
    book = document(shown)["annex"]
    assert [(row["group"], row["cost"]) for row in book["lines"]] == [
        ("Compute", "1,200.50"),
        ("Support", f"{MINUS}311.50"),
        ("Cost", "889.00"),
    ]
    assert document(replace(shown, disclosure=Disclosure.CLOSED))["annex"] is None


def test_questions_go_to_the_seller_where_it_has_an_address():
    asked = document(replace(FACT, seller={**FACT.seller, "email": "ar@larkfield.example"}))
    assert "Questions: ar@larkfield.example." in asked["notes"]
    assert len(document(FACT)["notes"]) == 1


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("disclosure", Disclosure)
def test_a_live_stacks_document_says_nothing_of_samples_or_tests(state, disclosure):
    fact = replace(FACT, state=state, disclosure=disclosure, issued_at=PAID_AT, paid_at=PAID_AT)
    words = json.dumps(document(fact)).lower()
    assert [
        word for word in ("sample", "demo", "test environment", "not real") if word in words
    ] == []
    marked = invoice_document(fact, days_until_due=30, environment="demo")
    assert "sample data" in json.dumps(marked).lower()
