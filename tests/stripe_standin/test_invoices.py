from typing import Any

import pytest
import stripe

from tests.stripe_standin.billing import taxed

Client = Any  # the SDK's types would refuse what is refused here

AMOUNTS = [1250, 1, 99999]


def draft(client: Client, customer: stripe.Customer, **params: object) -> Any:
    fields = {
        "customer": customer.id,
        "currency": "usd",
        "auto_advance": False,
        "collection_method": "send_invoice",
        "days_until_due": 30,
        "pending_invoice_items_behavior": "exclude",
        **params,
    }
    return client.v1.invoices.create(fields)


def draft_with_lines(client: Client, customer: stripe.Customer) -> Any:
    invoice = draft(client, customer)
    lines = [{"amount": amount, "description": f"{amount} cents"} for amount in AMOUNTS]
    return client.v1.invoices.add_lines(invoice.id, {"lines": lines})


def open_invoice(client: Client, customer: stripe.Customer) -> Any:
    return client.v1.invoices.finalize_invoice(draft_with_lines(client, customer).id)


class TestDraft:
    def test_sums_the_lines_it_was_given(self, client: Client, customer: stripe.Customer) -> None:
        invoice = draft_with_lines(client, customer)
        assert invoice.status == "draft"
        assert invoice.number is None
        assert invoice.total == invoice.subtotal == invoice.amount_due == sum(AMOUNTS)
        assert [line.amount for line in invoice.lines.data] == AMOUNTS

    def test_reads_back_every_line_in_pages_of_100(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = draft(client, customer)
        lines = [{"amount": n, "metadata": {"key": str(n)}} for n in range(250)]
        client.v1.invoices.add_lines(invoice.id, {"lines": lines})
        page = client.v1.invoices.line_items.list(invoice.id, {"limit": 100})
        assert page.has_more
        found = list(page.auto_paging_iter())
        assert [line.amount for line in found] == list(range(250))
        assert found[249].metadata["key"] == "249"

    def test_refuses_the_251st_line_and_keeps_none_of_that_call(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = draft(client, customer)
        client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 1}] * 249})
        with pytest.raises(stripe.InvalidRequestError, match="at most 250"):
            client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 1}] * 2})
        assert client.v1.invoices.retrieve(invoice.id).total == 249

    @pytest.mark.parametrize("percentage", [19.00001, 100.5])
    def test_takes_no_rate_that_stripe_would_not(
        self, client: Client, customer: stripe.Customer, percentage: float
    ) -> None:
        lines = [taxed(100, 19, percentage=percentage)]
        invoice = draft(client, customer)
        with pytest.raises(stripe.InvalidRequestError, match="at most 4 decimal places"):
            client.v1.invoices.add_lines(invoice.id, {"lines": lines})

    def test_changes_and_removes_lines(self, client: Client, customer: stripe.Customer) -> None:
        invoice = draft_with_lines(client, customer)
        first, second, _ = invoice.lines.data
        client.v1.invoices.line_items.update(invoice.id, first.id, {"amount": 5})
        changed = client.v1.invoices.remove_lines(
            invoice.id, {"lines": [{"id": second.id, "behavior": "delete"}]}
        )
        assert changed.total == 5 + AMOUNTS[2]

    def test_merges_metadata_and_unsets_what_is_empty(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = draft(client, customer, metadata={"a": "1", "b": "2"})
        changed = client.v1.invoices.update(invoice.id, {"metadata": {"a": "", "c": "3"}})
        assert changed.to_dict()["metadata"] == {"b": "2", "c": "3"}

    def test_can_be_deleted(self, client: Client, customer: stripe.Customer) -> None:
        invoice = draft(client, customer)
        assert client.v1.invoices.delete(invoice.id).deleted
        with pytest.raises(stripe.InvalidRequestError, match="No such invoice"):
            client.v1.invoices.retrieve(invoice.id)

    def test_takes_pending_items_only_if_asked(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        client.v1.invoice_items.create({"customer": customer.id, "amount": 700, "currency": "usd"})
        assert draft(client, customer).total == 0
        assert draft(client, customer, pending_invoice_items_behavior="include").total == 700

    def test_that_is_to_be_sent_needs_a_due_date(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="days_until_due") as refusal:
            client.v1.invoices.create(
                {"customer": customer.id, "collection_method": "send_invoice"}
            )
        assert refusal.value.param == "days_until_due"


class TestFinalize:
    def test_gives_gapless_numbers_with_the_customers_prefix(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        numbers = [open_invoice(client, customer).number for _ in range(3)]
        assert numbers == [f"{customer.invoice_prefix}-{n:04d}" for n in (1, 2, 3)]

    def test_opens_it_with_a_page_to_pay_on(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = open_invoice(client, customer)
        assert invoice.status == "open"
        assert invoice.hosted_invoice_url
        assert invoice.status_transitions.finalized_at
        assert invoice.due_date == invoice.status_transitions.finalized_at + 30 * 86400

    def test_keeps_the_number_we_passed_and_refuses_it_twice(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        number = f"TB-{customer.id[-10:]}"
        invoice = draft(client, customer, number=number)
        assert client.v1.invoices.finalize_invoice(invoice.id).number == number
        with pytest.raises(stripe.InvalidRequestError, match="already in use"):
            draft(client, customer, number=number)

    def test_moves_an_amount_too_small_to_charge_to_the_balance(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = draft(client, customer)
        client.v1.invoices.add_lines(invoice.id, {"lines": [{"amount": 49}]})
        done = client.v1.invoices.finalize_invoice(invoice.id)
        assert (done.status, done.amount_due, done.ending_balance) == ("paid", 0, 49)
        following = open_invoice(client, customer)
        assert following.starting_balance == 49
        assert following.amount_due == sum(AMOUNTS) + 49


class TestFrozen:
    @pytest.mark.parametrize("call", ["update", "add_lines", "delete", "finalize_invoice"])
    def test_an_open_invoice_refuses(
        self, client: Client, customer: stripe.Customer, call: str
    ) -> None:
        invoice = open_invoice(client, customer)
        arguments: dict[str, list[Any]] = {
            "update": [{"description": "x"}],
            "add_lines": [{"lines": [{"amount": 1}]}],
        }
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            getattr(client.v1.invoices, call)(invoice.id, *arguments.get(call, []))
        assert refusal.value.code == "invoice_not_editable"
        assert client.v1.invoices.retrieve(invoice.id).total == sum(AMOUNTS)

    def test_a_draft_can_be_neither_paid_nor_voided(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = draft_with_lines(client, customer)
        for call in (client.v1.invoices.pay, client.v1.invoices.void_invoice):
            with pytest.raises(stripe.InvalidRequestError):
                call(invoice.id)

    def test_a_paid_invoice_is_not_paid_again_nor_voided(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = open_invoice(client, customer)
        paid = client.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
        assert (paid.status, paid.amount_remaining, paid.amount_paid) == ("paid", 0, paid.total)
        with pytest.raises(stripe.InvalidRequestError, match="already paid"):
            client.v1.invoices.pay(invoice.id, {"paid_out_of_band": True})
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.invoices.void_invoice(invoice.id)

    def test_a_declined_card_leaves_it_open(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = open_invoice(client, customer)
        with pytest.raises(stripe.CardError) as refusal:
            client.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_chargeDeclined"})
        assert refusal.value.code == "card_declined"
        assert client.v1.invoices.retrieve(invoice.id).status == "open"

    def test_void_and_uncollectible_end_it(self, client: Client, customer: stripe.Customer) -> None:
        invoice = open_invoice(client, customer)
        assert client.v1.invoices.mark_uncollectible(invoice.id).status == "uncollectible"
        assert client.v1.invoices.void_invoice(invoice.id).status == "void"


class TestSend:
    def test_needs_an_email_address(self, client: Client) -> None:
        nameless = client.v1.customers.create({"name": "No Mail"})
        invoice = open_invoice(client, nameless)
        with pytest.raises(stripe.InvalidRequestError, match="email"):
            client.v1.invoices.send_invoice(invoice.id)

    def test_tells_so_and_changes_nothing(self, client: Client, customer: stripe.Customer) -> None:
        invoice = open_invoice(client, customer)
        sent = client.v1.invoices.send_invoice(invoice.id)
        assert sent.status == "open"
        newest = client.v1.events.list({"limit": 1, "type": "invoice.sent"}).data[0]
        assert newest.data.object["id"] == invoice.id


class TestList:
    def test_pages_by_cursor_newest_first_in_both_directions(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        made = [draft(client, customer).id for _ in range(5)]
        wish = {"customer": customer.id, "limit": 2}
        first = client.v1.invoices.list(wish)
        assert [invoice.id for invoice in first.data] == made[:2:-1]
        everything = [invoice.id for invoice in first.auto_paging_iter()]
        assert everything == made[::-1]
        before = client.v1.invoices.list({**wish, "ending_before": made[0]})
        assert [invoice.id for invoice in before.data] == [made[2], made[1]]
        assert before.has_more

    def test_filters_by_status_and_creation(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        invoice = open_invoice(client, customer)
        draft(client, customer)
        wish = {"customer": customer.id, "status": "open", "created": {"gte": invoice.created}}
        found = client.v1.invoices.list(wish)
        assert [one.id for one in found.data] == [invoice.id]
        later = {"customer": customer.id, "created": {"gt": invoice.created + 60}}
        assert client.v1.invoices.list(later).data == []
