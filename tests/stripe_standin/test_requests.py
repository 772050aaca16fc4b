"""What is refused at the door, with Stripe's own words."""

import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from deploy.stripe_standin.parameters import decode_form

if TYPE_CHECKING:
    from conftest import StandIn, Starter

Client = Any  # the SDK's types would refuse what is refused here


def list_customers(client: Client, *, times: int) -> None:
    for _ in range(times):
        client.v1.customers.list()


class TestParameters:
    def test_an_unknown_one_is_refused_at_any_depth(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.invoices.create({"customer": customer.id, "colour": "red"})
        assert (refusal.value.code, refusal.value.param) == ("parameter_unknown", "colour")
        invoice = client.v1.invoices.create({"customer": customer.id})
        lines = [{"amount": 5, "period": {"start": 1, "end": 2, "middle": 1}}]
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.invoices.add_lines(invoice.id, {"lines": lines})
        assert refusal.value.param == "lines[0][period][middle]"

    @pytest.mark.parametrize(
        ("params", "param"),
        [
            ({"customer": "cus_nobody"}, "customer"),
            ({"auto_advance": "perhaps"}, "auto_advance"),
            ({"days_until_due": "1.5"}, "days_until_due"),
            ({"collection_method": "by_hand"}, "collection_method"),
            ({"currency": "USD"}, "currency"),
            ({"number": "N" * 27}, "number"),
            ({"description": "d" * 1501}, "description"),
            ({"metadata": {"k" * 41: "v"}}, "metadata"),
            ({"metadata": {"k": "v" * 501}}, "metadata[k]"),
            ({"metadata": {str(n): "v" for n in range(51)}}, "metadata"),
            ({"custom_fields": [{"name": "n", "value": "v"}] * 5}, "custom_fields"),
            ({"custom_fields": [{"name": "n"}]}, "custom_fields[0][value]"),
        ],
    )
    def test_a_wrong_one_is_named(
        self,
        client: Client,
        customer: stripe.Customer,
        params: dict[str, object],
        param: str,
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.invoices.create({"customer": customer.id, **params})
        assert refusal.value.param == param

    def test_one_that_nothing_here_would_act_on_is_refused(
        self, client: Client, customer: stripe.Customer
    ) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.invoices.create({"customer": customer.id, "default_tax_rates": ["txr_1"]})
        assert refusal.value.code == "standin_not_implemented"

    @given(st.dictionaries(st.text("abc", min_size=1), st.text(), max_size=5))
    def test_nesting_decodes_to_what_was_encoded(self, fields: dict[str, str]) -> None:
        encoded = urllib.parse.urlencode({f"m[{name}]": text for name, text in fields.items()})
        assert decode_form(encoded) == ({"m": fields} if fields else {})


class TestKey:
    def test_a_wrong_one_is_refused(self, standin: "StandIn") -> None:
        stranger = stripe.StripeClient("sk_test_other", base_addresses={"api": standin.url})
        with pytest.raises(stripe.AuthenticationError):
            stranger.v1.customers.list()

    def test_another_version_of_the_api_is_refused(self, standin: "StandIn") -> None:
        with pytest.raises(stripe.InvalidRequestError, match="version"):
            standin.client().v1.customers.list(options={"stripe_version": "2020-08-27"})


class TestRateLimit:
    def test_answers_429_beyond_it_and_the_sdk_does_not_retry(
        self, start_standin: "Starter"
    ) -> None:
        client = start_standin("--rate-per-endpoint", "5").client(retries=2)
        with pytest.raises(stripe.RateLimitError, match="rate limit"):
            list_customers(client, times=8)
        assert client.v1.invoices.list().data == []  # another endpoint has its own


class TestIdempotency:
    def test_the_same_key_and_parameters_replay_the_first_answer(self, client: Client) -> None:
        wish, options = {"name": "Once"}, {"idempotency_key": "tb-test-once"}
        first = client.v1.customers.create(wish, options)
        second = client.v1.customers.create(wish, options)
        assert first.id == second.id
        assert second.last_response.headers["Idempotent-Replayed"] == "true"

    def test_other_parameters_under_the_same_key_are_an_error(self, client: Client) -> None:
        options = {"idempotency_key": "tb-test-other"}
        client.v1.customers.create({"name": "One"}, options)
        with pytest.raises(stripe.IdempotencyError):
            client.v1.customers.create({"name": "Two"}, options)

    def test_a_refusal_of_parameters_does_not_burn_the_key(self, client: Client) -> None:
        options = {"idempotency_key": "tb-test-unburnt"}
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.customers.create({"nom": "?"}, options)
        assert client.v1.customers.create({"name": "Fine"}, options).id

    def test_a_request_in_flight_is_a_conflict(self, start_standin: "Starter") -> None:
        standin = start_standin()
        standin.fault(kind="delay", path="/v1/customers", seconds=1.5)
        options = {"idempotency_key": "tb-test-slow"}
        first = threading.Thread(
            target=standin.client().v1.customers.create,
            args=({"name": "Slow"}, options),
        )
        first.start()
        while standin.control("GET", "faults")["faults"][0]["times"] != 0:
            time.sleep(0.01)
        with pytest.raises(stripe.StripeError) as refusal:
            standin.client().v1.customers.create({"name": "Slow"}, options)
        assert refusal.value.http_status == 409
        first.join()
        assert len(standin.client().v1.customers.list().data) == 1

    def test_keys_are_forgotten_after_a_day(self, start_standin: "Starter") -> None:
        standin = start_standin()
        options = {"idempotency_key": "tb-test-old"}
        first = standin.client().v1.customers.create({"name": "Old"}, options)
        standin.control("POST", "advance_clock", {"seconds": 24 * 3600})
        second = standin.client().v1.customers.create({"name": "Old"}, options)
        assert first.id != second.id
