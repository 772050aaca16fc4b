"""How numbers are written: for the eye, without lying about what is unknown or rounded."""

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.portal.pages.margins import Proof
from services.portal.templatetags import portal_format as written
from services.portal.templatetags import portal_parts as parts
from shared.money import Money, from_quanta
from shared.periods import Month
from shared.vocabulary.invoice_states import State

quanta = st.integers(-(10**18), 10**18)


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


class TestAWordOfTheVocabulary:
    @pytest.mark.parametrize(
        ("value", "name", "is_it"),
        [
            ("open", "PeriodState.OPEN", True),
            (State.PAID, "State.PAID", True),
            ("open", "State.PAID", False),
            (None, "Mode.LIVE", False),
        ],
    )
    def test_is_compared_by_its_name(self, value, name, is_it) -> None:
        assert written.is_word(value, name) is is_it

    @pytest.mark.parametrize("name", ["State.PIAD", "States.PAID", "paid", ""])
    def test_is_never_misspelt(self, name: str) -> None:
        with pytest.raises(KeyError):
            written.is_word("paid", name)


class TestMoney:
    @pytest.mark.parametrize(
        ("money", "text"),
        [
            (usd("1234.5"), "$1,234.50"),
            (usd("-1234.5"), "\u2212$1,234.50"),
            (usd("-0.004"), "$0.00"),
            (usd("0.005"), "$0.01"),
            (Money(Decimal("1234.5"), "JPY"), "JPY 1,235"),
            (Money(Decimal("-1.2345"), "KWD"), "\u2212KWD 1.235"),
            (Money(Decimal(7), "EUR"), "€7.00"),
        ],
    )
    def test_is_rounded_half_up_to_the_minor_unit(self, money: Money, text: str) -> None:
        assert written.with_currency(money) == text

    @given(quanta)
    def test_reads_back_as_the_rounded_amount(self, number: int) -> None:
        amount = from_quanta(number)
        text = written.digits(amount, "USD").replace("\u2212", "-").replace(",", "")
        assert Decimal(text) == amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    @given(quanta)
    def test_exact_loses_no_digit(self, number: int) -> None:
        html = written.exact(Money(from_quanta(number), "USD"))
        text = re.sub(r"<[^>]+>|[$,]", "", html).replace("\u2212", "-")
        assert Decimal(text) == from_quanta(number)

    def test_keeps_every_digit_in_the_title(self) -> None:
        assert 'title="1.0000000001 USD"' in written.figure(usd("1.0000000001"))

    @pytest.mark.parametrize("tag", [written.money, written.figure, written.headline])
    def test_unknown_is_said_and_is_not_zero(self, tag: object) -> None:
        assert callable(tag)
        assert ">unknown<" in tag(None)


class TestPercent:
    @pytest.mark.parametrize(
        ("ratio", "text"),
        [
            ("0.1245", "12.5%"),
            ("-0.1245", "\u221212.5%"),
            ("0", "0.0%"),
            ("-0.0001", "0.0%"),
            ("12.5", "1,250.0%"),
        ],
    )
    def test_is_rounded_half_up(self, ratio: str, text: str) -> None:
        assert written.percent(Decimal(ratio)) == text

    def test_unknown_is_said(self) -> None:
        assert written.percent(None) == "unknown"


class TestChange:
    def test_says_its_direction_in_words(self) -> None:
        html = written.change(Decimal("-0.05"), "down")
        assert 'class="change good"' in html
        assert ">down </span>5.0%" in html

    def test_too_large_to_mean_anything_is_said_in_words(self) -> None:
        assert "more than tenfold" in written.change(Decimal(31))

    def test_of_nothing_is_no_change(self) -> None:
        assert "no change" in written.change(Decimal("0.0001"))
        assert written.change(None) == ""


class TestTime:
    def test_moment_is_in_utc_and_machine_readable(self) -> None:
        html = written.utc(datetime(2026, 11, 3, 6, 5, tzinfo=UTC))
        assert html == (
            '<time datetime="2026-11-03T06:05:00Z" class="number">3 Nov 2026, 06:05 UTC</time>'
        )

    def test_naive_moment_is_refused(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            written.utc(datetime(2026, 11, 3, 6, 5))  # noqa: DTZ001 - the point of the test

    def test_months_and_days(self) -> None:
        assert written.month(Month(2026, 10)) == "October 2026"
        assert written.short_month(Month(2026, 1)) == "Jan 2026"
        assert written.day(date(2026, 12, 3)) == "3 Dec 2026"
        assert written.day(None) == ""


class TestQuantity:
    @pytest.mark.parametrize(
        ("value", "text"),
        [("1200.4000", "1,200.4"), ("3", "3"), ("-0.5", "\u22120.5"), ("1000", "1,000")],
    )
    def test_has_no_zeros_at_the_end(self, value: str, text: str) -> None:
        assert written.quantity(Decimal(value)) == text


class TestProofBar:
    @given(st.lists(quanta, min_size=5, max_size=5))
    def test_positive_parts_fill_the_bar_and_none_vanishes(self, numbers: list[int]) -> None:
        names = ("direct", "shared", "overhead", "unallocated", "excluded")
        amounts = {
            name: Money(from_quanta(number), "USD")
            for name, number in zip(names, numbers, strict=True)
        }
        bill, nothing = Money(from_quanta(sum(numbers)), "USD"), Money(Decimal(0), "USD")
        proof = Proof(bill=bill, difference=nothing, holds=True, note="", **amounts)
        found = parts.segments(proof)
        assert [segment.key for segment in found] == list(names)
        for segment, number in zip(found, numbers, strict=True):
            assert (segment.width > 0) == (number > 0)
        if any(number > 0 for number in numbers):
            filled = sum((segment.width for segment in found), Decimal(0))
            assert abs(filled - 100) < Decimal("0.01")

    @given(st.decimals(-5, 5, allow_nan=False, places=4))
    def test_margin_bar_stays_within_its_box(self, ratio: Decimal) -> None:
        found = re.search(r'x="([\d.]+)" y="1" width="([\d.]+)"', parts.margin_bar(ratio))
        assert found
        start, width = Decimal(found[1]), Decimal(found[2])
        assert start >= 0
        assert start + width <= 56


class TestSparkline:
    @given(st.lists(st.integers(0, 10**9).map(Decimal), min_size=2, max_size=24))
    def test_stays_within_its_box(self, values: list[Decimal]) -> None:
        points = re.search(r'points="([^"]+)"', parts.sparkline(values))
        assert points
        for point in points[1].split():
            x, y = (Decimal(part) for part in point.split(","))
            assert 0 <= x <= 73
            assert 0 <= y <= 20

    def test_one_month_is_said_to_be_the_first(self) -> None:
        assert "first month" in parts.sparkline([Decimal(1)])
