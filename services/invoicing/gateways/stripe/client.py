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

from services.invoicing.gateways.stripe.bucket import TokenBucket
from shared.faults import Fault

Answer = TypeVar("Answer")

# Stripe counts calls per second: after one second the window is another.
_RATE_LIMIT_PAUSE_SECONDS: Final = 1.0
_ATTEMPTS_AFTER_429: Final = 5
# The largest page that Stripe gives.
_PAGE: Final = 100
_SERVER_ERROR: Final = 500
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
    amount_minor: int
    description: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class StripeInvoice:
    """`amounts` in minor units; `metadata` is ours, written when the draft was created."""

    stripe_id: str
    status: str
    currency: str
    total_minor: int
    number: str
    hosted_invoice_url: str
    due_date: int | None
    paid_at: int | None
    finalized_at: int | None
    metadata: Mapping[str, str]


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

    def delete_draft(self, stripe_id: str) -> None:
        """A draft that nobody has seen; deleting it twice is refused, and that is well."""
        self._call(lambda: self._v1.invoices.delete(stripe_id))

    def invoice(self, stripe_id: str) -> StripeInvoice:
        return _invoice(self._call(lambda: self._v1.invoices.retrieve(stripe_id)))

    def lines(self, stripe_id: str) -> list[StripeLine]:
        """All lines, read back in pages of 100."""
        lines: list[StripeLine] = []
        params: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = self._call(lambda: self._v1.invoices.line_items.list(stripe_id, dict(params)))
            lines += [
                StripeLine(line.amount, line.description or "", _metadata(line))
                for line in page.data
            ]
            if not page.has_more:
                return lines
            params["starting_after"] = page.data[-1].id

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


def _once(key: str) -> Any:
    return {"idempotency_key": key}


def _invoice(item: Any) -> StripeInvoice:
    transitions = item.status_transitions
    return StripeInvoice(
        stripe_id=item.id,
        status=item.status or "",
        currency=item.currency.upper(),
        total_minor=item.total,
        number=item.number or "",
        hosted_invoice_url=item.hosted_invoice_url or "",
        due_date=item.due_date,
        paid_at=transitions.paid_at if transitions else None,
        finalized_at=transitions.finalized_at if transitions else None,
        metadata=_metadata(item),
    )
