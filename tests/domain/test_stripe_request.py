import datetime as dt
from dataclasses import replace

from services.invoicing.domain.stripe_request import (
    LINES_PER_CALL,
    RequestLine,
    customer_request,
    draft_request,
    inequalities,
    line_requests,
)

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
