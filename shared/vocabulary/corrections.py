"""The words of what corrects an invoice."""

from enum import StrEnum
from typing import Final

from shared.vocabulary.invoice_states import State


class NoteKind(StrEnum):
    """`true_up`: the month's cost was restated; `commercial`: a person gives something back."""

    TRUE_UP = "true_up"
    COMMERCIAL = "commercial"


class GivenFor(StrEnum):
    """What a person gives a credit note for."""

    GOODWILL = "goodwill"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    DISPUTE_LOST = "dispute_lost"


class DebitState(StrEnum):
    """`waiting` for an invoice to stand on, `placed` on one that is not issued yet."""

    WAITING = "waiting"
    PLACED = "placed"
    ISSUED = "issued"
    DISCARDED = "discarded"


class WaivedWhy(StrEnum):
    """Which bound has cut off what will never be on a document.

    `below_zero`: credits of the cloud provider are more than its cost, and no document is negative.
    `commercial_credit`: a person has given it already.
    """

    CHARGE_MAX_PERCENT = "charge_max_percent"
    CHARGE_UNTIL = "charge_until"
    NEVER_UP = "never_up"
    LET_GO = "let_go"
    FINAL = "final"
    CREDIT_UNTIL = "credit_until"
    BELOW_ZERO = "below_zero"
    COMMERCIAL_CREDIT = "commercial_credit"


# Counted as given: Stripe has it, or is being asked.
NOTE_COUNTS: Final = frozenset({State.ISSUING, State.ISSUED})
DEBIT_OPEN: Final = frozenset({DebitState.WAITING, DebitState.PLACED})
