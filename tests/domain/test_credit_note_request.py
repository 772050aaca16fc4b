import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.credit_note_request import (
    MEMO_MAX,
    PREVIEW_LINES_MAX,
    InvoiceAtStripe,
    NoteLine,
    NoteToIssue,
    Settlement,
    note_inequalities,
    note_request,
    preview_requests,
    settle,
)
from shared.vocabulary.true_up import DownPaid

OPEN = InvoiceAtStripe("open", 231_169, 0, 0, 0, {})
PAID = InvoiceAtStripe("paid", 0, 231_169, 231_169, 0, {})
MINOR = st.integers(0, 500_000)


def note(*lines, down_paid=DownPaid.BALANCE, **fields):
    return NoteToIssue(
        document_id="cn_1",
        customer_id="acme",
        stripe_invoice_id="in_1",
        currency="USD",
        lines=[NoteLine(*line) for line in lines or (("il_1", 6030),)],
        down_paid=down_paid,
        issuing_since=dt.datetime(2026, 11, 12, tzinfo=dt.UTC),
        kind="true_up",
        **fields,
    )


class TestSettling:
    """60.30 of 2,311.69: what is not taken off what remains goes by the policy."""

    @pytest.mark.parametrize("down_paid", DownPaid)
    def test_an_unpaid_invoice_lowers_what_remains_whatever_the_policy(self, down_paid):
        assert settle(6030, OPEN, down_paid) == Settlement(6030)

    @pytest.mark.parametrize(
        ("down_paid", "to"),
        [
            (DownPaid.BALANCE, {"balance_minor": 2861}),
            (DownPaid.REFUND, {"refund_minor": 2861}),
            (DownPaid.OUT_OF_BAND, {"out_of_band_minor": 2861}),
        ],
    )
    def test_a_part_paid_one_is_both(self, down_paid, to):
        part = replace(OPEN, remaining_minor=3169, paid_minor=228_000, refundable_minor=228_000)
        assert settle(6030, part, down_paid) == Settlement(3169, **to)

    @pytest.mark.parametrize(
        ("refundable", "off_stripe", "to"),
        [
            (5000, 0, Settlement(0, balance_minor=1030, refund_minor=5000)),
            (0, 0, Settlement(0, balance_minor=6030)),
            (5000, 226_169, Settlement(0, refund_minor=5000, out_of_band_minor=1030)),
            (0, 6000, Settlement(0, balance_minor=30, out_of_band_minor=6000)),
            (9000, 9000, Settlement(0, refund_minor=6030)),
        ],
    )
    def test_a_refund_is_what_charges_can_give_back_then_out_of_band_then_the_balance(
        self, refundable, off_stripe, to
    ):
        paid = replace(PAID, refundable_minor=refundable, off_stripe_minor=off_stripe)
        assert settle(6030, paid, DownPaid.REFUND) == to

    @given(
        total=st.integers(1, 500_000),
        remaining=MINOR,
        refundable=MINOR,
        off_stripe=MINOR,
        down_paid=st.sampled_from(DownPaid),
    )
    def test_sums_to_the_note_and_is_never_negative(
        self, total, remaining, refundable, off_stripe, down_paid
    ):
        there = InvoiceAtStripe("open", remaining, 0, refundable, off_stripe, {})
        to = settle(total, there, down_paid)
        parts = (to.remaining_minor, to.balance_minor, to.refund_minor, to.out_of_band_minor)
        assert sum(parts) == total
        assert min(parts) >= 0
        assert to.remaining_minor == min(total, remaining)
        assert to.refund_minor <= refundable


class TestTheRequest:
    def test_is_by_line_and_amount_and_mails_nobody(self):
        assert note_request(note(), OPEN) == {
            "invoice": "in_1",
            "email_type": "none",
            "lines": [
                {"type": "invoice_line_item", "invoice_line_item": "il_1", "amount": 6030},
            ],
            "metadata": {"trueback_document": "cn_1", "trueback_kind": "true_up"},
        }

    def test_has_the_settlement_of_what_was_paid(self):
        assert note_request(note(), PAID)["credit_amount"] == 6030
        refund = note_request(note(down_paid=DownPaid.REFUND), PAID)
        assert (refund["refund_amount"], "credit_amount" in refund) == (6030, False)
        out_of_band = note_request(note(down_paid=DownPaid.OUT_OF_BAND), PAID)
        assert out_of_band["out_of_band_amount"] == 6030

    def test_has_memo_and_date_where_there_are_any(self):
        date = dt.datetime(2026, 11, 12, tzinfo=dt.UTC)
        request = note_request(note(memo="m" * 6000, effective_at=date), OPEN)
        assert len(request["memo"]) == MEMO_MAX
        assert request["effective_at"] == 1_794_441_600

    def test_names_the_rate_that_stripe_made_also_of_no_tax(self):
        taxed = replace(OPEN, tax_rates={"il_1": "txr_1", "il_2": "txr_2"})
        lines = note_request(note(("il_1", 6030, 1146), ("il_2", 5), ("il_3", 1)), taxed)["lines"]
        assert [line.get("tax_amounts") for line in lines] == [
            [{"amount": 1146, "tax_rate": "txr_1", "taxable_amount": 6030}],
            [{"amount": 0, "tax_rate": "txr_2", "taxable_amount": 5}],
            None,
        ]


class TestThePreview:
    def test_is_of_the_same_request_without_its_words(self):
        of = note(memo="For October")
        request = note_request(of, PAID)
        (preview,) = preview_requests(request, of, PAID)
        assert preview == {
            name: request[name] for name in ("invoice", "email_type", "lines", "credit_amount")
        }

    def test_of_many_lines_comes_in_parts_each_settled_by_itself(self):
        of = note(*((f"il_{n}", 10, 2) for n in range(PREVIEW_LINES_MAX + 1)))
        there = replace(OPEN, remaining_minor=50)
        first, second = preview_requests(note_request(of, there), of, there)
        assert [len(first["lines"]), len(second["lines"])] == [PREVIEW_LINES_MAX, 1]
        assert first["credit_amount"] == 12 * PREVIEW_LINES_MAX - 50
        assert "credit_amount" not in second
        assert (second["invoice"], second["email_type"]) == ("in_1", "none")


class TestTheGate:
    LINES = (("il_1", 6030, 1146), ("il_2", 5, 1))

    def differences(self, at_stripe, currency="USD", total_minor=7182):
        found = note_inequalities(
            note(*self.LINES),
            at_stripe=[NoteLine(*line) for line in at_stripe],
            currency=currency,
            total_minor=total_minor,
        )
        return [(each.of, each.here, each.there) for each in found]

    def test_is_open_where_nothing_differs_in_any_order(self):
        assert self.differences(self.LINES[::-1]) == []

    def test_names_each_amount_and_tax_that_is_otherwise(self):
        assert self.differences((("il_1", 6030, 1145), ("il_2", 6, 1)), total_minor=7183) == [
            ("tax of line il_1", "1146", "1145"),
            ("line il_2", "5", "6"),
            ("total", "7182", "7183"),
        ]

    def test_names_a_line_that_is_missing_foreign_or_there_twice(self):
        assert self.differences((self.LINES[0], ("il_3", 5, 0)), currency="EUR") == [
            ("line il_2", "5", None),
            ("tax of line il_2", "1", None),
            ("line il_3", None, "5"),
            ("tax of line il_3", None, "0"),
            ("currency", "USD", "EUR"),
        ]
        assert self.differences((*self.LINES, self.LINES[1])) == [("lines", "2", "3")]
