"""The words of what invoicing says: the same as its own once were, now written here."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.portal.domain.invoice_words import (
    basis_words,
    cause_words,
    refusal_words,
    term_words,
)
from shared.contracts.bases import (
    BASIS,
    Adjusted,
    Adjustment,
    FeeDays,
    Markup,
    MinimumRest,
    Tiers,
    TierStep,
)
from shared.contracts.invoicing import CAUSE, Cause, Difference, Refusal
from shared.contracts.superseded.invoice_words import (
    read_basis,
    read_cause,
    written_basis,
    written_cause,
)
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode

STEPS = [
    TierStep(Decimal(1000), Decimal(30)),
    TierStep(Decimal("1500.00"), Decimal("20.50")),
    TierStep(None, Decimal(10)),
]
CAUSES = [
    Cause("negative_total"),
    Cause("below_zero", {"amount": "12.01", "currency": "USD"}),
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
    Cause("large_correction", {"percent": "31.0"}),
    Cause("original_uncollectible"),
    Cause("tenant_gone"),
    Cause("own_doing", {"causes": "rules"}),
    Cause("brake", {"number": "2"}),
    Cause("restated_close", {"period": "2026-10", "number": "2"}),
    Cause("small_correction"),
    Cause("correction_to_review"),
    Cause("corrected_anew", {"period": "2026-10", "number": "3"}),
    Cause("payment_under_way", {"payments": "inpay_1"}),
    Cause("not_creditable", {"status": "void"}),
    Cause("correction_approved"),
    Cause("original_disputed"),
    Cause("unassigned_credit", {"number": "ACME-0001-CN-01"}),
    Cause("made_at_stripe", {"number": "ACME-0001-CN-01"}),
    Cause("no_room"),
    Cause("dispute_lost", {"dispute": "dp_1"}),
    Cause("reissued", {"number": "ACME-0001"}),
    Cause("refund_failed", {"amount": "60.30", "currency": "USD"}),
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
        [unequal] = [cause for cause in CAUSES if cause.differences]
        text = written_cause(unequal).replace(" at Stripe", "")
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

    @pytest.mark.parametrize(
        ("basis", "words"),
        [
            (
                Tiers("graduated", STEPS),
                "cost plus 30% up to 1,000, then 20.5% up to 1,500, then 10%",
            ),
            (
                Tiers("volume", STEPS),
                "all of the cost plus 30% up to 1,000, 20.5% up to 1,500, else 10%",
            ),
            (Tiers("volume", STEPS[2:]), "cost plus 10%"),
            (MinimumRest(Decimal("2000.50")), "the rest to a minimum of 2,000.50"),
            (
                Adjusted(
                    Markup(Decimal("20.0")),
                    [
                        Adjustment("floor", Decimal("1500.50")),
                        Adjustment("rate", Decimal("0.9214")),
                        Adjustment("percent_off", Decimal("10.00")),
                        Adjustment("credit"),
                        Adjustment("amount_off", Decimal("100.00")),
                        Adjustment("cap", Decimal("1800.00")),
                        Adjustment("grant"),
                        Adjustment("of_tomorrow"),
                    ],
                ),
                (
                    "cost plus 20%, raised to a floor of 1,500.5, at a rate of 0.9214, less 10%,"
                    " less credits, less its part of 100.00, its part of a cap of 1,800.00,"
                    " less its part of a grant, of tomorrow"
                ),
            ),
        ],
    )
    def test_of_a_later_kind_has_words_and_none_in_version_1(self, basis, words):
        data = BASIS.dump_python(basis, mode="json")
        assert BASIS.validate_python(data) == basis
        assert (basis_words(data), written_basis(basis)) == (words, "")

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
        (
            {"kind": "cost_plus", "percent": "20", "groups": {"pool:nat": "25"}, "floor": "1500"},
            "cost plus 20%, shared NAT 25%, at least 1,500",
        ),
        (
            {"kind": "graduated", "steps": [{"to": "1000", "percent": "30"}, {"percent": "10"}]},
            "cost plus 30% up to 1,000, then 10%",
        ),
        ({"kind": "minimum", "amount": "2000"}, "at least 2,000.00 USD a month"),
        ({"kind": "cap", "amount": "2000"}, "at most 2,000.00 USD a month"),
        ({"kind": "discount", "amount": "20.5"}, "less 20.50 USD a month"),
        (
            {"kind": "discount", "percent": "10", "from": "2026-10-01", "to": "2027-01-01"},
            "less 10% from 2026-10-01 until 2027-01-01",
        ),
    ],
)
def test_a_component_of_a_plan_is_worded(term, words):
    assert term_words(term, "USD") == words
