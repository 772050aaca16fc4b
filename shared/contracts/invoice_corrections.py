"""What corrects an invoice, or an earlier month on it, as the invoice's facts have it."""

from dataclasses import field
from decimal import Decimal

from pydantic.dataclasses import dataclass

from shared.contracts.fields import Amount, Code, Instant, Line, Name, Period


@dataclass(frozen=True)
class TaxGroup:
    """What a document has of one category (`TaxCategory`), rate and place of supply."""

    category: Code
    percent: Amount
    place: Code
    net: Amount
    tax: Amount


@dataclass(frozen=True)
class CreditedLine:
    description: Line
    amount: Amount


@dataclass(frozen=True)
class ChangedLine:
    """A line of a restated month, as priced: what all documents have charged, and what is right."""

    description: Line
    charged: Amount
    corrected: Amount


@dataclass(frozen=True)
class Credit:
    """A credit note of an invoice, once it is issued; amounts are given back, and above 0.

    `net` is without `tax`. `causes` (`RevisionCause`) are why the cost of `period` differs; none of
    what a person gives. Of the whole `remaining` is off what is still to pay, `balance` on the
    customer's balance at Stripe, `refund` and `out_of_band` paid back; `refund_failed` is what of
    `refund` the bank has sent back, and is owed again. `changes` are all lines of the month that
    came out otherwise, also where one pays for another. By `note_id` its PDF is asked for; it is ""
    of an earlier release. `taxes` are those that `tax` is of, where it is ours.
    """

    number: Name
    issued_at: Instant
    period: Period
    causes: list[Code]
    net: Amount
    tax: Amount
    lines: list[CreditedLine]
    remaining: Amount
    balance: Amount
    refund: Amount
    out_of_band: Amount
    refund_failed: Amount = Decimal(0)
    note_id: Name = ""
    changes: list[ChangedLine] = field(default_factory=list)
    taxes: list[TaxGroup] = field(default_factory=list)


@dataclass(frozen=True)
class Charge:
    """What an invoice charges of a month that was restated, before tax.

    `corrects` is the number of that month's invoice, "" where there was none; the rest as a credit.
    """

    period: Period
    causes: list[Code]
    corrects: Name
    net: Amount
    changes: list[ChangedLine] = field(default_factory=list)
