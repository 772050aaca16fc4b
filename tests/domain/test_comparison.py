"""An invoice against the months before, from its lines alone."""

from decimal import Decimal

import pytest

from services.portal.domain.invoice_comparison import compare, likest

MONTH = {"every": "month", "days": 31, "days_in_all": 31}


def markup(percent):
    return {"percent": str(percent)}


def line(amount, **changed):
    found = {
        "description": "Cloud usage: Compute",
        "kind": "cost_plus",
        "tenant": "acme",
        "charge_group": "Compute",
        "quantity": None,
        "unit_amount": None,
        "basis": markup(20),
        "cost": "100",
        "amount": amount,
    }
    found |= changed
    return found | {"component": found["description"].partition(": ")[0]}


def fee(amount, basis=MONTH):
    return line(amount, description="Fee", kind="flat_fee", charge_group="", cost=None, basis=basis)


def document(*lines):
    total = sum(Decimal(one["amount"]) for one in lines)
    return {"currency": "USD", "total": str(total), "lines": list(lines)}


def why(now, before):
    earlier = document(before)
    [found] = compare(document(now), earlier, [earlier]).lines
    return found.why


class TestWhyALineDiffers:
    @pytest.mark.parametrize(
        ("now", "before", "words"),
        [
            (line("132", cost="110"), line("120"), "Cost up 10.0%; price rule unchanged."),
            (line("60", cost="50"), line("120"), "Cost down 50.0%; price rule unchanged."),
            (
                line("130", basis=markup(30)),
                line("120"),
                "Price: cost plus 20% is now cost plus 30%.",
            ),
            (
                line("143", cost="110", basis=markup(30)),
                line("120"),
                "Cost up 10.0%; price: cost plus 20% is now cost plus 30%.",
            ),
            (fee("599"), fee("499"), "The fee itself changed."),
            (
                fee("499"),
                fee("273.65", {"every": "month", "days": 17, "days_in_all": 31}),
                "Price: 17 of 31 days is now per month.",
            ),
            (
                line("20", cost=None, basis=None, quantity="200", unit_amount="0.1"),
                line("10", cost=None, basis=None, quantity="100", unit_amount="0.1"),
                "Quantity up 100.0%.",
            ),
            (
                line("20", cost=None, basis=None, quantity="100", unit_amount="0.2"),
                line("10", cost=None, basis=None, quantity="100", unit_amount="0.1"),
                "Unit price 0.1 is now 0.2.",
            ),
            (line("10", cost="10"), line("-5", cost="-5"), "Cost up; price rule unchanged."),
            (line("120", cost="110"), line("120"), ""),
        ],
    )
    def test_is_said_as_far_as_the_lines_tell(self, now, before, words):
        assert why(now, before) == words


class TestALineWorthALook:
    @pytest.mark.parametrize(
        ("now", "before", "flag"),
        [
            (line("200"), line("120"), "up over 30%"),
            (line("50"), line("120"), "down over 30%"),
            (line("150"), line("120"), ""),
            (line("9", charge_group="Storage"), line("120"), "new line"),
        ],
    )
    def test_is_new_or_has_moved_much(self, now, before, flag):
        earlier = document(before)
        [found] = compare(document(now), earlier, [earlier]).lines
        assert found.flag == flag

    def test_is_none_that_hardly_counts(self):
        earlier = document(line("1"), fee("499"))
        found = compare(document(line("2"), fee("499")), earlier, [earlier]).lines
        assert [one.flag for one in found] == ["", ""]


class TestComparison:
    def test_keeps_lines_of_two_components_of_one_charge_group_apart(self):
        lines = line("120"), line("5", description="Management: Compute", basis=markup(5))
        same = document(*lines)
        found = compare(same, same, [same])
        assert [(one.by.amount, one.why) for one in found.lines] == [(0, ""), (0, "")]
        assert found.ended == []

    def test_says_what_is_new_and_what_has_ended(self):
        before = document(line("120"), fee("499"))
        found = compare(document(line("132"), line("9", charge_group="Storage")), before, [before])
        assert [one.by and one.by.amount for one in found.lines] == [Decimal(12), None]
        assert found.lines[1].why == "New: last month had no such line."
        assert [(one.description, one.amount.amount) for one in found.ended] == [
            ("Fee", Decimal(499))
        ]

    def test_measures_the_total_against_last_month(self):
        before = document(line("120"))
        against = compare(document(line("132")), before, [before]).previous
        assert against
        assert (against.by.amount, against.change) == (Decimal(12), Decimal("0.1"))

    def test_measures_total_and_lines_against_the_median_of_the_months_before(self):
        earlier = [document(line(amount)) for amount in ("120", "100", "500")]
        found = compare(document(line("132")), earlier[0], earlier)
        assert found.usual
        assert (found.usual.total.amount, found.usual.months) == (Decimal(120), 3)
        assert found.lines[0].usual
        assert found.lines[0].usual.amount == Decimal(120)

    def test_knows_no_usual_month_from_two(self):
        earlier = [document(line("120")), document(line("100"))]
        found = compare(document(line("132")), earlier[0], earlier)
        assert found.usual is None
        assert found.lines[0].usual is None

    def test_without_a_month_before_nothing_is_new(self):
        found = compare(document(line("132")), None, [])
        assert (found.previous, found.usual, found.ended) == (None, None, [])
        assert found.lines[0].why == ""

    def test_of_several_invoices_of_a_month_takes_the_likest(self):
        mine, other = document(line("1")), document(line("1", tenant="b"))
        assert likest(document(line("2")), [other, mine]) is mine
        assert likest(document(line("2")), []) is None
