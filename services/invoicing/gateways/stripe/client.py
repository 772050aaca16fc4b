"""The only module that talks to Stripe. API version: the one of the SDK, `2026-05-27.dahlia`.

What Stripe promises and limits: docs/reference/stripe.md.

Every call that changes something takes an idempotency key; the caller has written down its intent
first. Outcomes are three: an answer, `RefusedByStripe` (nothing happened, and never will with these
parameters) or `UnknownOutcome` (try again with the same key).
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import stripe

from services.invoicing.gateways.stripe import records
from services.invoicing.gateways.stripe.bucket import TokenBucket
from shared.faults import Fault

Answer = TypeVar("Answer")

# Stripe counts calls per second: after one second the window is another.
_RATE_LIMIT_PAUSE_SECONDS: Final = 1.0
_ATTEMPTS_AFTER_429: Final = 5
# The largest page that Stripe gives.
_PAGE: Final = 100
_SERVER_ERROR: Final = 500
# Four levels are the most that Stripe expands.
_WITH_CHARGES: Final = ("data.payment.payment_intent.latest_charge", "data.payment.charge")
# What Stripe's own libraries allow between signing and reading (docs/reference/stripe.md).
_SIGNATURE_SECONDS: Final = 300


@dataclass
class RefusedByStripe(Fault):
    """Stripe has judged the request and refused it; `answer` are its words, where it said any."""

    answer: str = ""


class KeyRefused(Fault):
    """Stripe does not accept our key: nothing is wrong with what was asked."""


class UnknownOutcome(Exception):
    """No answer, a conflict or a server error: it may have happened.

    `is_server_error` tells an answer of 500 and more: Stripe repeats it for the key, for ever.
    """

    def __init__(self, message: str, *, is_server_error: bool = False) -> None:
        super().__init__(message)
        self.is_server_error = is_server_error


@dataclass(frozen=True)
class StripeLine:
    """`tax_rates` are Stripe's ids of the rates it made of the line's tax, in order."""

    amount_minor: int
    description: str
    metadata: Mapping[str, str]
    stripe_id: str
    tax_rates: tuple[str, ...]
    tax_minor: int = 0


@dataclass(frozen=True)
class StripeInvoice:
    """`amounts` in minor units; `metadata` is ours, written when the draft was created.

    Of the balances, negative is in the customer's favour: the invoice took what is between them.
    """

    stripe_id: str
    stripe_customer_id: str
    status: str
    currency: str
    total_minor: int
    remaining_minor: int
    paid_minor: int
    paid_off_stripe_minor: int
    overpaid_minor: int
    starting_balance_minor: int
    ending_balance_minor: int | None
    is_taxed_by_us: bool
    number: str
    hosted_invoice_url: str
    due_date: int | None
    paid_at: int | None
    finalized_at: int | None
    metadata: Mapping[str, str]

    @property
    def applied_balance_minor(self) -> int:
        """What of the customer's balance it took; nothing before it is finalised."""
        if self.ending_balance_minor is None:
            return 0
        return self.ending_balance_minor - self.starting_balance_minor


