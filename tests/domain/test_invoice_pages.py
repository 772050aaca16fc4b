"""What pages show of an invoice fact: for staff, for its customer, over the months."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.portal.domain.cost_changes import days_with_cost
from services.portal.domain.disclosure import customer_document
from services.portal.domain.invoice_breakdown import charges, costs
from services.portal.domain.invoice_comparison import LineDifference
from services.portal.domain.invoice_document import (
    CostOf,
    customer_lines,
    head,
    open_book,
    staff_lines,
)
from shared.contracts.bases import FeeDays, MinimumRest, Tiers, TierStep
from shared.contracts.invoicing import INVOICE_DRAFTED
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import State

FACT = INVOICE_DRAFTED.example
LINE = FACT.lines[0]
OCTOBER, SEPTEMBER = Month(2026, 10), Month(2026, 9)


def document(**changed):
    return INVOICE_DRAFTED.dump(replace(FACT, **changed))


def dollars(amount):
    return Money(Decimal(amount), "USD")


class TestTheHead:
    def test_adds_tax_to_what_is_charged(self):
        due_at = datetime(2026, 12, 4, tzinfo=UTC)
        shown = head(document(total=Decimal(10), tax=Decimal("1.9"), due_at=due_at))
        assert (shown.subtotal, shown.tax) == (dollars(10), dollars("1.9"))
        assert shown.total == dollars("11.9")
        assert shown.due_date == date(2026, 12, 4)

    def test_says_where_the_buyer_is(self):
        buyer = {"name": "Acme", "line1": "600 Foundry Street", "city": "Pittsburgh"}
        buyer |= {"state": "PA", "postal_code": "15222", "country": "US", "tax_id": "1"}
        shown = head(document(tax=None, due_at=None, buyer=buyer))
        assert shown.customer.address == ["600 Foundry Street", "Pittsburgh, PA 15222, US"]
        assert (shown.tax, shown.due_date) == (None, None)
        assert shown.total == shown.subtotal


class TestLinesForStaff:
    AGAINST = LineDifference(
        change=Decimal("0.5"), by=dollars(1), why="Cost up.", before=None, usual=None
    )

    def shown(self, line, against=AGAINST):
        (shown,) = staff_lines(document(lines=[line], plan="standard"), [against])
        return shown

    def test_have_their_cost_and_what_is_above_it(self):
        shown = self.shown(replace(LINE, cost=Decimal(10), amount=Decimal(12)))
        assert [(each.label, each.amount) for each in shown.evidence] == [
            ("Cost of acme", dollars(10)),
            ("Above cost", dollars(2)),
        ]
        assert shown.cost_of == CostOf("acme", LINE.charge_group, FACT.run_id)
        assert (shown.by, shown.change, shown.why) == (dollars(1), Decimal("0.5"), "Cost up.")
        assert shown.flags == []

    def test_on_the_whole_cost_are_of_no_tenant_alone(self):
        steps = Tiers("volume", [TierStep(None, Decimal(20))])
        line = replace(LINE, kind="volume", charge_group="", cost=Decimal(10), basis=steps)
        shown = self.shown(line)
        assert (shown.cost_of, shown.evidence[0].label) == (None, "Cost of the contract")

    def test_that_fill_a_minimum_up_are_no_fee(self):
        line = replace(LINE, kind="minimum", cost=None, basis=MinimumRest(Decimal("2000.00")))
        assert self.shown(line).explanation == (
            "To be paid at least: the rest to a minimum of 2,000.00, by the plan standard."
        )

    def test_below_their_cost_are_flagged(self):
        line = replace(LINE, cost=Decimal(10), amount=Decimal(8))
        against = replace(self.AGAINST, flag="new", before=dollars(9), usual=dollars(7))
        shown = self.shown(line, against)
        assert shown.flags == ["below cost", "new"]
        assert [each.amount for each in shown.evidence[2:]] == [dollars(9), dollars(7)]

    def test_of_a_fee_have_no_cost(self):
        shown = self.shown(replace(LINE, cost=None, basis=FeeDays("month", 31, 31)))
        assert shown.explanation.endswith("by the plan standard.")
        assert (shown.cost_of, shown.evidence) == (None, [])


class TestWhatACustomerSees:
    def test_is_nothing_before_it_is_issued(self):
        assert customer_document(document(state=State.DRAFT, number="")) is None

    @pytest.mark.parametrize("disclosure", list(Disclosure))
    def test_has_cost_in_an_open_book_alone(self, disclosure):
        shown = customer_document(document(disclosure=disclosure))
        (line,) = shown["lines"]
        assert ("cost" in line) == ("basis" in line) == (disclosure == Disclosure.OPEN_BOOK)
        assert "run_id" not in shown
        assert "history" not in shown

    def test_is_compared_with_its_line_of_the_month_before(self):
        earlier = document(lines=[replace(LINE, amount=Decimal(10))])
        now = document(lines=[replace(LINE, amount=Decimal(15))])
        (shown,) = customer_lines(now, earlier)
        assert (shown.by, shown.change) == (dollars(5), Decimal("0.5"))
        (shown,) = customer_lines(now, None)
        assert (shown.by, shown.change) == (None, None)


class TestAnOpenBook:
    LINES = (
        replace(LINE, charge_group="pool:nat", cost=Decimal(1)),
        replace(LINE, charge_group="Compute", cost=Decimal(3)),
        replace(LINE, charge_group="", cost=None),
    )

    def test_is_cost_by_group_the_largest_first(self):
        book = open_book(document(disclosure=Disclosure.OPEN_BOOK, lines=list(self.LINES)))
        assert book.cost == dollars(4)
        rows = [(group.label, group.ratio, group.is_shared) for group in book.groups]
        assert rows == [("Compute", Decimal("0.75"), False), ("Shared NAT", Decimal("0.25"), True)]

    def test_is_none_under_a_closed_contract(self):
        assert open_book(document(disclosure=Disclosure.CLOSED)) is None

    def test_has_the_cost_of_credits_that_are_on_no_line(self):
        costs = {"Compute": Decimal("1200.50"), "Support": Decimal("-311.5")}
        book = open_book(document(disclosure=Disclosure.OPEN_BOOK, costs=costs))
        assert book.cost == dollars("889.00")
        assert [(group.label, group.amount) for group in book.groups] == [
            ("Compute", dollars("1200.50")),
            ("Support", dollars("-311.5")),
        ]

    @pytest.mark.parametrize("disclosure", Disclosure)
    def test_is_of_an_open_book_alone(self, disclosure):
        whole = document(disclosure=disclosure, costs={"Compute": Decimal(1)})
        shown = customer_document(whole)
        assert shown.get("costs") == (
            {"Compute": "1"} if disclosure == Disclosure.OPEN_BOOK else None
        )
        assert ("costs" in shown) is (disclosure == Disclosure.OPEN_BOOK)

    def test_over_the_months_is_of_the_months_that_have_one(self):
        opened = document(disclosure=Disclosure.OPEN_BOOK, lines=list(self.LINES))
        shown = costs({OCTOBER: [opened], SEPTEMBER: []}, "USD")
        assert shown.months == [OCTOBER]
        assert [row.label for row in shown.rows] == ["Compute", "Shared NAT"]
        assert costs({OCTOBER: [document(disclosure=Disclosure.CLOSED)]}, "USD") is None


def test_charges_beyond_the_rows_that_are_shown_are_one_row():
    lines = [replace(LINE, description=str(place), amount=Decimal(place)) for place in range(1, 6)]
    months = {SEPTEMBER: [document(lines=lines[:1])], OCTOBER: [document(lines=lines)]}
    shown = charges(months, "USD", rows_max=3)
    assert [row.label for row in shown.rows] == ["5", "4", "Other (3)"]
    assert shown.rows[-1].amounts == [dollars(1), dollars(6)]
    assert shown.totals == [dollars(1), dollars(15)]
    assert len(charges(months, "USD", rows_max=None).rows) == 5


def test_a_day_costs_something_where_a_digit_of_it_does():
    assert days_with_cost(["0.00", "-0", "1", "-0.5"]) == 2
