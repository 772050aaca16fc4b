"""What can be wrong with an invoice, and what each way of putting it right does, for clerks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.vocabulary.corrections import GivenFor, NoteKind
from shared.vocabulary.fixes import FixRoute, Wrong
from shared.vocabulary.invoice_states import UNISSUED_STATES

Data = Mapping[str, Any]


@dataclass(frozen=True)
class RouteWords:
    """`label` is the button's, `effect` what happens, `done` what is said afterwards."""

    title: str
    effect: str
    label: str
    done: str


_WRONG: Final[Mapping[str, str]] = {
    Wrong.CHARGED_TOO_MUCH: "A line charges too much",
    Wrong.PROMISED_LESS: "A discount was agreed after it was issued",
    Wrong.NEVER_PAID: "It will never be paid",
    Wrong.NOT_TO_BE_SENT: "It should not have gone out like this at all",
    Wrong.STOPPED: "A document of this month was voided",
}
_ROUTES: Final[Mapping[str, RouteWords]] = {
    FixRoute.GOODWILL: RouteWords(
        "Credit what is too much",
        "A credit note on the lines that you choose. The invoice stays as it is.",
        "Give the credit",
        "The credit note is made, and waits for an approver.",
    ),
    FixRoute.DISCOUNT: RouteWords(
        "Credit the discount",
        "A credit note on the lines that the discount is for. The invoice stays as it is.",
        "Give the discount",
        "The credit note is made, and waits for an approver.",
    ),
    FixRoute.WRITE_OFF: RouteWords(
        "Write it off",
        "A credit note over all that is still to pay, spread over the lines. No revenue is taken"
        " back; it is booked as a loss.",
        "Write off what remains",
        "The write-off is made, and waits for an approver.",
    ),
    FixRoute.VOID: RouteWords(
        "Void it",
        "Nobody has paid any of it, so it can be voided at Stripe: it keeps its number, and nothing"
        " of it is to pay. Then you choose here whether the month is billed anew.",
        "Void it at Stripe",
        "Stripe is asked to void it. Once it is void, choose here what becomes of the month.",
    ),
    FixRoute.REISSUE: RouteWords(
        "Bill it anew",
        "A new draft: the fees of the voided document, and what the month's newest close comes to"
        " by the terms of the first invoice. It goes through review like any other.",
        "Make the new draft",
        "It is billed anew: its draft is in the inbox in a moment.",
    ),
    FixRoute.LET_GO: RouteWords(
        "Let it go",
        "What is not billed now is never billed, after later closes too. What falls is still"
        " credited.",
        "Let it go",
        "It is let go: nothing more is charged for the month.",
    ),
    FixRoute.RESUME: RouteWords(
        "Go on correcting",
        "The month is settled again: what is owed either way gets its documents.",
        "Go on",
        "The month is settled again in a moment.",
    ),
}
_GIVEN_FOR: Final[Mapping[str, str]] = {
    GivenFor.GOODWILL: "Credit for what was too much",
    GivenFor.DISCOUNT: "Discount agreed later",
    GivenFor.WRITE_OFF: "Write-off",
    GivenFor.DISPUTE_LOST: "Dispute that was lost",
}


def wrong_words(wrong: str) -> str:
    return _WRONG.get(wrong, wrong.replace("_", " ").capitalize())


def route_words(route: str) -> RouteWords:
    """Of one that is newer than this page, its name."""
    name = route.replace("_", " ").capitalize()
    return _ROUTES.get(route, RouteWords(name, "", name, f"{name}: done."))


def given_words(note: Data) -> str:
    """What a credit note of an invoice is: a person's, a restated month's, or made at Stripe."""
    if note["kind"] == NoteKind.TRUE_UP:
        return "Correction of a restated month"
    return _GIVEN_FOR.get(note["given_for"], "Credit note made at Stripe by hand")


def nothing_to_fix(state: str) -> str:
    """Why there is no route."""
    if state in UNISSUED_STATES:
        return (
            "Nobody has issued it yet, so nothing of it needs a correction: return it to draft, or"
            " discard it, on its own page."
        )
    return "Nothing of it is left to credit, and nothing of its month waits for a decision."