class StripeGateway:
    """`seconds` is how long Stripe may take to answer a call; without, what its library allows."""

    def __init__(
        self,
        *,
        api_key: str,
        api_base: str,
        requests_per_second: int,
        seconds: float | None = None,
    ) -> None:
        http = stripe.HTTPXClient(timeout=seconds, allow_sync_methods=True) if seconds else None
        self._client = stripe.StripeClient(
            api_key, base_addresses={"api": api_base}, max_network_retries=0, http_client=http
        )
        self._bucket = TokenBucket(requests_per_second)

    def ask(self) -> None:
        """Whether Stripe answers and takes our key, by the cheapest read that we may do."""
        self._call(lambda: self._v1.invoices.list({"limit": 1}))

    def create_customer(self, params: Mapping[str, Any], *, key: str) -> str:
        return str(self._call(lambda: self._v1.customers.create(dict(params), _once(key))).id)

    def update_customer(self, stripe_id: str, params: Mapping[str, Any], *, key: str) -> str:
        return str(
            self._call(lambda: self._v1.customers.update(stripe_id, dict(params), _once(key))).id
        )

    def create_invoice(self, params: Mapping[str, Any], *, key: str) -> StripeInvoice:
        return _invoice(self._call(lambda: self._v1.invoices.create(dict(params), _once(key))))

    def add_lines(self, stripe_id: str, params: Mapping[str, Any], *, key: str) -> None:
        self._call(lambda: self._v1.invoices.add_lines(stripe_id, dict(params), _once(key)))

    def finalize(self, stripe_id: str, *, key: str) -> StripeInvoice:
        params: Any = {"auto_advance": False}
        return _invoice(
            self._call(lambda: self._v1.invoices.finalize_invoice(stripe_id, params, _once(key)))
        )

    def send(self, stripe_id: str, *, key: str) -> StripeInvoice:
        return _invoice(
            self._call(lambda: self._v1.invoices.send_invoice(stripe_id, {}, _once(key)))
        )

    def void(self, stripe_id: str, *, key: str) -> StripeInvoice:
        """An open one, for good: it keeps its number, and nothing of it is to pay."""
        return _invoice(
            self._call(lambda: self._v1.invoices.void_invoice(stripe_id, {}, _once(key)))
        )

    def delete_draft(self, stripe_id: str) -> None:
        """A draft that nobody has seen; deleting it twice is refused, and that is well."""
        self._call(lambda: self._v1.invoices.delete(stripe_id))

    def invoice(self, stripe_id: str) -> StripeInvoice:
        return _invoice(self._call(lambda: self._v1.invoices.retrieve(stripe_id)))

    def lines(self, stripe_id: str) -> list[StripeLine]:
        """All lines, read back in pages of 100."""
        of_invoice = self._v1.invoices.line_items
        return [_line(item) for item in self._all(lambda page: of_invoice.list(stripe_id, page))]

    def preview_credit_note(self, params: Mapping[str, Any]) -> records.StripePreview:
        """What the note would be; raises RefusedByStripe for what creating it would refuse."""
        return records.preview(self._call(lambda: self._v1.credit_notes.preview(dict(params))))

    def create_credit_note(
        self, params: Mapping[str, Any], *, key: str
    ) -> records.StripeCreditNote:
        """It is issued with that: Stripe has no drafts of notes."""
        return records.credit_note(
            self._call(lambda: self._v1.credit_notes.create(dict(params), _once(key)))
        )

    def credit_note(self, stripe_id: str) -> records.StripeCreditNote:
        return records.credit_note(self._call(lambda: self._v1.credit_notes.retrieve(stripe_id)))

    def credit_notes(self, stripe_invoice_id: str) -> list[records.StripeCreditNote]:
        """All of an invoice, newest first: ours and others', void ones too."""
        wish = {"invoice": stripe_invoice_id}
        notes = self._all(lambda page: self._v1.credit_notes.list({**wish, **page}))
        return [records.credit_note(item) for item in notes]

    def credit_note_lines(self, stripe_id: str) -> list[records.StripeNoteLine]:
        of_note = self._v1.credit_notes.line_items
        return [
            records.note_line(item)
            for item in self._all(lambda page: of_note.list(stripe_id, page))
        ]

    def update_credit_note(
        self, stripe_id: str, *, memo: str, metadata: Mapping[str, str], key: str
    ) -> records.StripeCreditNote:
        """Metadata are merged with what is there; Stripe changes nothing else of a note."""
        params: Any = {"memo": memo, "metadata": dict(metadata)}
        return records.credit_note(
            self._call(lambda: self._v1.credit_notes.update(stripe_id, params, _once(key)))
        )

    def void_credit_note(self, stripe_id: str, *, key: str) -> records.StripeCreditNote:
        """Only while its invoice is open. True-up never does it: a person may have to."""
        return records.credit_note(
            self._call(lambda: self._v1.credit_notes.void_credit_note(stripe_id, {}, _once(key)))
        )

    def invoice_payments(self, stripe_invoice_id: str) -> list[records.StripePayment]:
        """All of an invoice, newest first, with what their charges can still give back."""
        wish = {"invoice": stripe_invoice_id, "expand": list(_WITH_CHARGES)}
        payments = self._all(lambda page: self._v1.invoice_payments.list({**wish, **page}))
        return [records.payment(item) for item in payments]

    def invoices_paid_by(self, payment_intent_id: str) -> list[str]:
        """The ids of the invoices that a refund or a dispute of this payment concerns."""
        of = {"type": "payment_intent", "payment_intent": payment_intent_id}
        wish = {"payment": of}
        payments = self._all(lambda page: self._v1.invoice_payments.list({**wish, **page}))
        return [str(item.invoice) for item in payments]

    def refund(self, stripe_id: str) -> records.StripeRefund:
        return records.refund(self._call(lambda: self._v1.refunds.retrieve(stripe_id)))

    def dispute(self, stripe_id: str) -> records.StripeDispute:
        return records.dispute(self._call(lambda: self._v1.disputes.retrieve(stripe_id)))

    def balance_transactions(
        self, stripe_customer_id: str, *, since: int
    ) -> list[records.StripeBalanceMove]:
        """What moved the customer's balances since a Unix time, newest first."""
        of_customer = self._v1.customers.balance_transactions
        wish = {"created": {"gte": since}}
        moves = self._all(lambda page: of_customer.list(stripe_customer_id, {**wish, **page}))
        return [records.balance_move(item) for item in moves]

    def invoices_of(self, stripe_customer_id: str, *, since: int) -> Iterator[StripeInvoice]:
        """For recovery only: what the customer has since a Unix time."""
        params: Any = {"customer": stripe_customer_id, "created": {"gte": since}, "limit": _PAGE}
        page = self._call(lambda: self._v1.invoices.list(params))
        for item in page.auto_paging_iter():
            yield _invoice(item)

    def customers_since(self, since: int) -> Iterator[tuple[str, Mapping[str, str]]]:
        """For recovery only: (id, metadata) of customers created since a Unix time."""
        params: Any = {"created": {"gte": since}, "limit": _PAGE}
        page = self._call(lambda: self._v1.customers.list(params))
        for item in page.auto_paging_iter():
            yield item.id, _metadata(item)

    def events_since(self, since: int) -> Iterator[Mapping[str, Any]]:
        """Events that may have missed us; Stripe keeps them for 30 days."""
        params: Any = {"created": {"gte": since}, "limit": _PAGE}
        page = self._call(lambda: self._v1.events.list(params))
        for item in page.auto_paging_iter():
            yield json.loads(str(item))

    @property
    def _v1(self) -> Any:
        return self._client.v1

    def _all(self, list_page: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
        """Page by page, each a call with its own share of the rate."""
        wish: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = self._call(lambda: list_page(dict(wish)))
            yield from page.data
            if not page.has_more:
                return
            wish["starting_after"] = page.data[-1].id

    def _call(self, call: Callable[[], Answer]) -> Answer:
        for _ in range(_ATTEMPTS_AFTER_429):
            self._bucket.take()
            try:
                return call()
            except stripe.RateLimitError:
                self._bucket.pause(_RATE_LIMIT_PAUSE_SECONDS)
            except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
                if error.http_status == 409:  # noqa: PLR2004 - the same key is in flight
                    raise UnknownOutcome(str(error)) from error
                answer = str(error.user_message or error)
                raise RefusedByStripe(f"Stripe refuses: {answer}.", answer=answer) from error
            except (stripe.AuthenticationError, stripe.PermissionError) as error:
                raise KeyRefused(
                    f"Stripe does not accept the key: {error}.",
                    remedy="Check TRUEBACK_STRIPE_API_KEY.",
                ) from error
            except stripe.StripeError as error:
                is_server_error = (error.http_status or 0) >= _SERVER_ERROR
                raise UnknownOutcome(str(error), is_server_error=is_server_error) from error
        raise UnknownOutcome("Stripe is limiting our rate")


def verified_event(payload: bytes, signature: str, secrets: Sequence[str]) -> object:
    """What a webhook holds: HMAC-SHA256, at most 300 s old; several secrets while they rotate.

    Raises RefusedByStripe for a signature that no secret made, or one of a time to come: it could
    be repeated until 300 s after that. The content is anything that JSON can hold.
    """
    if not signature.isascii():
        raise RefusedByStripe("The webhook's signature is not one of ours.")
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(  # type: ignore[no-untyped-call]
                payload.decode(), signature, secret, tolerance=_SIGNATURE_SECONDS
            )
        except (ValueError, stripe.SignatureVerificationError):
            continue
        if _signed_at(signature) > time.time() + _SIGNATURE_SECONDS:
            raise RefusedByStripe("The webhook was signed at a time to come.")
        return _content(payload)
    raise RefusedByStripe("The webhook's signature is not one of ours.")


def _signed_at(signature: str) -> int:
    """The first `t`, as the SDK takes it, which has read it already."""
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _content(payload: bytes) -> object:
    """Numbers with a fraction as they are written: none of them is an amount."""
    try:
        return json.loads(payload, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise RefusedByStripe("The webhook is signed, and no JSON that can be read.") from error


def _metadata(item: Any) -> Mapping[str, str]:
    return item.metadata.to_dict() if item.metadata else {}


def _line(item: Any) -> StripeLine:
    taxes = item.taxes or []
    return StripeLine(
        amount_minor=item.amount,
        description=item.description or "",
        metadata=_metadata(item),
        stripe_id=item.id,
        tax_rates=tuple(str(tax.tax_rate_details.tax_rate) for tax in taxes),
        tax_minor=sum(tax.amount for tax in taxes if tax.tax_behavior == "exclusive"),
    )


def _once(key: str) -> Any:
    return {"idempotency_key": key}


def _invoice(item: Any) -> StripeInvoice:
    transitions = item.status_transitions
    return StripeInvoice(
        stripe_id=item.id,
        stripe_customer_id=str(item.customer),
        status=item.status or "",
        currency=item.currency.upper(),
        total_minor=item.total,
        remaining_minor=item.amount_remaining,
        paid_minor=item.amount_paid,
        paid_off_stripe_minor=getattr(item, "amount_paid_off_stripe", None) or 0,
        overpaid_minor=item.amount_overpaid,
        starting_balance_minor=item.starting_balance,
        ending_balance_minor=item.ending_balance,
        is_taxed_by_us=bool(item.total_taxes) and not item.automatic_tax.enabled,
        number=item.number or "",
        hosted_invoice_url=item.hosted_invoice_url or "",
        due_date=item.due_date,
        paid_at=transitions.paid_at if transitions else None,
        finalized_at=transitions.finalized_at if transitions else None,
        metadata=_metadata(item),
    )
