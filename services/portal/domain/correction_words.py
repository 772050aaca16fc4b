"""What a restated month does to an account, in words for billing people."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from services.portal.domain.invoice_words import cause_words
from shared.money import Money
from shared.vocabulary.account_states import StopCode
from shared.vocabulary.corrections import DebitState, WaivedWhy
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State
from shared.vocabulary.names import as_heading, charge_group_label
from shared.vocabulary.revision_causes import RevisionCause

Data = Mapping[str, Any]

# Repricing by agreement has no cause among those that two runs are compared by.
_TERMS: Final = "terms"
_CAUSES: Final[Mapping[str, str]] = {
    RevisionCause.BILL: "bill",
    RevisionCause.CORRECTION: "correction in a later bill",
    RevisionCause.SIGNALS: "usage data",
    RevisionCause.WORKLOADS: "workloads",
    RevisionCause.RULES: "our rules",
    RevisionCause.SOFTWARE: "trueback itself",
    _TERMS: "agreed terms",
}
_RESTATED: Final[Mapping[frozenset[str], str]] = {
    frozenset({RevisionCause.BILL}): "AWS restated {month}",
    frozenset({RevisionCause.CORRECTION}): "AWS corrected {month} in a later bill",
    frozenset({RevisionCause.BILL, RevisionCause.CORRECTION}): "AWS restated {month}",
    frozenset({RevisionCause.SIGNALS}): "Late usage data restated {month}",
    frozenset({RevisionCause.WORKLOADS}): "Late usage data restated {month}",
    frozenset({RevisionCause.SIGNALS, RevisionCause.WORKLOADS}): "Late usage data restated {month}",
    frozenset({RevisionCause.RULES}): "Our rules restated {month}",
    frozenset({RevisionCause.SOFTWARE}): "An update of trueback restated {month}",
}
_WAIVED: Final[Mapping[str, str]] = {
    WaivedWhy.CHARGE_MAX_PERCENT: "above what the contract allows to be charged later",
    WaivedWhy.CHARGE_UNTIL: "after the last day to charge",
    WaivedWhy.NEVER_UP: "the contract says that nothing is charged later",
    WaivedWhy.LET_GO: "somebody has let it go",
    WaivedWhy.FINAL: "the last day to credit has come",
    WaivedWhy.CREDIT_UNTIL: "after the last day to credit",
    WaivedWhy.BELOW_ZERO: "below zero: AWS's credits are more than the cost, and no document is"
    " negative. Give it as a commercial credit, or leave it",
    WaivedWhy.COMMERCIAL_CREDIT: "a commercial credit has given it already",
}
_STOPPED: Final[Mapping[str, str]] = {
    StopCode.VOIDED_BY_HAND: (
        "A document of it was voided at Stripe, so nothing is corrected by itself."
    ),
    StopCode.OTHER_TERMS: (
        "An earlier release issued it and kept no terms, and those of today don't give its lines,"
        " so nothing is corrected by itself."
    ),
    StopCode.NOTE_VOIDED: (
        "A credit note of it was voided by hand at Stripe, so nothing is corrected by itself."
    ),
    StopCode.NEGATIVE_LINE: (
        "Its invoice has a line below zero, which no credit note corrects, so nothing is corrected"
        " by itself."
    ),
}
_WAITS: Final[Mapping[str, str]] = {
    State.DRAFT: "the rest of the close to be settled",
    State.IN_REVIEW: "an approver",
    State.PARKED: "somebody to look at it",
    State.APPROVED: "its turn at Stripe",
    State.ISSUING: "Stripe",
    DebitState.WAITING: "the next invoice",
}
_PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "remaining": ("is off what is still to pay", "comes off what is still to pay"),
    "balance": ("is on the balance", "goes on the balance, for the next invoice"),
    "refund": ("is refunded", "is refunded to the card"),
    "out_of_band": ("is paid back by transfer", "is paid back by transfer"),
    "refund_failed": ("of the refund came back from the bank", ""),
}


def cause_labels(causes: Iterable[str]) -> str:
    """`bill, usage data`; a cause that is newer than this page by its code."""
    return ", ".join(_CAUSES.get(cause, cause.replace("_", " ")) for cause in causes)


def restated_words(causes: Iterable[str], month: str) -> str:
    """`AWS restated October`: what has made the month come out otherwise, as a sentence's start."""
    return _RESTATED.get(frozenset(causes), "{month} was restated").format(month=month)


def waived_words(why: str) -> str:
    return _WAIVED.get(why, why.replace("_", " "))


def stopped_words(cause: Data | None) -> str:
    """A code that is newer than this page, or that another place has words for, as it says."""
    if cause is None:
        return "Nothing is corrected by itself until somebody says so."
    return _STOPPED.get(cause["code"]) or cause_words(cause)


def waits_for(document: Data) -> str:
    """What an unissued document waits for; empty of what is done."""
    if document["kind"] == "debit" and document["on_period"] and not is_supplementary(document):
        return "the invoice that it stands on" if document["state"] in _WAITS else ""
    return _WAITS.get(document["state"], "")


def held_for(document: Data) -> list[str]:
    return [cause_words(cause) for cause in document["parked_for"]]


def is_supplementary(document: Data) -> bool:
    """An invoice of its own; else a debit is a line of the contract's next invoice."""
    return bool(document.get("on_kind") == InvoiceKind.SUPPLEMENTARY)


def place_words(where: Data, currency: str, *, is_issued: bool) -> list[tuple[Money, str]]:
    """Where a credit note's money is or, before it is issued, would go as things stand."""
    return [
        (Money(Decimal(where[name]), currency), words[0 if is_issued else 1])
        for name, words in _PLACES.items()
        if Decimal(where.get(name, 0))
    ]


def line_words(line: Data, tenants: Sequence[str]) -> str:
    """`Cloud usage: Compute`; with the tenant where the account has several."""
    group = f": {charge_group_label(line['charge_group'])}" if line["charge_group"] else ""
    whose = f" ({line['tenant']})" if len(set(tenants)) > 1 and line["tenant"] else ""
    return as_heading(f"{line['component']}{group}{whose}")
