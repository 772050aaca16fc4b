"""What invoicing says of an invoice as data, in words for the portal's readers."""

from collections.abc import Mapping
from typing import Any, Final

from shared.contracts import price_words
from shared.contracts.bases import BASIS
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode
from shared.vocabulary.invoice_states import State
from shared.vocabulary.names import as_heading

Data = Mapping[str, Any]

_STATES: Final[Mapping[str, str]] = {
    State.DRAFT: "a draft",
    State.IN_REVIEW: "in review",
    State.ISSUING: "being issued",
    State.PARKED: "on hold",
    State.UNCOLLECTIBLE: "written off",
}
_CAUSES: Final = {
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
    CauseCode.UNEQUAL_AT_STRIPE: (
        "Stripe's invoice {stripe_invoice} differs: {differences}. A draft there is deleted; look"
        " at it, then release or discard the invoice."
    ),
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
    CauseCode.FINALISED: "Finalised by Stripe as {number}, and sent.",
    CauseCode.FINALISED_NOT_SENT: (
        "Finalised by Stripe as {number}, but not sent: Stripe refuses: {text}."
    ),
    CauseCode.STRIPE_STATUS: "Stripe says {status}.",
    CauseCode.PERSON: "{text}",
}
_PLAIN_REFUSALS: Final = {
    RefusalCode.SECOND_PERSON: "A second person has to do it: you did the step before.",
    RefusalCode.REASON: "It needs a reason.",
    RefusalCode.NO_STRIPE_KEY: "Nothing can be issued: no Stripe key is set.",
    RefusalCode.UNKNOWN_ACTION: "It is nothing that can be done to an invoice.",
}


def cause_words(cause: Data) -> str:
    """A person's words as they are; a code that is newer than this page is shown by its name."""
    words = _CAUSES.get(cause["code"])
    if words is None:
        return cause["text"] or f"{as_heading(cause['code'].replace('_', ' '))}."
    differences = "; ".join(
        f"{one['of']}: {one['here'] or 'none'} here, {one['there'] or 'none'} at Stripe"
        for one in cause["differences"]
    )
    return words.format(**cause["figures"], text=cause["text"], differences=differences)


def refusal_words(refusal: Data) -> str:
    """`It is a draft, not in review or approved.`; raises KeyError for a code it does not know."""
    if refusal["code"] == RefusalCode.STATE:
        needed = " or ".join(_state(name) for name in refusal["needed"])
        return f"It is {_state(refusal['state'])}, not {needed}."
    if refusal["code"] == RefusalCode.ROLE:
        return f"It needs the role {' or '.join(refusal['needed'])}.".replace("_", " ")
    return _PLAIN_REFUSALS[refusal["code"]]


def basis_words(basis: Data | None) -> str:
    """`cost plus 20%`, `per month`, `12 of 31 days`; nothing where a line has no basis."""
    return "" if basis is None else price_words.basis_words(BASIS.validate_python(basis))


def term_words(term: Data, currency: str) -> str:
    """`cost plus 20%`, `6,900.00 USD a month`: a component of a plan."""
    return price_words.component_words(term, currency)


def _state(name: str) -> str:
    return _STATES.get(name, name.replace("_", " "))
