"""The sentences that `invoicing.invoice_*.v1` carried, and what each of them says.

A sentence is written from data and read back to the same data; one that was never written so is a
ValueError, but for words that nobody reads: those are quoted as a person's.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from shared.contracts.bases import Adjusted, Basis, FeeDays, Markup, MinimumRest, Tiers
from shared.contracts.invoicing import Cause, Difference, Refusal
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode

# Version 1 does not say whether a fee is a month's or a year's: a year has at least so many days.
_YEAR_DAYS: Final = 365
_PERSON: Final = CauseCode.PERSON
_UNEQUAL: Final = CauseCode.UNEQUAL_AT_STRIPE
_SENTENCES: Final[Mapping[str, str]] = {
    CauseCode.NEGATIVE_TOTAL: "The total is negative.",
    CauseCode.BELOW_ZERO: (
        "Credits of {amount} {currency} found no usage that they lower: they are not on it."
    ),
    CauseCode.BELOW_SMALLEST_CHARGE: "The total is below the smallest amount that Stripe charges.",
    CauseCode.TOO_MANY_LINES: "It has {lines} lines; Stripe takes {lines_max}.",
    CauseCode.PART_OF_MONTH: (
        "The contract covers part of the month, the cost is of the whole month."
    ),
    CauseCode.UNALLOCATED_SHARE: "{percent}% of the bill is unallocated, over {percent_max}%.",
    CauseCode.ABOVE_MEDIAN: "The total is {times} times the median of the months before.",
    CauseCode.RESTATED: "Restated since it was drafted.",
    CauseCode.REFUSED_BY_STRIPE: "Stripe refuses: {text}.",
    CauseCode.PERIOD_CLOSED: "{period} was closed.",
    CauseCode.DRAFTED_ANEW: "Drafted anew on the restated cost.",
    CauseCode.CLOSED_AGAIN: "{period} was closed again on restated cost, by close {number}.",
    CauseCode.APPROVED_ON_OLDER_CLOSE: (
        "Approved on an older close than {number}. Discard it, and it is drafted anew."
    ),
    CauseCode.LARGE_CORRECTION: "It corrects {percent} % of the first invoice.",
    CauseCode.ORIGINAL_UNCOLLECTIBLE: "The invoice that it corrects is uncollectible.",
    CauseCode.TENANT_GONE: "A tenant has no cost any more, and the bill has hardly fallen.",
    CauseCode.OWN_DOING: "The month differs by {causes}, and not by the bill alone.",
    CauseCode.BRAKE: "Close {number} corrects so much in all that a person looks at all of it.",
    CauseCode.RESTATED_CLOSE: "{period} was closed again, by close {number}.",
    CauseCode.SMALL_CORRECTION: "Small enough to go out by itself.",
    CauseCode.CORRECTION_TO_REVIEW: "Too large to go out by itself.",
    CauseCode.CORRECTED_ANEW: "Close {number} of {period} says what is right.",
    CauseCode.PAYMENT_UNDER_WAY: "A payment of the invoice is under way for days: {payments}.",
    CauseCode.NOT_CREDITABLE: "The invoice is {status} at Stripe and takes no credit note.",
    CauseCode.CORRECTION_APPROVED: "What is approved is issued.",
    CauseCode.ORIGINAL_DISPUTED: "A payment of the invoice that it corrects is disputed.",
    CauseCode.UNASSIGNED_CREDIT: "Credit note {number} was made at Stripe and names no lines.",
    CauseCode.MADE_AT_STRIPE: "Made at Stripe by hand, as {number}.",
    CauseCode.NO_ROOM: "Its lines have less left by now: something else was credited of them.",
    CauseCode.DISPUTE_LOST: "Dispute {dispute} was lost: the bank has given the money back.",
    CauseCode.REISSUED: "Billed anew for {number}, which was voided by hand.",
    CauseCode.REFUND_FAILED: "A refund of {amount} {currency} came back: pay it another way.",
    CauseCode.NOT_INVOICED_BEFORE: "{period} was not invoiced at its first close.",
    CauseCode.BILL_RESTATED: "The bill was restated: run {run}.",
    CauseCode.FINALISED_NOT_SENT: (
        "Finalised by Stripe as {number}, but not sent: Stripe refuses: {text}."
    ),
    CauseCode.FINALISED: "Finalised by Stripe as {number}, and sent.",
    CauseCode.STRIPE_STATUS: "Stripe says {status}.",
}
_DIFFERS: Final = (
    "Stripe's invoice {stripe_invoice} differs: {differences}. A draft there is deleted; look at"
    " it, then release or discard the invoice."
)
_DIFFERENCE: Final = re.compile(r"(?P<of>.+?): (?P<here>.*?) here, (?P<there>.*?) at Stripe")
_REFUSED: Final = re.compile(r"It is (\w+); \w+ needs (\w+(?: or \w+)*)\.")
_MARKUP: Final = re.compile(r"cost plus (-?\d+(?:\.\d+)?) %")
_PER: Final = re.compile(r"per (month|year)")
_DAYS: Final = re.compile(r"(\d+) of (\d+) days")


def _pattern(sentence: str) -> re.Pattern[str]:
    escaped = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(sentence))
    return re.compile(escaped, re.DOTALL)


_PATTERNS: Final = {code: _pattern(sentence) for code, sentence in _SENTENCES.items()}
_DIFFERS_PATTERN: Final = _pattern(_DIFFERS)


def written_cause(cause: Cause) -> str:
    if cause.code == _UNEQUAL:
        differences = "; ".join(
            f"{one.of}: {one.here} here, {one.there} at Stripe" for one in cause.differences
        )
        return _DIFFERS.format(**cause.figures, differences=differences)
    sentence = _SENTENCES.get(cause.code)
    if sentence is None:  # a person's own words, or a code that version 1 never had
        return cause.text if cause.code == _PERSON else cause.text or cause.code
    return sentence.format(**cause.figures, text=cause.text)


def read_cause(text: str) -> Cause:
    """What is none of the sentences was written by a person."""
    differs = _DIFFERS_PATTERN.fullmatch(text)
    if differs is not None:
        return _unequal(differs)
    for code, pattern in _PATTERNS.items():
        match = pattern.fullmatch(text)
        if match is not None:
            values = match.groupdict()
            return Cause(code, text=values.pop("text", ""), figures=values)
    return Cause(_PERSON, text=text)


def _unequal(differs: re.Match[str]) -> Cause:
    written = differs["differences"].split("; ")
    differences = [match for text in written if (match := _DIFFERENCE.fullmatch(text))]
    if len(differences) != len(written):
        return Cause(_PERSON, text=differs[0])
    return Cause(
        _UNEQUAL,
        figures={"stripe_invoice": differs["stripe_invoice"]},
        differences=[
            Difference(match["of"], _amount(match["here"]), _amount(match["there"]))
            for match in differences
        ],
    )


def _amount(text: str) -> str | None:
    return None if text == "None" else text


def written_refusal(action: str, refusal: Refusal | None) -> str:
    if refusal is None:
        return ""
    return f"It is {refusal.state}; {action} needs {' or '.join(refusal.needed)}."


def read_refusal(text: str) -> Refusal | None:
    if not text:
        return None
    match = _REFUSED.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no refusal that version 1 had")
    return Refusal(RefusalCode.STATE, match[1], match[2].split(" or "))


def component_of(description: str) -> str:
    """`Cloud usage` of `Cloud usage: shared NAT`."""
    return description.partition(": ")[0]


def written_basis(basis: Basis | None) -> str:
    match basis:
        case Markup():
            return f"cost plus {basis.percent.normalize():f} %"
        case FeeDays() if basis.days == basis.days_in_all:
            return f"per {basis.every}"
        case FeeDays():
            return f"{basis.days} of {basis.days_in_all} days"
        case None | Tiers() | MinimumRest() | Adjusted():  # version 1 has no words for these
            return ""


def read_basis(text: str, *, service_start: date, service_end: date) -> Basis | None:
    """A fee that was whole has as many days as its line's service."""
    if not text:
        return None
    if match := _MARKUP.fullmatch(text):
        return Markup(Decimal(match[1]))
    if match := _PER.fullmatch(text):
        days = (service_end - service_start).days
        return FeeDays(match[1], days, days)
    if match := _DAYS.fullmatch(text):
        days, in_all = int(match[1]), int(match[2])
        return FeeDays("year" if in_all >= _YEAR_DAYS else "month", days, in_all)
    raise ValueError(f"{text!r} is no basis that version 1 had")
