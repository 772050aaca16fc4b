"""What was given back of an invoice, in the words of its pages."""

from datetime import date
from decimal import Decimal

import pytest

from services.portal.domain.credits import left_to_pay, shown_charges, shown_credits
from shared.periods import Month


def document(*given, total="2311.69", tax=None):
    return {"currency": "USD", "total": total, "tax": tax, "credits": list(given)}


def credit(**fields):
    return {
        "number": "CN-0001",
        "issued_at": "2026-11-20T09:00:00Z",
        "period": "2026-10",
        "causes": ["bill"],
        "net": "60.30",
        "tax": "0.00",
        "lines": [{"description": "Cloud usage: Compute", "amount": "60.30"}],
        "remaining": "60.30",
        "balance": "0.00",
        "refund": "0.00",
        "out_of_band": "0.00",
        **fields,
    }


def test_is_below_zero_with_its_lines_and_its_reason():
    (shown,) = shown_credits(document(credit()))
    assert (shown.number, shown.issued_on) == ("CN-0001", date(2026, 11, 20))
    assert shown.total.amount == Decimal("-60.30")
    assert [(part.description, part.amount.amount) for part in shown.parts] == [
        ("Cloud usage: Compute", Decimal("-60.30"))
    ]
    assert shown.reasons == ["AWS has corrected its bill for October 2026."]
    assert places_of(shown) == [("60.30", "is deducted from what is still to pay")]


def places_of(shown):
    return [(str(place.amount.amount), place.words) for place in shown.places]


def test_says_what_the_bank_has_sent_back():
    (shown,) = shown_credits(document(credit(refund_failed="9.00", remaining="0.00")))
    assert places_of(shown) == [
        ("9.00", "of the refund came back from the bank, and is owed again")
    ]


def test_says_what_changed_of_the_month_line_by_line():
    changes = [
        {"description": "Compute", "charged": "1440.60", "corrected": "1380.30"},
        {"description": "Storage", "charged": "372.09", "corrected": "408.00"},
    ]
    (shown,) = shown_credits(document(credit(changes=changes)))
    assert [(one.description, one.by.amount) for one in shown.changed] == [
        ("Compute", Decimal("-60.30")),
        ("Storage", Decimal("35.91")),
    ]
    assert (shown.month, shown.is_set_off) == (Month(2026, 10), True)
    (fallen,) = shown_credits(document(credit(changes=changes[:1])))
    assert not fallen.is_set_off


def test_of_a_charge_names_the_month_its_invoice_and_why():
    charge = {
        "period": "2026-09",
        "causes": ["signals", "terms"],
        "corrects": "ACME-0001",
        "net": "72.30",
        "changes": [],
    }
    (shown,) = shown_charges({"currency": "USD", "charges": [charge]})
    assert (shown.month, shown.corrects, shown.total.amount) == (
        Month(2026, 9),
        "ACME-0001",
        Decimal("72.30"),
    )
    assert shown.reasons == [
        "Usage data of September 2026 arrived late.",
        "The terms of September 2026 were changed by agreement.",
    ]


def test_says_each_reason_and_place_once():
    given = credit(
        causes=["bill", "correction", "signals", "terms_of_later"],
        remaining="31.69",
        balance="28.61",
    )
    (shown,) = shown_credits(document(given))
    assert shown.reasons == [
        "AWS has corrected its bill for October 2026.",
        "Usage data of October 2026 arrived late.",
    ]
    assert places_of(shown) == [
        ("31.69", "is deducted from what is still to pay"),
        ("28.61", "is on the balance and reduces the next invoice"),
    ]


def test_is_with_its_tax():
    (shown,) = shown_credits(document(credit(tax="11.46")))
    assert shown.total.amount == Decimal("-71.76")


@pytest.mark.parametrize(
    ("given", "tax", "left"),
    [
        ([], None, "2311.69"),
        ([credit()], None, "2251.39"),
        ([credit(remaining="0.00", balance="60.30")], None, "2311.69"),
        ([credit(), credit(remaining="1.00")], "439.22", "2689.61"),
    ],
)
def test_leaves_to_pay_what_it_was_not_taken_off(given, tax, left):
    assert left_to_pay(document(*given, tax=tax)) == Decimal(left)


def test_of_an_invoice_of_an_earlier_release_is_nothing():
    assert shown_credits({"currency": "USD", "total": "1", "tax": None}) == []
    assert shown_charges({"currency": "USD"}) == []
