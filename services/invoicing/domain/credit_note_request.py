"""What Stripe is asked for of a credit note: pure, so that a retry asks for exactly the same.

The rules of Stripe's that this follows: docs/reference/stripe.md, "Credit notes".
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.contracts.invoicing import Difference
from shared.vocabulary.true_up import DownPaid

# Stripe refuses a longer memo.
MEMO_MAX: Final = 5000
# A preview is a GET, so its lines stand in its address, at some 300 characters each with tax:
# servers take some 8 KB of them. So many lines come with its answer, too.
PREVIEW_LINES_MAX: Final = 10


@dataclass(frozen=True)
class NoteLine:
    """Of the note: `stripe_line_id` is the invoice's line; `amount_minor` is without its tax."""

    stripe_line_id: str
    amount_minor: int
    tax_minor: int = 0


@dataclass(frozen=True)
class NoteToIssue:
    """A credit note of ours as it was approved, for an invoice that Stripe has.

    `down_paid` says where goes what exceeds what is still to pay; `issuing_since` from when on it
    waits; `kind` and `document_id` are told to Stripe with it.
    """

    document_id: str
    customer_id: str
    stripe_invoice_id: str
    currency: str
    lines: Sequence[NoteLine]
    down_paid: DownPaid
    issuing_since: datetime
    kind: str
    memo: str = ""
    effective_at: datetime | None = None

    @property
    def total_minor(self) -> int:
        return sum(line.amount_minor + line.tax_minor for line in self.lines)


@dataclass(frozen=True)
class InvoiceAtStripe:
    """What a settlement depends on, as read at one moment: another reading of it is compared.

    `refundable_minor` is what its charges can still give back, `off_stripe_minor` what was paid
    out of band and not given back so. `tax_rates` are Stripe's ids by its line; empty where there
    is no tax, or where Stripe computes it.
    """

    status: str
    remaining_minor: int
    paid_minor: int
    refundable_minor: int
    off_stripe_minor: int
    tax_rates: Mapping[str, str]


@dataclass(frozen=True)
class Settlement:
    """A note's total, by where it goes; what does not lower what remains was paid already."""

    remaining_minor: int
    balance_minor: int = 0
    refund_minor: int = 0
    out_of_band_minor: int = 0


def settle(total_minor: int, invoice: InvoiceAtStripe, down_paid: DownPaid) -> Settlement:
    """First off what remains to pay, then by the policy.

    A refund is at most what the charges can give back; then what was paid out of band goes back
    that way, and the rest is on the balance: it reaches the customer in any case.
    """
    remaining = min(total_minor, invoice.remaining_minor)
    paid = total_minor - remaining
    if down_paid == DownPaid.OUT_OF_BAND:
        return Settlement(remaining, out_of_band_minor=paid)
    if down_paid == DownPaid.BALANCE:
        return Settlement(remaining, balance_minor=paid)
    refund = min(paid, invoice.refundable_minor)
    out_of_band = min(paid - refund, invoice.off_stripe_minor)
    return Settlement(remaining, paid - refund - out_of_band, refund, out_of_band)


def note_request(note: NoteToIssue, invoice: InvoiceAtStripe) -> dict[str, Any]:
    """By line and amount, with the settlement to the unit; Stripe mails nobody."""
    request: dict[str, Any] = {
        "invoice": note.stripe_invoice_id,
        "email_type": "none",
        "lines": [_line(line, invoice.tax_rates) for line in note.lines],
        "metadata": {"trueback_document": note.document_id, "trueback_kind": note.kind},
        **_amounts(settle(note.total_minor, invoice, note.down_paid)),
    }
    if note.memo:
        request["memo"] = note.memo[:MEMO_MAX]
    if note.effective_at is not None:
        request["effective_at"] = int(note.effective_at.timestamp())
    return request


def _line(line: NoteLine, tax_rates: Mapping[str, str]) -> dict[str, Any]:
    """Where tax is ours, also one of 0: Stripe would compute it else."""
    asked: dict[str, Any] = {
        "type": "invoice_line_item",
        "invoice_line_item": line.stripe_line_id,
        "amount": line.amount_minor,
    }
    rate = tax_rates.get(line.stripe_line_id)
    if rate is not None:
        tax = {"amount": line.tax_minor, "tax_rate": rate, "taxable_amount": line.amount_minor}
        asked["tax_amounts"] = [tax]
    return asked


def _amounts(settlement: Settlement) -> dict[str, int]:
    amounts = {
        "credit_amount": settlement.balance_minor,
        "refund_amount": settlement.refund_minor,
        "out_of_band_amount": settlement.out_of_band_minor,
    }
    return {name: amount for name, amount in amounts.items() if amount}


def preview_requests(
    request: Mapping[str, Any], note: NoteToIssue, invoice: InvoiceAtStripe
) -> Iterator[dict[str, Any]]:
    """The request as it will be made, in parts that fit an address; words are left out of it.

    A part of several is a note of its own to Stripe, settled by itself and on the balance, which
    takes anything: what is asked is what its lines come to.
    """
    lines = request["lines"]
    amounts = ("credit_amount", "refund_amount", "out_of_band_amount")
    if len(lines) <= PREVIEW_LINES_MAX:
        kept = ("invoice", "email_type", "lines", "effective_at", *amounts)
        yield {name: request[name] for name in kept if name in request}
        return
    for start in range(0, len(lines), PREVIEW_LINES_MAX):
        part = note.lines[start : start + PREVIEW_LINES_MAX]
        total = sum(line.amount_minor + line.tax_minor for line in part)
        yield {
            "invoice": request["invoice"],
            "email_type": "none",
            "lines": lines[start : start + PREVIEW_LINES_MAX],
            **_amounts(settle(total, invoice, DownPaid.BALANCE)),
        }


def note_inequalities(
    note: NoteToIssue, *, at_stripe: Sequence[NoteLine], currency: str, total_minor: int
) -> list[Difference]:
    """Where Stripe's preview is not ours, line by line with its tax; posted only if nowhere."""
    ours = {line.stripe_line_id: line for line in note.lines}
    theirs = {line.stripe_line_id: line for line in at_stripe}
    compared: list[tuple[str, object, object]] = []
    for name in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(name), theirs.get(name)
        compared += [
            (f"line {name}", _amount(here), _amount(there)),
            (f"tax of line {name}", _tax(here), _tax(there)),
        ]
    compared += [
        ("lines", len(note.lines), len(at_stripe)),
        ("currency", note.currency, currency),
        ("total", note.total_minor, total_minor),
    ]
    return [
        Difference(of, _text(here), _text(there)) for of, here, there in compared if here != there
    ]


def _amount(line: NoteLine | None) -> int | None:
    return line.amount_minor if line else None


def _tax(line: NoteLine | None) -> int | None:
    return line.tax_minor if line else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
