import datetime as dt
from dataclasses import replace
from decimal import Decimal

from services.invoicing.domain.stripe_request import (
    LINES_PER_CALL,
    RequestLine,
    customer_request,
    draft_request,
    inequalities,
    line_requests,
)
from services.invoicing.domain.tax import TaxTerms
from shared.vocabulary.true_up import TaxCategory

DRAFT = {
    "stripe_customer_id": "cus_1",
    "invoice_id": "inv_1",
    "currency": "USD",
    "period": "2026-10",
    "days_until_due": 30,
    "digest": "abc",
}


def line(position, amount_minor=100):
    return RequestLine(
        position=position,
        description="x" * 900,
        amount_minor=amount_minor,
        service_start=dt.date(2026, 10, 1),
        service_end=dt.date(2026, 11, 1),
    )


def test_a_purchase_order_is_sent_where_there_is_one():
    assert "custom_fields" not in draft_request(**DRAFT, purchase_order="")
    (field,) = draft_request(**DRAFT, purchase_order="PO 7")["custom_fields"]
    assert field == {"name": "Purchase order", "value": "PO 7"}


def test_lines_go_in_calls_that_stripe_takes():
    calls = list(line_requests([line(place) for place in range(LINES_PER_CALL + 1)]))
    assert [len(call["lines"]) for call in calls] == [LINES_PER_CALL, 1]
    assert {len(each["description"]) for each in calls[0]["lines"]} == {500}


def test_a_line_says_of_which_account_it_is_if_of_any():
    (call,) = line_requests([replace(line(1), account_id="acc_1"), line(2)])
    assert [each["metadata"] for each in call["lines"]] == [
        {"trueback_line": "1", "trueback_account": "acc_1"},
        {"trueback_line": "2"},
    ]


def test_a_draft_that_is_not_ours_is_told_line_by_line():
    differences = inequalities(
        [line(1), line(2)],
        currency="USD",
        total_minor=200,
        at_stripe={"1": 100, "2": 99, "3": 1},
        stripe_currency="EUR",
        stripe_total_minor=200,
    )
    assert [(each.of, each.here, each.there) for each in differences] == [
        ("line 2", "100", "99"),
        ("line 3", None, "1"),
        ("currency", "USD", "EUR"),
    ]


def test_a_line_is_sent_with_its_tax_and_the_data_of_its_rate():
    german = TaxTerms(TaxCategory.STANDARD, Decimal("19.0000"), "DE")
    american = TaxTerms(TaxCategory.OUTSIDE_SCOPE, Decimal(0), "US-WA")
    taxed = [replace(line(1), tax=german, tax_minor=19), replace(line(2), tax=american)]
    (call,) = line_requests([*taxed, line(3)])
    first, second, third = (each.get("tax_amounts") for each in call["lines"])
    assert first == [
        {
            "amount": 19,
            "taxable_amount": 100,
            "taxability_reason": "standard_rated",
            "tax_rate_data": {
                "display_name": "Tax",
                "percentage": "19",
                "inclusive": False,
                "country": "DE",
                "description": "standard",
            },
        }
    ]
    assert (second[0]["amount"], second[0]["taxability_reason"]) == (0, "not_subject_to_tax")
    assert (second[0]["tax_rate_data"]["country"], second[0]["tax_rate_data"]["state"]) == (
        *("US", "WA"),
    )
    assert third is None


def test_a_draft_is_compared_tax_by_tax():
    differences = inequalities(
        [replace(line(1), tax_minor=19), line(2)],
        currency="USD",
        total_minor=219,
        at_stripe={"1": 100, "2": 100},
        stripe_currency="USD",
        stripe_total_minor=219,
        taxes_at_stripe={"1": 18, "2": 1},
    )
    assert [(each.of, each.here, each.there) for each in differences] == [
        ("tax of line 1", "19", "18"),
        ("tax of line 2", "0", "1"),
    ]


def test_a_customer_is_sent_with_the_parts_of_its_address_that_it_has():
    request = customer_request(
        customer_id="acme",
        name="Acme Corp",
        email="ap@acme.test",
        address={"line1": "Hauptplatz 1", "city": "Wien", "state": "", "tax_id": "ATU1"},
    )
    assert request == {
        "name": "Acme Corp",
        "email": "ap@acme.test",
        "address": {"line1": "Hauptplatz 1", "city": "Wien"},
        "metadata": {"trueback_customer": "acme"},
    }
