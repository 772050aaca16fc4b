"""The words of what invoicing says: the same as its own once were, now written here."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.portal.domain.invoice_words import (
    basis_words,
    cause_words,
    refusal_words,
    term_words,
)
from shared.contracts.invoicing import BASIS, CAUSE, Cause, Difference, FeeDays, Refusal
from shared.contracts.superseded.invoice_words import (
    read_basis,
    read_cause,
    written_basis,
    written_cause,
)
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode

CAUSES = [
    Cause("negative_total"),
    Cause("below_smallest_charge"),
    Cause("too_many_lines", {"lines": "251", "lines_max": "250"}),
    Cause("part_of_month"),
    Cause("unallocated_share", {"percent": "5.10", "percent_max": "5.00"}),
    Cause("above_median", {"times": "3.0"}),
    Cause("restated"),
    Cause("refused_by_stripe", text="No such customer: 'cus_1'"),
    Cause(
        "unequal_at_stripe",
        {"stripe_invoice": "in_1"},
        differences=[Difference("line 2", "5", "6"), Difference("currency", "USD", "EUR")],
    ),
    Cause("period_closed", {"period": "2026-10"}),
    Cause("drafted_anew"),
    Cause("closed_again", {"period": "2026-10", "number": "2"}),
    Cause("approved_on_older_close", {"number": "2"}),
    Cause("not_invoiced_before", {"period": "2026-10"}),
    Cause("bill_restated", {"run": "0192f0c3"}),
    Cause("finalised", {"number": "ACME-0001"}),
    Cause("finalised_not_sent", {"number": "ACME-0001"}, text="It has no email"),
    Cause("stripe_status", {"status": "paid"}),
    Cause("person"),
    Cause("person", text="Look {again}: 100% odd."),
]


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.code)
class TestACause:
    def test_reads_as_it_did_when_invoicing_wrote_it(self, cause):
        assert cause_words(CAUSE.dump_python(cause)) == written_cause(cause)

    def test_is_the_same_after_it_was_text(self, cause):
        assert read_cause(written_cause(cause)) == cause


def test_there_are_words_for_every_code():
    assert {cause.code for cause in CAUSES} == set(CauseCode)
    for code in RefusalCode:
        assert refusal_words({"code": code, "state": "draft", "needed": ["approved"]})


class TestCauses:
    def test_of_a_later_release_are_named(self):
        assert cause_words(CAUSE.dump_python(Cause("moon_is_full"))) == "Moon is full."
        with_text = CAUSE.dump_python(Cause("moon_is_full", text="So it is."))
        assert cause_words(with_text) == "So it is."
        assert written_cause(Cause("moon_is_full")) == "moon_is_full"

    def test_name_a_line_that_is_on_one_side_alone(self):
        cause = Cause(
            "unequal_at_stripe",
            {"stripe_invoice": "in_1"},
            differences=[Difference("line 3", None, "7")],
        )
        assert "line 3: none here, 7 at Stripe" in cause_words(CAUSE.dump_python(cause))
        assert read_cause(written_cause(cause)) == cause

    def test_that_name_no_differences_are_quoted(self):
        text = written_cause(CAUSES[8]).replace(" at Stripe", "")
        assert read_cause(text) == Cause("person", text=text)


class TestABasis:
    @settings(deadline=None)
    @given(st.decimals("0", "500", places=2))
    def test_of_cost_reads_as_it_did(self, percent):
        basis = read_basis(
            f"cost plus {percent.normalize():f} %",
            service_start=date(2026, 10, 1),
            service_end=date(2026, 11, 1),
        )
        assert basis_words(BASIS.dump_python(basis, mode="json")) == written_basis(basis).replace(
            " %", "%"
        )
        assert basis.percent == percent

    @pytest.mark.parametrize(
        ("fee", "end"),
        [
            (FeeDays("month", 31, 31), date(2026, 11, 1)),
            (FeeDays("year", 365, 365), date(2027, 10, 1)),
            (FeeDays("month", 12, 31), date(2026, 10, 13)),
            (FeeDays("year", 10, 366), date(2026, 10, 11)),
        ],
    )
    def test_of_a_fee_reads_as_it_did(self, fee, end):
        assert basis_words(BASIS.dump_python(fee, mode="json")) == written_basis(fee)
        text = written_basis(fee)
        assert read_basis(text, service_start=date(2026, 10, 1), service_end=end) == fee

    def test_that_is_none_is_empty(self):
        assert basis_words(None) == written_basis(None) == ""

    def test_that_was_never_written_so_is_refused(self):
        with pytest.raises(ValueError, match="'by the moon' is no basis"):
            read_basis(
                "by the moon", service_start=date(2026, 10, 1), service_end=date(2026, 11, 1)
            )


def test_a_refusal_names_states_as_a_reader_does():
    refusal = Refusal("state", "parked", ["approved", "draft", "in_review"])
    words = refusal_words({"code": "state", "state": refusal.state, "needed": refusal.needed})
    assert words == "It is on hold, not approved or a draft or in review."


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ({"kind": "cost_plus", "percent": "20"}, "cost plus 20%"),
        ({"kind": "flat_fee", "amount": "6900", "every": "month"}, "6,900.00 USD a month"),
        ({"kind": "flat_fee", "amount": "120000.005", "every": "year"}, "120,000.01 USD a year"),
    ],
)
def test_a_component_of_a_plan_is_worded(term, words):
    assert term_words(term, "USD") == words
