"""What Stripe answers of credit notes and payments, as values; amounts are in minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.vocabulary.stripe_records import PaymentStatus

# What an intent is at where money is on its way, or will be without anybody's further doing.
_UNDER_WAY: Final = frozenset({"processing", "requires_capture"})


@dataclass(frozen=True)
class StripeNoteLine:
    """`stripe_line_id` is the invoice's line, empty where the note names none."""

    stripe_line_id: str
    amount_minor: int
    tax_minor: int


@dataclass(frozen=True)
class StripePreview:
    """What a note would be; `lines` are the first, and all where there are no more than 10."""

    currency: str
    total_minor: int
    pre_payment_minor: int
    post_payment_minor: int
    lines: tuple[StripeNoteLine, ...]


@dataclass(frozen=True)
class StripeCreditNote:
    """A note that is issued, or `void`: what of it went where, and what is ours in `metadata`.

    `remaining_minor` was taken off what is to pay; the others were paid already.
    """

    stripe_id: str
    number: str
    status: str
    stripe_invoice_id: str
    stripe_customer_id: str
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    remaining_minor: int
    balance_minor: int
    refund_minor: int
    out_of_band_minor: int
    refund_ids: tuple[str, ...]
    memo: str
    pdf_url: str
    created_at: int
    effective_at: int
    voided_at: int | None
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class StripePayment:
    """Of an invoice. Its default payment is `open` though nobody pays: the intent tells more.

    `refundable_minor` is what its charge can still give back of it: nothing once it is disputed,
    though it could again if that is won.
    """

    stripe_id: str
    status: str
    is_default: bool
    requested_minor: int
    paid_minor: int
    refundable_minor: int
    intent_status: str

    @property
    def is_under_way(self) -> bool:
        """Also one that somebody attached, whatever its intent is at: it may succeed any time."""
        is_open = self.status == PaymentStatus.OPEN
        return is_open and (self.intent_status in _UNDER_WAY or not self.is_default)


@dataclass(frozen=True)
class StripeBalanceMove:
    """Of a customer's balance: negative is in the customer's favour. `kind` is Stripe's word."""

    stripe_id: str
    kind: str
    amount_minor: int
    currency: str
    ending_balance_minor: int
    stripe_invoice_id: str
    stripe_note_id: str
    created_at: int


@dataclass(frozen=True)
class StripeRefund:
    """`failed` is money that is ours again; `failure` is Stripe's word for why."""

    stripe_id: str
    status: str
    amount_minor: int
    currency: str
    payment_intent_id: str
    failure: str
    created_at: int


@dataclass(frozen=True)
class StripeDispute:
    """`status` is Stripe's: `won` and `lost` end it. The amount may be less than the charge's."""

    stripe_id: str
    status: str
    amount_minor: int
    currency: str
    payment_intent_id: str
    created_at: int


def note_line(item: Any) -> StripeNoteLine:
    return StripeNoteLine(
        stripe_line_id=getattr(item, "invoice_line_item", None) or "",
        amount_minor=item.amount,
        tax_minor=_sum_of_taxes(item.taxes),
    )


def preview(item: Any) -> StripePreview:
    return StripePreview(
        currency=item.currency.upper(),
        total_minor=item.total,
        pre_payment_minor=item.pre_payment_amount,
        post_payment_minor=item.post_payment_amount,
        lines=tuple(note_line(line) for line in item.lines.data),
    )


def credit_note(item: Any) -> StripeCreditNote:
    """What Stripe put on the balance is what is neither refunded nor credited out of band."""
    refunded = sum(refund.amount_refunded for refund in item.refunds)
    out_of_band = item.out_of_band_amount or 0
    return StripeCreditNote(
        stripe_id=item.id,
        number=item.number,
        status=item.status,
        stripe_invoice_id=_id(item.invoice),
        stripe_customer_id=_id(item.customer),
        currency=item.currency.upper(),
        net_minor=item.total - _sum_of_taxes(item.total_taxes),
        tax_minor=_sum_of_taxes(item.total_taxes),
        total_minor=item.total,
        remaining_minor=item.pre_payment_amount,
        balance_minor=item.post_payment_amount - refunded - out_of_band,
        refund_minor=refunded,
        out_of_band_minor=out_of_band,
        refund_ids=tuple(_id(refund.refund) for refund in item.refunds if refund.refund),
        memo=item.memo or "",
        pdf_url=item.pdf or "",
        created_at=item.created,
        effective_at=item.effective_at or item.created,
        voided_at=item.voided_at,
        metadata=item.metadata.to_dict() if item.metadata else {},
    )


def payment(item: Any) -> StripePayment:
    """Of an item whose intents and charges were asked for with it."""
    paid = item.amount_paid or 0
    of = item.payment
    intent = of.payment_intent if of.type == "payment_intent" else None
    charge = intent.latest_charge if intent else getattr(of, "charge", None)
    return StripePayment(
        stripe_id=item.id,
        status=item.status,
        is_default=item.is_default,
        requested_minor=item.amount_requested,
        paid_minor=paid,
        refundable_minor=min(paid, _refundable(charge)) if charge else 0,
        intent_status=intent.status if intent else "",
    )


def refund(item: Any) -> StripeRefund:
    return StripeRefund(
        stripe_id=item.id,
        status=item.status or "",
        amount_minor=item.amount,
        currency=item.currency.upper(),
        payment_intent_id=_id(item.payment_intent),
        failure=getattr(item, "failure_reason", None) or "",
        created_at=item.created,
    )


def dispute(item: Any) -> StripeDispute:
    return StripeDispute(
        stripe_id=item.id,
        status=item.status,
        amount_minor=item.amount,
        currency=item.currency.upper(),
        payment_intent_id=_id(item.payment_intent),
        created_at=item.created,
    )


def balance_move(item: Any) -> StripeBalanceMove:
    return StripeBalanceMove(
        stripe_id=item.id,
        kind=item.type,
        amount_minor=item.amount,
        currency=item.currency.upper(),
        ending_balance_minor=item.ending_balance,
        stripe_invoice_id=_id(item.invoice),
        stripe_note_id=_id(item.credit_note),
        created_at=item.created,
    )


def _refundable(charge: Any) -> int:
    if not charge.paid or charge.disputed:
        return 0
    return int(charge.amount_captured - charge.amount_refunded)


def _sum_of_taxes(taxes: Any) -> int:
    return sum(tax.amount for tax in taxes or [] if tax.tax_behavior == "exclusive")


def _id(of: Any) -> str:
    """Stripe gives an id, or the object where it was asked to expand it."""
    return str(of if isinstance(of, str) else of.id) if of else ""
