"""Payments in parts, under way, over, out of band; and the balance that notes leave behind."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest
import stripe

from tests.stripe_standin.billing import CREDIT, TOTAL, finalized, on_line

if TYPE_CHECKING:
    from conftest import StandIn

Client = Any  # the SDK's types would refuse what is refused here
CARD = {"payment_method": "pm_card_visa"}
EXPANDED = ["data.payment.payment_intent.latest_charge"]


@pytest.fixture
def invoice(client: Client, customer: stripe.Customer) -> Any:
    return finalized(client, customer)


def payments(client: Client, invoice: Any, **wish: Any) -> list[Any]:
    page = client.v1.invoice_payments.list({"invoice": invoice.id, "expand": EXPANDED, **wish})
    return list(page.data)


def states(client: Client, invoice: Any) -> list[tuple[Any, ...]]:
    """Newest first: status, whether it is the default, and what its intent is at."""
    return [
        (one.status, one.is_default, one.payment.payment_intent.status)
        for one in payments(client, invoice)
    ]


def balance(client: Client, customer: Any) -> int:
    return int(client.v1.customers.retrieve(customer.id).balance)


class TestPayments:
    def test_one_is_open_from_finalising_on_though_nobody_pays(
        self, client: Client, invoice: Any
    ) -> None:
        assert states(client, invoice) == [("open", True, "requires_payment_method")]
        (default,) = payments(client, invoice, status="open")
        assert (default.amount_requested, default.amount_paid) == (TOTAL, None)

    def test_the_open_one_asks_for_what_a_note_leaves(self, client: Client, invoice: Any) -> None:
        client.v1.credit_notes.create(on_line(invoice, CREDIT))
        (default,) = payments(client, invoice)
        assert default.amount_requested == TOTAL - CREDIT
        client.v1.credit_notes.create({"invoice": invoice.id, "amount": TOTAL - CREDIT})
        assert states(client, invoice) == [("canceled", True, "canceled")]

    def test_by_card_are_charged(self, client: Client, invoice: Any) -> None:
        paid = client.v1.invoices.pay(invoice.id, CARD)
        (default,) = payments(client, invoice)
        charge = default.payment.payment_intent.latest_charge
        assert (charge.amount, charge.amount_refunded, charge.disputed) == (TOTAL, 0, False)
        assert (paid.amount_paid, paid.amount_paid_off_stripe) == (TOTAL, 0)
        unexpanded = client.v1.invoice_payments.retrieve(default.id)
        assert unexpanded.payment.payment_intent == charge.payment_intent

    def test_in_parts_add_up(self, client: Client, invoice: Any, standin: "StandIn") -> None:
        standin.control("POST", "pay", {"invoice": invoice.id, "amount": 1000})
        wish = {"invoice": invoice.id, "amount": 500, "out_of_band": True}
        standin.control("POST", "pay", wish)
        part = client.v1.invoices.retrieve(invoice.id)
        assert (part.status, part.amount_paid) == ("open", 1500)
        assert part.amount_remaining == TOTAL - 1500
        assert part.amount_paid_off_stripe == 500
        kinds = [one.payment.type for one in payments(client, invoice, status="paid")]
        assert kinds == ["payment_record", "payment_intent"]
        paid = client.v1.invoices.pay(invoice.id, CARD)
        assert (paid.status, paid.amount_paid) == ("paid", TOTAL)
        assert len(client.v1.charges.list({"customer": invoice.customer}).data) == 2

    def test_of_too_much_put_the_rest_on_the_balance(
        self, client: Client, customer: stripe.Customer, invoice: Any, standin: "StandIn"
    ) -> None:
        standin.control("POST", "pay", {"invoice": invoice.id, "amount": TOTAL + 70})
        paid = client.v1.invoices.retrieve(invoice.id)
        assert (paid.status, paid.amount_paid, paid.amount_overpaid) == ("paid", TOTAL, 70)
        (moved,) = client.v1.customers.balance_transactions.list(customer.id).data
        assert (moved.amount, moved.type, balance(client, customer)) == (
            -70, "invoice_overpaid", -70,
        )  # fmt: skip

    @pytest.mark.parametrize(("amount", "default"), [(TOTAL, True), (228_000, False)])
    def test_under_way_are_open_and_processing_until_they_end(
        self, client: Client, invoice: Any, standin: "StandIn", amount: int, default: bool
    ) -> None:
        wish = {"invoice": invoice.id, "amount": amount}
        begun = standin.control("POST", "begin_payment", wish)
        assert states(client, invoice)[0] == ("open", default, "processing")
        wish = {"payment": begun["id"], "outcome": "paid"}
        assert standin.control("POST", "finish_payment", wish)["amount_paid"] == amount

    def test_under_way_when_a_note_is_issued_are_overpaid(
        self, client: Client, customer: stripe.Customer, invoice: Any, standin: "StandIn"
    ) -> None:
        begun = standin.control("POST", "begin_payment", {"invoice": invoice.id})
        client.v1.credit_notes.create(on_line(invoice, CREDIT))
        assert payments(client, invoice)[0].amount_requested == TOTAL
        wish = {"payment": begun["id"], "outcome": "paid"}
        paid = standin.control("POST", "finish_payment", wish)
        assert (paid["status"], paid["amount_overpaid"]) == ("paid", CREDIT)
        assert balance(client, customer) == -CREDIT

    @pytest.mark.parametrize(
        ("amount", "after"),
        [
            (TOTAL, ("open", True, "requires_payment_method")),
            (1000, ("canceled", False, "canceled")),
        ],
    )
    def test_that_fail_leave_the_invoice_open(
        self, client: Client, invoice: Any, standin: "StandIn", amount: int, after: Any
    ) -> None:
        wish = {"invoice": invoice.id, "amount": amount}
        begun = standin.control("POST", "begin_payment", wish)
        ended = {"payment": begun["id"], "outcome": "failed"}
        assert standin.control("POST", "finish_payment", ended)["amount_remaining"] == TOTAL
        assert states(client, invoice)[0] == after

    def test_that_fail_ask_for_what_a_note_has_left_meanwhile(
        self, client: Client, invoice: Any, standin: "StandIn"
    ) -> None:
        begun = standin.control("POST", "begin_payment", {"invoice": invoice.id})
        client.v1.credit_notes.create(on_line(invoice, CREDIT))
        ended = {"payment": begun["id"], "outcome": "failed"}
        standin.control("POST", "finish_payment", ended)
        (default,) = payments(client, invoice)
        assert (default.status, default.amount_requested) == ("open", TOTAL - CREDIT)

    def test_for_a_void_invoice_are_on_the_balance_whole(
        self, client: Client, customer: stripe.Customer, invoice: Any, standin: "StandIn"
    ) -> None:
        begun = standin.control("POST", "begin_payment", {"invoice": invoice.id})
        client.v1.invoices.void_invoice(invoice.id)
        wish = {"payment": begun["id"], "outcome": "paid"}
        assert standin.control("POST", "finish_payment", wish)["status"] == "void"
        assert balance(client, customer) == -TOTAL

    @pytest.mark.parametrize(
        ("name", "wish"),
        [
            ("pay", {"amount": 0}),
            ("pay", {"amount": "5"}),
            ("pay", {"invoice": "in_nobody"}),
            ("begin_payment", {"amount": -1}),
            ("begin_payment", {"intent": "succeeded"}),
            ("finish_payment", {"payment": "inpay_nobody"}),
            ("fail_refund", {"refund": "re_nobody"}),
            ("dispute", {"charge": "ch_nobody", "outcome": "opened"}),
            ("dispute", {"outcome": "perhaps"}),
            ("pay", []),
        ],
    )
    def test_that_make_no_sense_are_refused(
        self, client: Client, invoice: Any, standin: "StandIn", name: str, wish: Any
    ) -> None:
        if isinstance(wish, dict):
            wish = {"invoice": invoice.id, **wish}
        with pytest.raises(httpx.HTTPStatusError):
            standin.control("POST", name, wish)
        assert client.v1.invoices.retrieve(invoice.id) == invoice


class TestRefunds:
    @pytest.fixture
    def charge(self, client: Client, invoice: Any) -> Any:
        client.v1.invoices.pay(invoice.id, CARD)
        (charge,) = client.v1.charges.list({"customer": invoice.customer}).data
        return charge

    def test_are_at_most_what_was_charged(self, client: Client, charge: Any) -> None:
        intent = charge.payment_intent
        client.v1.refunds.create({"payment_intent": intent, "amount": TOTAL - 1})
        with pytest.raises(stripe.InvalidRequestError, match="unrefunded amount"):
            client.v1.refunds.create({"charge": charge.id, "amount": 2})
        client.v1.refunds.create({"charge": charge.id})
        assert client.v1.charges.retrieve(charge.id).refunded
        amounts = [one.amount for one in client.v1.refunds.list({"payment_intent": intent}).data]
        assert amounts == [1, TOTAL - 1]

    def test_that_fail_give_the_charge_its_money_back(
        self, client: Client, charge: Any, standin: "StandIn"
    ) -> None:
        refund = client.v1.refunds.create({"charge": charge.id})
        standin.control("POST", "fail_refund", {"refund": refund.id})
        assert client.v1.refunds.retrieve(refund.id).status == "failed"
        assert client.v1.charges.retrieve(charge.id).amount_refunded == 0
        with pytest.raises(httpx.HTTPStatusError):
            standin.control("POST", "fail_refund", {"refund": refund.id})

    def test_of_a_disputed_charge_wait_until_it_is_won(
        self, client: Client, charge: Any, standin: "StandIn"
    ) -> None:
        for outcome, match in (("opened", "unrefunded"), ("lost", "unrefunded")):
            standin.control("POST", "dispute", {"charge": charge.id, "outcome": outcome})
            with pytest.raises(stripe.InvalidRequestError, match=match):
                client.v1.refunds.create({"charge": charge.id})
        assert client.v1.charges.retrieve(charge.id).disputed
        standin.control("POST", "dispute", {"charge": charge.id, "outcome": "won"})
        assert client.v1.refunds.create({"charge": charge.id}).amount == TOTAL
        kinds = {"types": ["charge.dispute.created", "charge.dispute.closed"]}
        told = client.v1.events.list(kinds).data
        statuses = [
            one.data.object["status"] for one in told if one.data.object["charge"] == charge.id
        ]
        assert statuses == ["won", "lost", "needs_response"]


class TestBalance:
    def test_pays_the_invoice_that_is_finalised_next(
        self, client: Client, customer: stripe.Customer, invoice: Any
    ) -> None:
        client.v1.invoices.pay(invoice.id, CARD)
        client.v1.credit_notes.create(on_line(invoice, CREDIT, credit_amount=CREDIT))
        following = finalized(client, customer, 10_000)
        assert (following.starting_balance, following.ending_balance) == (-CREDIT, 0)
        assert (following.total, following.amount_due) == (10_000, 10_000 - CREDIT)
        moves = client.v1.customers.balance_transactions.list(customer.id).data
        assert [(one.type, one.amount, one.ending_balance) for one in moves] == [
            ("applied_to_invoice", CREDIT, 0),
            ("credit_note", -CREDIT, -CREDIT),
        ]
        wish = {"invoice": following.id}
        (of_one,) = client.v1.customers.balance_transactions.list(customer.id, wish).data
        assert of_one.id == moves[0].id

    @pytest.mark.parametrize("keeps", [False, True])
    @pytest.mark.parametrize("before", [-900, 900])
    def test_comes_back_from_an_invoice_that_is_voided(
        self,
        client: Client,
        customer: stripe.Customer,
        standin: "StandIn",
        before: int,
        keeps: bool,
    ) -> None:
        standin.control("POST", "void_keeps_balance", {"keeps": keeps})
        move = {"amount": before, "currency": "usd"}
        client.v1.customers.balance_transactions.create(customer.id, move)
        invoice = finalized(client, customer, 10_000)
        assert (invoice.amount_due, balance(client, customer)) == (10_000 + before, 0)
        client.v1.invoices.void_invoice(invoice.id)
        standin.control("POST", "void_keeps_balance", {"keeps": False})
        assert balance(client, customer) == (0 if keeps else before)
        newest = client.v1.customers.balance_transactions.list(customer.id).data[0]
        assert newest.type == ("applied_to_invoice" if keeps else "unapplied_from_invoice")

    def test_larger_than_the_invoice_keeps_its_rest(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        move = {"amount": -900, "currency": "usd"}
        client.v1.customers.balance_transactions.create(customer.id, move)
        paid = finalized(client, customer, 700)
        assert (paid.status, paid.amount_due, paid.amount_paid) == ("paid", 0, 0)
        assert paid.ending_balance == balance(client, customer) == -200

    def test_of_another_currency_pays_nothing(
        self, client: Client, customer: stripe.Customer, invoice: Any
    ) -> None:
        client.v1.invoices.pay(invoice.id, CARD)
        client.v1.credit_notes.create(on_line(invoice, CREDIT, credit_amount=CREDIT))
        other = finalized(client, customer, 10_000, currency="eur")
        assert (other.starting_balance, other.amount_due) == (0, 10_000)
        assert balance(client, customer) == -CREDIT

    def test_tells_each_of_its_moves(self, client: Client) -> None:
        customer = client.v1.customers.create({"name": "A", "balance": -30})
        client.v1.customers.update(customer.id, {"balance": -10})
        finalized(client, customer, 40)
        moves = client.v1.customers.balance_transactions.list(customer.id).data
        assert [(one.type, one.amount) for one in moves] == [
            ("invoice_too_small", 30),
            ("applied_to_invoice", 10),
            ("adjustment", 20),
            ("initial", -30),
        ]
        assert balance(client, customer) == 30
