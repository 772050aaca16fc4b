"""Tax: once per document and rate, and of credit notes what remains."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.tax import (
    TAXABILITY,
    Given,
    TaxedLine,
    TaxTerms,
    invoice_taxes,
    net_within,
    note_taxes,
    tax_of,
    tax_terms,
)
from services.invoicing.domain.tax_words import tax_sentence, tax_sums
from shared.contracts.invoice_corrections import TaxGroup
from shared.vocabulary.true_up import TaxCategory


def standard(percent):
    return TaxTerms(TaxCategory.STANDARD, Decimal(percent), "DE")


def lines(*amounts, terms=None):
    return [TaxedLine(number, amount, terms) for number, amount in enumerate(amounts, start=1)]


def credit_all(invoice, parts, currency="USD"):
    """The tax of each part, credited one after the other: (line, amount)."""
    charged = invoice_taxes(invoice, currency)
    given, taxes = {}, []
    terms = {line.name: line.terms for line in invoice}
    for name, amount in parts:
        line = TaxedLine(name, amount, terms[name])
        (tax,) = note_taxes([line], invoice, charged, given, currency).values()
        before = given.get(line.terms, Given())
        given[line.terms] = Given(before.net_minor + amount, before.tax_minor + tax)
        taxes.append(tax)
    return taxes


class TestAnInvoice:
    def test_is_rounded_once(self):
        taxes = invoice_taxes(lines(6_833, 6_833, 5_750, 8_500, terms=standard("20")), "USD")
        assert sum(taxes.values()) == 5_583
        assert taxes == {1: 1_367, 2: 1_366, 3: 1_150, 4: 1_700}

    def test_is_rounded_per_rate(self):
        two = [*lines(144_060, 37_209, 49_900, terms=standard("19"))]
        two.append(TaxedLine(4, 7_230, standard("16")))
        taxes = invoice_taxes(two, "USD")
        assert (sum(taxes.values()) - taxes[4], taxes[4]) == (43_922, 1_157)

    def test_has_none_on_lines_that_say_none(self):
        assert invoice_taxes(lines(100, 200), "USD") == {}

    def test_of_a_rate_of_0_has_0_on_each_line(self):
        terms = TaxTerms(TaxCategory.REVERSE_CHARGE, Decimal(0), "FR")
        assert invoice_taxes(lines(100, 200, terms=terms), "USD") == {1: 0, 2: 0}

    def test_goes_by_stripes_step(self):
        assert tax_of(442_440, standard("19"), "KWD") == 84_060
        assert invoice_taxes(lines(10, 20, terms=standard("50")), "KWD") == {1: 10, 2: 10}
        assert tax_of(217_868, standard("10"), "JPY") == 21_787


class TestANote:
    def test_takes_what_is_documented_less_what_remains(self):
        invoice = lines(6_833, 6_833, 5_750, 8_500, terms=standard("20"))
        parts = [(1, 6_833), (2, 6_833), (3, 5_750), (4, 8_500)]
        assert credit_all(invoice, parts) == [1_366, 1_367, 1_150, 1_700]

    def test_goes_by_the_rate_of_its_line(self):
        two = [*lines(231_169, terms=standard("19")), TaxedLine(2, 7_230, standard("16"))]
        assert credit_all(two, [(2, 3_615), (2, 3_615)]) == [579, 578]

    def test_has_none_where_a_person_has_given_more_back(self):
        invoice = lines(1_000, terms=standard("19"))
        given = {standard("19"): Given(100, 100)}
        note = lines(100, terms=standard("19"))
        assert note_taxes(note, invoice, {1: 190}, given, "USD") == {1: 0}

    @given(
        amounts=st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
        percent=st.decimals(0, 100, places=2),
        cuts=st.lists(st.integers(1, 9), max_size=6),
        currency=st.sampled_from(["USD", "JPY", "KWD"]),
    )
    def test_leaves_nothing_of_what_is_credited_whole(self, amounts, percent, cuts, currency):
        step = 10 if currency == "KWD" else 1
        invoice = lines(*(amount * step for amount in amounts), terms=standard(percent))
        parts = []
        for line, cut in zip(invoice, [*cuts, *[9] * len(invoice)], strict=False):
            first = line.net_minor * cut // (10 * step) * step
            parts += [(line.name, part) for part in (first, line.net_minor - first) if part]
        taxes = credit_all(invoice, parts, currency)
        assert sum(taxes) == sum(invoice_taxes(invoice, currency).values())
        assert all(tax >= 0 and tax % step == 0 for tax in taxes)


class TestTerms:
    def test_are_none_where_a_contract_says_nothing(self):
        assert tax_terms({}) is None

    def test_have_no_rate_where_the_category_has_none(self):
        terms = tax_terms({"category": "exempt", "place": "DE"})
        assert terms == TaxTerms(TaxCategory.EXEMPT, Decimal(0), "DE")

    def test_have_stripes_word_for_each_category(self):
        assert TAXABILITY.keys() == set(TaxCategory)


class TestWhatAWriteOffGives:
    @pytest.mark.parametrize(
        ("gross", "room", "net"), [(1_190, 5_000, 1_000), (1_193, 5_000, 1_002), (9_999, 800, 800)]
    )
    def test_is_the_most_that_is_no_more_with_its_tax(self, gross, room, net):
        german = standard("19")
        given = net_within(gross, room, 1, lambda one: one + tax_of(one, german, "USD"))
        assert given == net

    def test_is_nothing_of_nothing(self):
        assert net_within(0, 100, 1, lambda net: net) == 0


class TestWords:
    def group(self, category, percent="0", tax="0"):
        return TaxGroup(category, Decimal(percent), "DE", Decimal(100), Decimal(tax))

    def test_name_the_rate(self):
        german, american = ("19.0000", "19.00"), ("7.75", "7.75")
        groups = [self.group("standard", *one) for one in (german, american)]
        assert tax_sums(groups, Decimal("26.75")) == [
            ("Tax 19 % (DE)", Decimal("19.00")),
            ("Tax 7.75 % (DE)", Decimal("7.75")),
        ]
        assert tax_sums([self.group("standard", "10", "1")], Decimal(1))[0][0] == "Tax 10 % (DE)"
        assert tax_sentence(groups) == ""

    def test_are_one_amount_where_the_rates_are_not_known(self):
        assert tax_sums([], Decimal(1)) == [("Tax", Decimal(1))]
        assert tax_sums([], None) == []

    def test_say_why_there_is_none(self):
        groups = [self.group("reverse_charge"), self.group("exempt"), self.group("exempt")]
        assert tax_sentence(groups) == (
            "Reverse charge: the recipient of the service owes the tax. Exempt from tax."
        )
