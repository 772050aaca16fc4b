from dataclasses import replace
from datetime import date

import pytest

from services.invoicing.domain.invoice_document import _days_after_issue, invoice_document
from services.invoicing.domain.pricing import ContractTerms, price
from shared.contracts.invoicing import INVOICE_DRAFTED, FeeDays
from shared.periods import Month
from shared.vocabulary.disclosure import Disclosure

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
