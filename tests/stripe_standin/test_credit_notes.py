"""Credit notes: what they take off, what they refuse, and where the money is afterwards."""

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from tests.stripe_standin.billing import COMPUTE, CREDIT, FEE, TOTAL, finalized, on_line, taxed

if TYPE_CHECKING:
    from conftest import StandIn, Starter

Client = Any  # the SDK's types would refuse what is refused here


@pytest.fixture
def invoice(client: Client, customer: stripe.Customer) -> Any:
    return finalized(client, customer)


def now(client: Client, invoice: Any) -> Any:
    return client.v1.invoices.retrieve(invoice.id)


def create(client: Client, params: dict[str, Any], **options: Any) -> Any:
    return client.v1.credit_notes.create(params, options)


def refused(client: Client, params: dict[str, Any], match: str | None = None) -> stripe.StripeError:
    """By creating it and by its preview alike; nothing of it stays."""
    before = now(client, stripe.Invoice.construct_from({"id": params["invoice"]}, None))
    for call in (client.v1.credit_notes.preview, client.v1.credit_notes.create):
        with pytest.raises(stripe.InvalidRequestError, match=match) as refusal:
            call(params)
    after = now(client, before)
    assert after == before
    return refusal.value


class TestGoldenCases:
    """docs/reference/stripe.md, "Credit notes": 60.30 of Compute is credited."""

    def test_1_of_an_unpaid_invoice_lowers_what_is_left_to_pay(
        self, client: Client, invoice: Any
    ) -> None:
        note = create(client, on_line(invoice, CREDIT))
        after = now(client, invoice)
        assert (note.total, note.pre_payment_amount, note.post_payment_amount) == (6030, 6030, 0)
        assert (note.type, note.status) == ("pre_payment", "issued")
        assert (after.status, after.total, after.amount_due) == ("open", TOTAL, 225_139)
        assert (after.amount_remaining, after.pre_payment_credit_notes_amount) == (225_139, 6030)
        paid = client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
        assert (paid.status, paid.amount_paid) == ("paid", 225_139)

    def test_2_of_a_paid_invoice_is_on_the_balance(
        self, client: Client, customer: stripe.Customer, invoice: Any
    ) -> None:
        client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
        note = create(client, on_line(invoice, CREDIT, credit_amount=CREDIT))
        assert (note.type, note.post_payment_amount, note.refunds) == ("post_payment", 6030, [])
        assert now(client, invoice).post_payment_credit_notes_amount == CREDIT
        assert client.v1.customers.retrieve(customer.id).balance == -CREDIT
        (moved,) = client.v1.customers.balance_transactions.list(customer.id).data
        assert (moved.id, moved.amount) == (note.customer_balance_transaction, -CREDIT)
        assert (moved.type, moved.credit_note, moved.ending_balance) == (
            "credit_note", note.id, -CREDIT,
        )  # fmt: skip

    def test_2_of_a_paid_invoice_is_refunded_by_policy(
        self, client: Client, customer: stripe.Customer, invoice: Any
    ) -> None:
        client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
        note = create(client, on_line(invoice, CREDIT, refund_amount=CREDIT))
        (refund,) = note.refunds
        made = client.v1.refunds.retrieve(refund.refund)
        assert (refund.amount_refunded, made.amount, made.status) == (CREDIT, CREDIT, "succeeded")
        assert client.v1.charges.retrieve(made.charge).amount_refunded == CREDIT
        assert client.v1.customers.retrieve(customer.id).balance == 0

    def test_3_of_a_part_paid_invoice_is_both_and_the_invoice_is_paid(
        self, client: Client, customer: stripe.Customer, invoice: Any, standin: "StandIn"
    ) -> None:
        standin.control("POST", "pay", {"invoice": invoice.id, "amount": 228_000})
        part = now(client, invoice)
        assert (part.status, part.amount_paid, part.amount_remaining) == ("open", 228_000, 3169)
        note = create(client, on_line(invoice, CREDIT, credit_amount=2861))
        after = now(client, invoice)
        assert (note.type, note.pre_payment_amount, note.post_payment_amount) == (
            "mixed", 3169, 2861,
        )  # fmt: skip
        assert (after.status, after.amount_paid, after.amount_remaining) == ("paid", 228_000, 0)
        assert client.v1.customers.retrieve(customer.id).balance == -2861


class TestWhatIsRefused:
    def test_more_than_is_left_of_the_line(self, client: Client, invoice: Any) -> None:
        create(client, on_line(invoice, COMPUTE - 1))
        assert refused(client, on_line(invoice, 2), "greater than what is left").param == (
            "lines[0][amount]"
        )
        create(client, on_line(invoice, 1))

    def test_more_than_is_left_of_a_line_named_twice(self, client: Client, invoice: Any) -> None:
        params = on_line(invoice, COMPUTE)
        params["lines"] += on_line(invoice, 1)["lines"]
        refused(client, params, "greater than what is left")

    def test_more_than_the_invoice_has_left(self, client: Client, invoice: Any) -> None:
        """The first names no line, so that each line still has all of its amount."""
        whole = {"invoice": invoice.id, "amount": TOTAL - 5}
        assert create(client, whole).lines.data == []
        refused(client, on_line(invoice, 6, credit_amount=1), "greater than what the invoice has")

    def test_a_quantity_where_an_amount_was_credited(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = finalized(client, customer, {"amount": 900, "quantity": 3})
        params = on_line(invoice, 0)
        line = {k: v for k, v in params["lines"][0].items() if k != "amount"}
        by_quantity = {**params, "lines": [{**line, "quantity": 1}]}
        assert create(client, by_quantity).total == 300
        create(client, on_line(invoice, 10))
        refused(client, by_quantity, "credited by amount")

    @pytest.mark.parametrize("amount", [0, -1])
    def test_nothing_and_less(self, client: Client, invoice: Any, amount: int) -> None:
        refused(client, on_line(invoice, amount), "greater than 0")

    def test_another_invoices_line(
        self, client: Client, customer: stripe.Customer, invoice: Any
    ) -> None:
        other = finalized(client, customer)
        refused(client, {**on_line(other, 1), "invoice": invoice.id}, "No such line_item")

    @pytest.mark.parametrize("status", ["draft", "void", "uncollectible"])
    def test_an_invoice_that_is_neither_open_nor_paid(
        self, client: Client, customer: stripe.Customer, invoice: Any, status: str
    ) -> None:
        if status == "void":
            client.v1.invoices.void_invoice(invoice.id)
        elif status == "uncollectible":
            client.v1.invoices.mark_uncollectible(invoice.id)
        else:
            invoice = client.v1.invoices.create({"customer": customer.id})
            invoice = client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 900}]})
        refused(client, on_line(invoice, 1), f"This invoice is {status}")

    @pytest.mark.parametrize(
        "split",
        [
            {"credit_amount": CREDIT - 1},
            {"credit_amount": CREDIT + 1},
            {"credit_amount": CREDIT, "out_of_band_amount": 1},
            {"refund_amount": CREDIT + 1, "credit_amount": -1},
        ],
    )
    def test_a_settlement_that_is_not_what_was_paid_already(
        self, client: Client, invoice: Any, split: dict[str, int]
    ) -> None:
        client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
        refused(client, on_line(invoice, CREDIT, **split))

    def test_no_settlement_of_what_was_paid_but_the_preview_tells_it(
        self, client: Client, invoice: Any
    ) -> None:
        client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
        preview = client.v1.credit_notes.preview(on_line(invoice, CREDIT))
        assert preview.post_payment_amount == CREDIT
        with pytest.raises(stripe.InvalidRequestError, match="must equal"):
            create(client, on_line(invoice, CREDIT))

    def test_a_settlement_of_what_is_unpaid(self, client: Client, invoice: Any) -> None:
        refused(client, on_line(invoice, CREDIT, credit_amount=CREDIT), "must equal")

    @pytest.mark.parametrize("kind", ["out_of_band", "refunded", "disputed"])
    def test_a_refund_that_no_charge_can_give_back(
        self, client: Client, invoice: Any, standin: "StandIn", kind: str
    ) -> None:
        out_of_band = kind == "out_of_band"
        standin.control("POST", "pay", {"invoice": invoice.id, "out_of_band": out_of_band})
        charges = client.v1.charges.list({"customer": invoice.customer}).data
        if kind == "refunded":
            client.v1.refunds.create({"charge": charges[0].id, "amount": TOTAL - CREDIT + 1})
        elif kind == "disputed":
            wish = {"charge": charges[0].id, "outcome": "opened"}
            standin.control("POST", "dispute", wish)
        with pytest.raises(stripe.InvalidRequestError, match="unrefunded amount"):
            create(client, on_line(invoice, CREDIT, refund_amount=CREDIT))
        assert client.v1.credit_notes.list({"invoice": invoice.id}).data == []
        if kind == "disputed":
            standin.control("POST", "dispute", {"charge": charges[0].id, "outcome": "won"})
            assert create(client, on_line(invoice, CREDIT, refund_amount=CREDIT)).refunds

    def test_more_lines_than_an_invoice_has(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = finalized(client, customer, *([500] * 250))
        lines = client.v1.invoices.line_items.list(invoice.id, {"limit": 100})
        wanted = [
            {"type": "invoice_line_item", "invoice_line_item": line.id, "amount": 1}
            for line in lines.auto_paging_iter()
        ]
        with pytest.raises(stripe.InvalidRequestError, match="at most 250"):
            create(client, {"invoice": invoice.id, "lines": [*wanted, wanted[0]]})
        assert create(client, {"invoice": invoice.id, "lines": wanted}).total == 250

    def test_an_amount_beside_lines_and_neither(self, client: Client, invoice: Any) -> None:
        refused(client, {**on_line(invoice, 1), "amount": 1}, "One of")
        refused(client, {"invoice": invoice.id}, "One of")

    def test_a_line_of_its_own_which_nothing_here_would_act_on(
        self, client: Client, invoice: Any
    ) -> None:
        custom = {"type": "custom_line_item", "unit_amount": 5, "quantity": 1}
        refusal = refused(client, {"invoice": invoice.id, "lines": [custom]})
        assert refusal.code == "standin_not_implemented"


class TestTax:
    """Case 24: 20 % on four lines, credited one by one; the caller spreads the tax."""

    LINES = ((6833, 1367), (6833, 1366), (5750, 1150), (8500, 1700))
    NOTES = (1366, 1367, 1150, 1700)

    @pytest.fixture
    def invoice(self, client: Client, customer: stripe.Customer) -> Any:
        lines = [taxed(amount, tax, percentage=20) for amount, tax in self.LINES]
        return finalized(client, customer, *lines)

    def rates(self, invoice: Any) -> set[str]:
        return {line.taxes[0].tax_rate_details.tax_rate for line in invoice.lines.data}

    def test_is_summed_on_the_invoice_by_one_rate(self, invoice: Any) -> None:
        assert (invoice.subtotal, invoice.total, invoice.total_excluding_tax) == (
            27_916, 33_499, 27_916,
        )  # fmt: skip
        (total,) = invoice.total_taxes
        assert (total.amount, total.taxable_amount) == (5583, 27_916)
        assert len(self.rates(invoice)) == 1

    def test_is_credited_to_the_unit_by_the_rate_that_stripe_made(
        self, client: Client, invoice: Any
    ) -> None:
        (rate,) = self.rates(invoice)
        for index, ((amount, _), tax) in enumerate(zip(self.LINES, self.NOTES, strict=True)):
            params = on_line(invoice, amount, line=index)
            given = {"amount": tax, "tax_rate": rate, "taxable_amount": amount}
            params["lines"][0]["tax_amounts"] = [given]
            preview = client.v1.credit_notes.preview(params)
            note = create(client, params)
            for one in (preview, note):
                assert (one.subtotal, one.total) == (amount, amount + tax)
                assert one.total_taxes[0].amount == one.lines.data[0].taxes[0].amount == tax
        assert now(client, invoice).amount_remaining == 0

    def test_follows_the_line_where_none_is_given(self, client: Client, invoice: Any) -> None:
        note = create(client, on_line(invoice, 3000, line=2))
        assert (note.subtotal, note.total) == (3000, 3600)

    def test_by_a_rate_of_another_kind_is_refused(self, client: Client, invoice: Any) -> None:
        params = on_line(invoice, 100)
        given = {"amount": 20, "tax_rate": "txr_other", "taxable_amount": 100}
        params["lines"][0]["tax_amounts"] = [given]
        assert refused(client, params, "automatically created").param == (
            "lines[0][tax_amounts][0][tax_rate]"
        )

    def test_over_the_invoices_is_refused(self, client: Client, invoice: Any) -> None:
        (rate,) = self.rates(invoice)
        params = on_line(invoice, 100)
        given = {"amount": 5584, "tax_rate": rate, "taxable_amount": 100}
        params["lines"][0]["tax_amounts"] = [given]
        refused(client, params, "greater than the invoice's")

    def test_of_reverse_charge_is_0_with_its_reason(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        line = taxed(5000, 0, percentage=0, taxability_reason="reverse_charge")
        invoice = finalized(client, customer, line)
        note = create(client, on_line(invoice, 100))
        assert (note.total, note.total_taxes[0].taxability_reason) == (100, "reverse_charge")


class TestReading:
    def test_numbers_follow_the_invoices(self, client: Client, invoice: Any) -> None:
        numbers = [create(client, on_line(invoice, 1)).number for _ in range(2)]
        assert numbers == [f"{invoice.number}-CN-01", f"{invoice.number}-CN-02"]

    def test_lists_by_invoice_and_by_customer_newest_first(
        self, client: Client, customer: stripe.Customer, invoice: Any
    ) -> None:
        other = finalized(client, customer)
        made = [create(client, on_line(one, 1)).id for one in (invoice, invoice, other)]
        of_one = client.v1.credit_notes.list({"invoice": invoice.id}).data
        of_all = client.v1.credit_notes.list({"customer": customer.id, "limit": 2})
        assert [note.id for note in of_one] == [made[1], made[0]]
        assert [note.id for note in of_all.auto_paging_iter()] == made[::-1]
        assert client.v1.credit_notes.retrieve(made[0]).lines.data[0].amount == 1

    def test_many_lines_come_in_pages_of_note_and_preview(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = finalized(client, customer, *([100] * 25))
        lines = client.v1.invoices.line_items.list(invoice.id, {"limit": 100}).data
        params = {
            "invoice": invoice.id,
            "lines": [
                {"type": "invoice_line_item", "invoice_line_item": line.id, "amount": index + 1}
                for index, line in enumerate(lines)
            ],
        }
        preview = client.v1.credit_notes.preview(params)
        note = create(client, params)
        assert preview.lines.has_more
        assert [len(one.lines.data) for one in (preview, note)] == [10, 10]
        pages = (
            client.v1.credit_notes.preview_lines.list({**params, "limit": 10}),
            client.v1.credit_notes.line_items.list(note.id, {"limit": 10}),
        )
        for page in pages:
            assert [line.amount for line in page.auto_paging_iter()] == list(range(1, 26))

    def test_a_preview_leaves_nothing_behind(self, client: Client, invoice: Any) -> None:
        client.v1.credit_notes.preview(on_line(invoice, CREDIT))
        assert now(client, invoice) == invoice
        assert client.v1.credit_notes.list({"invoice": invoice.id}).data == []

    def test_a_preview_whose_address_is_too_long_is_refused(
        self, client: Client, invoice: Any
    ) -> None:
        params = on_line(invoice, 1, memo="\u20ac" * 5000)
        with pytest.raises(stripe.APIError) as refusal:
            client.v1.credit_notes.preview(params)
        assert refusal.value.http_status == 414
        assert create(client, params).memo == params["memo"]

    def test_memo_metadata_and_date_are_kept_and_the_first_two_changed(
        self, client: Client, invoice: Any
    ) -> None:
        fields = {"memo": "For October", "metadata": {"a": "1"}, "effective_at": 1_790_000_000}
        note = create(client, on_line(invoice, 1, **fields))
        assert (note.memo, note.effective_at) == ("For October", 1_790_000_000)
        changed = client.v1.credit_notes.update(note.id, {"memo": "New", "metadata": {"b": "2"}})
        assert (changed.memo, changed.metadata.to_dict()) == ("New", {"a": "1", "b": "2"})
        with pytest.raises(stripe.InvalidRequestError, match="at most 5000"):
            create(client, on_line(invoice, 1, memo="m" * 5001))


class TestMail:
    def test_is_sent_unless_none_is_asked_for(
        self, client: Client, invoice: Any, standin: "StandIn"
    ) -> None:
        quiet = create(client, on_line(invoice, 1))
        loud = create(client, on_line(invoice, 1, email_type="credit_note"))
        params = on_line(invoice, 1)
        del params["email_type"]
        by_default = create(client, params)
        notes = standin.control("GET", "credit_notes")["credit_notes"]
        mailed = {note["id"]: note["mailed"] for note in notes}
        assert [mailed[one.id] for one in (quiet, loud, by_default)] == [False, True, True]


class TestVoid:
    def test_gives_back_what_was_taken_off_while_the_invoice_is_open(
        self, client: Client, invoice: Any
    ) -> None:
        note = create(client, on_line(invoice, COMPUTE))
        voided = client.v1.credit_notes.void_credit_note(note.id)
        after = now(client, invoice)
        assert (voided.status, after.amount_remaining, after.amount_due) == ("void", TOTAL, TOTAL)
        assert after.pre_payment_credit_notes_amount == 0
        assert voided.voided_at
        again = create(client, on_line(invoice, COMPUTE))
        assert again.number == f"{invoice.number}-CN-02"
        with pytest.raises(stripe.InvalidRequestError, match="already"):
            client.v1.credit_notes.void_credit_note(note.id)

    def test_is_refused_once_the_invoice_is_paid(self, client: Client, invoice: Any) -> None:
        note = create(client, on_line(invoice, TOTAL - FEE - 37_209))
        client.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
        with pytest.raises(stripe.InvalidRequestError, match="it is paid"):
            client.v1.credit_notes.void_credit_note(note.id)


class TestRefundsMadeBefore:
    def test_are_linked_once(self, client: Client, invoice: Any) -> None:
        client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
        (charge,) = client.v1.charges.list({"customer": invoice.customer}).data
        refund = client.v1.refunds.create({"charge": charge.id, "amount": CREDIT})
        linked = [{"refund": refund.id, "amount_refunded": CREDIT}]
        note = create(client, on_line(invoice, CREDIT, refunds=linked))
        assert [one.refund for one in note.refunds] == [refund.id]
        with pytest.raises(stripe.InvalidRequestError, match="not so much"):
            create(client, on_line(invoice, CREDIT, refunds=linked))


class TestEvents:
    def test_tell_what_became_of_a_note_and_its_refund(self, start_standin: "Starter") -> None:
        standin = start_standin()
        client = standin.client()
        customer = client.v1.customers.create({"email": "a@acme.test"})
        invoice = finalized(client, customer)
        client.v1.credit_notes.void_credit_note(create(client, on_line(invoice, 1)).id)
        standin.control("POST", "pay", {"invoice": invoice.id})
        note = create(client, on_line(invoice, CREDIT, refund_amount=CREDIT))
        client.v1.credit_notes.update(note.id, {"memo": "New"})
        standin.control("POST", "fail_refund", {"refund": note.refunds[0].refund})
        told = [event.type for event in client.v1.events.list({"limit": 100}).data]
        assert told[::-1][5:] == [
            "invoice.updated", "credit_note.created",
            "invoice.updated", "credit_note.voided",
            "charge.succeeded", "invoice_payment.paid",
            "invoice.updated", "invoice.paid", "invoice.payment_succeeded",
            "refund.created", "charge.refunded", "invoice.updated", "credit_note.created",
            "credit_note.updated",
            "refund.updated", "refund.failed",
        ]  # fmt: skip
        (charge,) = client.v1.charges.list().data
        assert (charge.amount_refunded, charge.refunded) == (0, False)


class TestFaults:
    KEY = "tb-test-note"

    @pytest.mark.parametrize("kind", ["drop_answer", "error_after"])
    def test_a_note_without_an_answer_is_there_once(
        self, start_standin: "Starter", kind: str
    ) -> None:
        standin = start_standin()
        client = standin.client()
        invoice = finalized(client, client.v1.customers.create({"name": "A"}))
        standin.fault(kind=kind, method="POST", path="/v1/credit_notes")
        for _ in range(2):
            with contextlib.suppress(stripe.APIConnectionError, stripe.APIError):
                create(client, on_line(invoice, CREDIT), idempotency_key=self.KEY)
        assert len(client.v1.credit_notes.list({"invoice": invoice.id}).data) == 1
        assert now(client, invoice).amount_remaining == TOTAL - CREDIT

    def test_a_kill_keeps_note_refund_and_balance_together(self, start_standin: "Starter") -> None:
        standin = start_standin()
        client = standin.client()
        customer = client.v1.customers.create({"name": "A"})
        invoice = finalized(client, customer)
        standin.control("POST", "pay", {"invoice": invoice.id})
        params = on_line(invoice, CREDIT, refund_amount=6000, credit_amount=30)
        note = create(client, params, idempotency_key=self.KEY)
        standin.kill()
        standin.start()
        assert create(client, params, idempotency_key=self.KEY).id == note.id
        assert [one.amount for one in client.v1.refunds.list().data] == [6000]
        assert client.v1.customers.retrieve(customer.id).balance == -30

    @pytest.mark.parametrize(
        "path", ["/v1/credit_notes/preview", "/v1/credit_notes", "/v1/invoice_payments"]
    )
    def test_a_limit_of_the_rate_meets_reads_too(self, start_standin: "Starter", path: str) -> None:
        standin = start_standin()
        client = standin.client()
        invoice = finalized(client, client.v1.customers.create({"name": "A"}))
        standin.fault(kind="rate_limit", method="GET", path=path)
        calls = {
            "/v1/credit_notes/preview": lambda: client.v1.credit_notes.preview(on_line(invoice, 1)),
            "/v1/credit_notes": lambda: client.v1.credit_notes.list({"invoice": invoice.id}),
            "/v1/invoice_payments": lambda: client.v1.invoice_payments.list(
                {"invoice": invoice.id}
            ),
        }
        with pytest.raises(stripe.RateLimitError):
            calls[path]()
        assert calls[path]().last_response.code == 200
